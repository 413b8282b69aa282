import { describe, expect, it } from '@jest/globals';
import { sentences } from './sentences.js';

describe('sentences', () => {
  it.each([
    ['has no full stop', ['The link is cut at chunk 0', 'It is read once more.']],
    ['has one', ['The link is cut at chunk 0.', 'It is read once more.']],
    ['ends in white space', ['The link is cut at chunk 0. \n', ' It is read once more']],
  ])('have one full stop between them when the first %s', (_, texts) => {
    expect(sentences(...texts)).toBe('The link is cut at chunk 0. It is read once more.');
  });

  it.each(['Is it there?', 'Stop!', 'and so on …', 'It says "No.', 'It says "No."', '(It is full.)'])(
    'leave the end of "%s" as it is',
    (text) => expect(sentences(text, 'Next')).toBe(`${text} Next.`),
  );

  it('have a stop behind a bracket or a quotation that has none in it', () => {
    expect(sentences('no route (EHOSTUNREACH)', 'it says "no"')).toBe('no route (EHOSTUNREACH). it says "no".');
  });

  it('say nothing of what is empty', () => {
    expect(sentences('', 'One', ' ', 'Two')).toBe('One. Two.');
    expect(sentences('')).toBe('');
  });
});

import { describe, expect, it } from '@jest/globals';
import { unstorableTexts } from './unstorable-text.js';

describe('unstorableTexts', () => {
  it.each(['plain', 'ä😀', '\n\t', '', null, undefined, 1, [], { a: { b: ['c'] } }])('takes %j', (value) => {
    expect(unstorableTexts(value)).toEqual([]);
  });

  it.each([
    [{ a: { b: ['ok', 'x\u0000'] } }, 'a.b.1'],
    [{ a: '\ud83d' }, 'a'],
    [{ a: '\ude00\ud83d' }, 'a'],
    [{ list: [{ '\u0000': 1 }] }, 'list.0'],
  ])('refuses %j at %s', (value, path) => {
    expect(unstorableTexts(value).map((problem) => problem.path)).toEqual([path]);
  });

  it('goes through any depth', () => {
    let value: unknown = '\u0000';
    for (let depth = 0; depth < 100_000; depth++) value = [value];
    expect(unstorableTexts(value)).toHaveLength(1);
  });
});

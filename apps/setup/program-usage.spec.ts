import { describe, expect, it } from '@jest/globals';
import { chosenOptions, renderHelp } from './program-usage.js';

const usage = {
  command: 'npm run tidy',
  does: 'Tidies up.',
  options: { all: 'the attic too', 'in-secret': 'no words' },
};

describe('the options of a program of the set-up', () => {
  it('are those that were said', () => {
    expect(chosenOptions(usage, [])).toEqual(new Set());
    expect(chosenOptions(usage, ['--in-secret', '--all', '--all'])).toEqual(new Set(['in-secret', 'all']));
  });

  it.each(['--help', '-h'])('give way to %s, whatever else is said', (help) => {
    expect(chosenOptions(usage, ['--nonsense', help])).toBe('help');
  });

  it.each(['--al', '--all=yes', 'all', '--', '__proto__'])('do not take %s', (word) => {
    expect(() => chosenOptions(usage, ['--all', word])).toThrow(
      expect.objectContaining({ code: 'setup_failed', detail: expect.stringContaining(`"${word}"`) }),
    );
  });

  it('are named when another one is said', () => {
    expect(() => chosenOptions(usage, ['--al'])).toThrow('`npm run tidy` takes --all, --in-secret.');
    expect(() => chosenOptions({ ...usage, options: {} }, ['--al'])).toThrow('`npm run tidy` takes no options.');
  });

  it('are told in a few lines', () => {
    expect(renderHelp(usage)).toBe(
      [
        'npm run tidy [-- OPTION...]',
        '',
        'Tidies up.',
        '',
        '  --all        the attic too',
        '  --in-secret  no words',
        '  --help       print this and do nothing',
        '',
      ].join('\n'),
    );
  });
});

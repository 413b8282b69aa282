import { describe, expect, it } from '@jest/globals';
import { fields, table } from './columns.js';
import { renderDuration } from './duration.js';

describe('text', () => {
  it('puts columns below each other', () => {
    expect(
      table(
        ['id', 'name'],
        [
          ['1', 'x'],
          ['200', 'long name'],
        ],
      ),
    ).toEqual(['ID   NAME', '1    x', '200  long name']);
  });

  it('shows no head over an empty table', () => expect(table(['id'], [])).toEqual([]));

  it('leaves out fields without a value', () => {
    expect(fields({ a: 'x', longer: null, 'tls only': false, n: 0 })).toEqual([
      'a:         x',
      'tls only:  no',
      'n:         0',
    ]);
  });

  it.each([
    [-3, '0 ms'],
    [51.6, '52 ms'],
    [1449, '1.4 s'],
    [125_000, '2 min 5 s'],
  ])('renders %d ms', (durationMs, text) => expect(renderDuration(durationMs)).toBe(text));
});

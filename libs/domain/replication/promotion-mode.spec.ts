import { describe, expect, it } from '@jest/globals';
import { allowedLoss, mayLose } from './promotion-mode.js';

describe('what a promotion may lose', () => {
  it.each([
    ['strict', 0],
    ['limited', 500],
    ['force', null],
  ] as const)('%s: %s bytes', (mode, bytes) => {
    expect(allowedLoss(mode, 500)).toBe(bytes);
  });

  it.each([
    [0, 0, true],
    [0, 1, false],
    [0, null, false],
    [500, 500, true],
    [500, 501, false],
    [500, null, false],
    [null, 10 ** 9, true],
    [null, null, true],
  ])('of %s bytes allowed, %s lost: %s', (allowed, lost, may) => {
    expect(mayLose(allowed, lost)).toBe(may);
  });
});

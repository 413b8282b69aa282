import { describe, expect, it } from '@jest/globals';
import { daysLeft, decideRenew, dueBefore, warnedBefore, type RenewSituation } from './renewal.js';

const now = new Date('2026-03-01T00:00:00Z');

describe('renewal', () => {
  it('is due so many days before the end, and late so many', () => {
    const times = { renewalDays: 120, warningDays: 30 };
    expect(dueBefore(times, now).toISOString()).toBe('2026-06-29T00:00:00.000Z');
    expect(warnedBefore(times, now).toISOString()).toBe('2026-03-31T00:00:00.000Z');
    expect([daysLeft(new Date('2026-03-02T12:00:00Z'), now), daysLeft(new Date('2026-02-28T00:00:00Z'), now)]).toEqual([
      1.5, -1,
    ]);
  });

  const actions = (situation: Omit<RenewSituation, 'done'>): string[] => {
    const done = new Set<string>();
    for (;;) {
      const { next } = decideRenew({ ...situation, done });
      if (next === 'finish') return [...done];
      done.add(next);
    }
  };

  it.each([
    ['recorded', 'write load check note'],
    ['own', 'accept admit write load check note settle'],
    ['holdfast', 'write load check note settle'],
  ] as const)('of a certificate that is %s: %s', (source, wanted) => {
    expect(actions({ source, noted: false }).join(' ')).toBe(wanted);
  });

  it.each([
    ['recorded', ''],
    ['own', 'settle'],
    ['holdfast', 'settle'],
  ] as const)('of a certificate that is %s, recorded by an attempt that died: %j', (source, wanted) => {
    expect(actions({ source, noted: true }).join(' ')).toBe(wanted);
  });
});

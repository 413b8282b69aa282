import { describe, expect, it } from '@jest/globals';
import { daysLeft, decideRenew, dueBefore, warnedBefore } from './renewal.js';

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

  it('writes, loads, and looks at what is shown', () => {
    const done = new Set<string>();
    for (let decision = decideRenew(done); decision.next !== 'finish'; decision = decideRenew(done)) {
      done.add(decision.next);
    }
    expect([...done]).toEqual(['write', 'load', 'check', 'note']);
  });
});

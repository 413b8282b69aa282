import { describe, expect, it } from '@jest/globals';
import { notWithinMs, wakeUpEveryMs } from './sweep.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('the wake-ups of a sweep', () => {
  it('come as often as it is to be made, and once an hour at least for that of the day', () => {
    expect(wakeUpEveryMs('drift', 30_000)).toBe(30_000);
    expect(wakeUpEveryMs('retention', dayMs)).toBe(dayMs);
    expect(wakeUpEveryMs('deprecation', dayMs)).toBe(hourMs);
    expect(wakeUpEveryMs('deprecation', 60_000)).toBe(60_000);
    expect(wakeUpEveryMs('deprecation', 0)).toBe(0);
  });

  it('count as late by half the time, and for that of the day by what was made since midnight UTC', () => {
    const at = (time: string): Date => new Date(`2026-03-01T${time}Z`);
    expect(notWithinMs('drift', 30_000, at('05:00:00'))).toBe(15_000);
    expect(notWithinMs('deprecation', dayMs, at('00:00:00'))).toBe(0);
    expect(notWithinMs('deprecation', dayMs, at('05:00:00'))).toBe(5 * hourMs);
    expect(notWithinMs('deprecation', 6 * hourMs, at('07:00:00'))).toBe(hourMs);
  });
});

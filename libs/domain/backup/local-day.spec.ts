import { describe, expect, it } from '@jest/globals';
import { localDay } from './local-day.js';

describe('localDay', () => {
  it.each([
    ['2024-02-28T23:59:59.999Z', 'UTC', 20_240_228],
    ['2024-02-29T00:00:00Z', 'UTC', 20_240_229],
    // Before and after the clocks of Berlin go forward, and back.
    ['2026-03-28T22:59:59Z', 'Europe/Berlin', 20_260_328],
    ['2026-03-28T23:00:00Z', 'Europe/Berlin', 20_260_329],
    ['2026-03-29T21:59:59Z', 'Europe/Berlin', 20_260_329],
    ['2026-03-29T22:00:00Z', 'Europe/Berlin', 20_260_330],
    ['2026-10-25T22:59:59Z', 'Europe/Berlin', 20_261_025],
    ['2026-10-25T23:00:00Z', 'Europe/Berlin', 20_261_026],
    ['2026-11-02T04:59:59Z', 'America/New_York', 20_261_101],
    ['2026-12-31T18:14:59Z', 'Asia/Kathmandu', 20_261_231],
    ['2026-12-31T18:15:00Z', 'Asia/Kathmandu', 20_270_101],
    // Samoa left out 30 December 2011.
    ['2011-12-30T09:59:59Z', 'Pacific/Apia', 20_111_229],
    ['2011-12-30T10:00:00Z', 'Pacific/Apia', 20_111_231],
  ])('of %s in %s is %i', (at, timeZone, day) => {
    expect(localDay(new Date(at), timeZone)).toBe(day);
  });
});

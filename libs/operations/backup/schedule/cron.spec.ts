import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { momentDue, turnMs } from '#domain/backup/schedule.js';
import { momentsAround, scheduleProblem, timeZoneProblem } from './cron.js';

const now = new Date('2026-11-22T12:00:00Z');

describe('scheduleProblem', () => {
  it.each(['0 2 * * *', '*/15 * * * *', '0 3 * * SUN', '0 0 29 2 *', '30 1 1,15 * *'])('takes %s', (schedule) => {
    expect(scheduleProblem(schedule, 'Europe/Berlin', now)).toBeNull();
  });

  it.each([
    '',
    '* * * *',
    '* * * * * *',
    '@daily',
    '61 * * * *',
    '0 0 31 2 *',
    'now and then, you see',
    '0 2 * * * 2027',
  ])('refuses "%s"', (schedule) => expect(scheduleProblem(schedule, 'UTC', now)).toEqual(expect.any(String)));
});

describe('timeZoneProblem', () => {
  it.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/Argentina/Buenos_Aires'])('takes %s', (zone) => {
    expect(timeZoneProblem(zone)).toBeNull();
  });
  it.each(['', 'Mars/Olympus', '+01:00', 'Berlin'])('refuses "%s"', (zone) => {
    expect(timeZoneProblem(zone)).toEqual(expect.any(String));
  });
});

describe('momentsAround', () => {
  const around = (schedule: string, zone: string, at: string) => {
    const { before, latest, next } = momentsAround(schedule, zone, new Date(at));
    return [before, latest, next].map((moment) => moment?.toISOString().slice(0, 16));
  };

  it('counts a moment that is now among those that have come', () => {
    expect(around('0 2 * * *', 'UTC', '2026-03-29T02:00:00Z')).toEqual([
      ...['2026-03-28T02:00', '2026-03-29T02:00', '2026-03-30T02:00'],
    ]);
    expect(around('0 2 * * *', 'UTC', '2026-03-29T01:59:59.999Z')[1]).toBe('2026-03-28T02:00');
  });

  it('makes up in the next hour for one that the clocks leave out', () => {
    expect(around('30 2 * * *', 'Europe/Berlin', '2026-03-29T12:00:00Z')).toEqual([
      ...['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30'],
    ]);
  });

  it.each(['2026-10-25T00:59:59Z', '2026-10-25T01:00:00Z', '2026-10-25T01:45:00Z', '2026-10-25T02:45:00Z'])(
    'has one moment in an hour that comes twice (%s)',
    (at) => {
      expect(around('30 2 * * *', 'Europe/Berlin', at)).toEqual([
        ...['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
      ]);
    },
  );

  it('finds rare ones', () => {
    expect(around('0 0 29 2 *', 'UTC', '2026-06-01T00:00:00Z')).toEqual([
      ...['2020-02-29T00:00', '2024-02-29T00:00', '2028-02-29T00:00'],
    ]);
  });

  it('is in order at any moment, of any schedule and zone', () => {
    const schedules = ['* * * * *', '15 * * * *', '0 2 * * *', '30 2 * * *', '59 23 31 * *', '0 3 * * 1'];
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia', 'Australia/Lord_Howe'];
    const moments = fc.date({ min: new Date('2024-01-01'), max: new Date('2034-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.constantFrom(...schedules), fc.constantFrom(...zones), moments, (schedule, zone, at) => {
        const { before, latest, next } = momentsAround(schedule, zone, at);
        const inOrder = [before, latest, at, next].map((moment) => moment?.getTime() ?? Number.NaN);
        expect(inOrder[0]).toBeLessThan(inOrder[1] ?? Number.NaN);
        expect(inOrder[1]).toBeLessThanOrEqual(inOrder[2] ?? Number.NaN);
        expect(inOrder[2]).toBeLessThan(inOrder[3] ?? Number.NaN);
      }),
    );
  });
});

describe('momentDue', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => `0199d3a0-0000-7000-8000-${String(index).padStart(12, '0')}`);
  const [id = ''] = ids;
  const dueAt = (schedule: string, servedAt: Date, at: Date, database = id) =>
    momentDue(momentsAround(schedule, 'UTC', at), servedAt, database, at);

  it('makes up for the last of those that were missed', () => {
    const served = new Date('2026-11-18T02:00:00Z');
    expect(dueAt('0 2 * * *', served, now)).toEqual(new Date('2026-11-22T02:00:00Z'));
    expect(dueAt('0 2 * * *', new Date('2026-11-22T02:00:00Z'), now)).toBeNull();
  });

  it('lets a new database wait for its first moment', () => {
    expect(dueAt('0 2 * * *', now, now)).toBeNull();
    expect(dueAt('0 2 * * *', now, new Date('2026-11-23T03:00:00Z'))).toEqual(new Date('2026-11-23T02:00:00Z'));
  });

  it('spreads a thousand databases over half an hour', () => {
    const minutes = ids.map((one) => Math.floor(turnMs(one, 86_400_000) / 60_000));
    const perMinute = Array.from({ length: 30 }, (_, minute) => minutes.filter((at) => at === minute).length);
    expect(Math.max(...minutes)).toBe(29);
    expect(Math.max(...perMinute)).toBeLessThan(70);
    expect(Math.min(...perMinute)).toBeGreaterThan(10);
  });

  it('serves each moment once and none twice, minute by minute, also when the spread reaches the next one', () => {
    for (const [schedule, moments] of [
      ['* * * * *', 40],
      ['*/10 * * * *', 4],
    ] as const) {
      let servedAt = new Date('2026-11-22T12:00:00Z');
      let served = 0;
      for (let second = 15; second <= 2400 + 200; second += 15) {
        const due = dueAt(schedule, servedAt, new Date(now.getTime() + second * 1000));
        if (due === null || due.getTime() > now.getTime() + 2_400_000) continue;
        expect(due > servedAt).toBe(true);
        servedAt = due;
        served++;
      }
      expect([schedule, served]).toEqual([schedule, moments]);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backupKinds, verifications } from './backup.js';
import { decideRetention, type RetainableBackup, type RetentionSubject } from './retention.js';
import { dayText, keptByOracle } from './testing/retention-oracle.js';

const living: RetentionSubject = { backupsEnabled: true, deprovisioned: false };
const utc = { daily: 2, monthly: 1, yearly: 1, timeZone: 'UTC' };
const now = new Date('2026-06-20T12:00:00Z');

const backup = (at: string, more: Partial<RetainableBackup> = {}): RetainableBackup => ({
  ...{ id: at, kind: 'automatic', snapshotAt: new Date(at), verification: 'verified', keys: 5, held: false },
  ...more,
});
const purged = (backups: readonly RetainableBackup[], subject = living, policy = utc): readonly string[] =>
  decideRetention(backups, subject, policy, now).purge;

describe('decideRetention', () => {
  it('keeps the last backup of the newest days, months and years that have one', () => {
    const dates = ['2024-12-31', '2025-11-30', '2025-12-31', '2026-05-31', '2026-06-17', '2026-06-18', '2026-06-19'];
    const backups = dates.map((date) => backup(`${date}T02:00:00Z`));
    const policy = { ...utc, monthly: 3, yearly: 2 };
    const { purge, keep } = decideRetention(backups, living, policy, now);
    expect(purge).toEqual(['2024-12-31', '2025-11-30', '2026-06-17'].map((date) => `${date}T02:00:00Z`));
    expect(keep.get('2026-06-19T02:00:00Z')).toEqual(['daily', 'monthly', 'yearly']);
    expect(keep.get('2025-12-31T02:00:00Z')).toEqual(['monthly', 'yearly']);
    expect(keep.get('2026-05-31T02:00:00Z')).toEqual(['monthly']);
  });

  it('lets none go while no new ones are made', () => {
    expect(purged([backup('2021-01-01T00:00:00Z'), backup('2021-01-02T00:00:00Z')])).toEqual([]);
  });

  it('keeps all of a day that is not over, in its time zone', () => {
    const backups = ['2026-06-19T21:30:00Z', '2026-06-19T22:30:00Z', '2026-06-20T08:00:00Z'].map((at) => backup(at));
    expect(purged(backups)).toEqual(['2026-06-19T21:30:00Z']);
    expect(purged(backups, living, { ...utc, timeZone: 'Europe/Berlin' })).toEqual([]);
  });

  it('never puts one that is not proven in the place of one that is', () => {
    const verified = backup('2026-06-01T00:00:00Z');
    const newer = ['2026-06-17', '2026-06-18', '2026-06-19', '2026-06-20'].map((date) => `${date}T00:00:00Z`);
    const with_ = (verification: RetainableBackup['verification']) => [
      verified,
      ...newer.map((at) => backup(at, { verification })),
    ];
    expect(purged(with_('verified'))).toEqual([verified.id, newer[0], newer[1]]);
    for (const verification of ['unverified', 'failed', 'unverifiable'] as const) {
      expect(purged(with_(verification))).toEqual([newer[0], newer[1]]);
    }
  });

  it('never puts an empty one in the place of one with keys, however many of them are verified', () => {
    const dates = ['2026-06-01', '2026-06-02', '2026-06-03', '2026-06-17', '2026-06-18', '2026-06-19'];
    const backups = dates.map((date, index) => backup(`${date}T00:00:00Z`, { keys: index < 3 ? 5 : 0 }));
    const ids = backups.map(({ id }) => id);
    expect(purged(backups)).toEqual([ids[0], ids[3]]);
    expect(purged(backups, { backupsEnabled: true, deprovisioned: true })).toEqual([ids[0], ids[1], ids[3], ids[4]]);
    const unproven = backups.map((one) =>
      one.keys === 0 ? one : { ...one, keys: null, verification: 'unverifiable' as const },
    );
    expect(purged(unproven)).toEqual([ids[0], ids[3]]);
    const unread = backups.map((one) => (one.keys === 0 ? { ...one, keys: null } : one));
    expect(purged(unread)).toEqual([ids[0], ids[1], ids[2], ids[3]]);
  });

  it('keeps within a day the last one, the last one not found broken and the last one that is proven', () => {
    const day = (['verified', 'verified', 'unverified', 'unverifiable', 'failed', 'failed'] as const).map(
      (verification, hour) => backup(`2026-06-18T0${hour}:00:00Z`, { verification }),
    );
    expect(purged(day)).toEqual([day[0]?.id, day[2]?.id, day[4]?.id]);
  });

  it('never touches manual, final and held ones, and a hold changes nothing for the others', () => {
    const old = (['manual', 'final'] as const).map((kind) => backup(`2020-01-01T00:00:00Z`, { kind, id: kind }));
    const days = ['2026-06-16', '2026-06-17', '2026-06-18', '2026-06-19'].map((date) => backup(`${date}T00:00:00Z`));
    const held = days.map((one, index) => ({ ...one, held: index === 0 }));
    expect(purged([...old, ...days])).toEqual([days[0]?.id, days[1]?.id]);
    expect(purged([...old, ...held])).toEqual([days[1]?.id]);
  });

  it('leaves a database with backups switched off alone', () => {
    const days = ['2026-06-16', '2026-06-17', '2026-06-18', '2026-06-19'].map((date) => backup(`${date}T00:00:00Z`));
    expect(purged(days, { ...living, backupsEnabled: false })).toEqual([]);
  });

  it.each([true, false])('of a deprovisioned database keeps only the newest proof (backups enabled: %s)', (enabled) => {
    const gone = { backupsEnabled: enabled, deprovisioned: true };
    const days = ['2026-06-18T00:00:00Z', '2026-06-19T00:00:00Z'];
    const final = (verification: RetainableBackup['verification']) =>
      backup('2026-06-20T00:00:00Z', { id: 'final', kind: 'final', verification });
    const automatic = days.map((at) => backup(at));
    expect(purged(automatic, gone)).toEqual([days[0]]);
    expect(purged([...automatic, final('unverified')], gone)).toEqual([days[0]]);
    expect(purged([...automatic, final('verified')], gone)).toEqual(days);
  });

  it('lets a wrong clock push nothing out', () => {
    const ahead = ['2031-01-01T00:00:00Z', '2032-01-01T00:00:00Z'].map((at) => backup(at));
    const days = ['2026-06-17', '2026-06-18', '2026-06-19'].map((date) => backup(`${date}T00:00:00Z`));
    expect(purged([...ahead, ...days])).toEqual([days[0]?.id]);
  });
});

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia', 'Asia/Kathmandu'];
const begin = Date.UTC(2024, 0, 1, 2);
const tenYears = Math.round((Date.UTC(2034, 0, 1, 2) - begin) / dayMs);

interface Rhythm {
  /** Ages of a day's backups at its sweep, in minutes; none on days that it leaves out. */
  readonly backups: (day: number) => readonly number[];
  readonly sweepsOn: (day: number) => number;
}

/** The same irregular days each time. */
const scattered = (day: number): number => (day * 2_654_435_761) % 1000;

const rhythms: Record<string, Rhythm> = {
  'once a day': { backups: () => [30], sweepsOn: () => 1 },
  'swept twice': { backups: () => [30], sweepsOn: () => 2 },
  'swept late': { backups: () => [30], sweepsOn: (day) => (scattered(day) < 100 ? 1 : 0) },
  'with gaps': { backups: (day) => (scattered(day) < 700 ? [30] : []), sweepsOn: () => 1 },
  'several a day, at odd times': {
    backups: (day) => [30, 30 + scattered(day), 1030 + (scattered(day + 1) % 300)],
    sweepsOn: (day) => (scattered(day) < 800 ? 1 : 0),
  },
};

/** Ten years of backups and sweeps; `onSweep` sees what there was, and what each keeps. */
const live = (
  { backups, sweepsOn }: Rhythm,
  policy: Parameters<typeof decideRetention>[2],
  onSweep: (
    present: readonly RetainableBackup[],
    kept: Set<string>,
    at: Date,
    ever: readonly RetainableBackup[],
  ) => void,
): void => {
  let present: RetainableBackup[] = [];
  const ever: RetainableBackup[] = [];
  for (let day = 0; day < tenYears; day++) {
    const sweepAt = new Date(begin + day * dayMs);
    for (const age of backups(day)) {
      const at = new Date(sweepAt.getTime() - age * minuteMs).toISOString();
      present.push(backup(at));
      ever.push(backup(at));
    }
    for (let turn = 0; turn < sweepsOn(day); turn++) {
      const gone = new Set(decideRetention(present, living, policy, sweepAt).purge);
      const kept = new Set(present.map(({ id }) => id).filter((id) => !gone.has(id)));
      onSweep(present, kept, sweepAt, ever);
      present = present.filter(({ id }) => kept.has(id));
    }
  }
};

/** Jest's own comparison of sets takes longer than all the rest. */
const differ = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size !== other.size || [...one].some((id) => !other.has(id));

describe('ten years of backups', () => {
  const policy = { daily: 30, monthly: 12, yearly: 6 };

  it.each([
    ...Object.keys(rhythms).map((name) => [name, 'Europe/Berlin'] as const),
    ...zones.filter((zone) => zone !== 'Europe/Berlin').map((zone) => ['several a day, at odd times', zone] as const),
    ['once a day', 'America/New_York'] as const,
  ])('%s in %s, are kept as an independent calculation says', (name, timeZone) => {
    const rhythm = rhythms[name];
    if (!rhythm) throw new Error('No such rhythm');
    const different: string[] = [];
    let sweeps = 0;
    let most = 0;
    live(rhythm, { ...policy, timeZone }, (present, kept, at) => {
      sweeps++;
      most = Math.max(most, kept.size);
      if (differ(kept, keptByOracle(present, living, { ...policy, timeZone }, at))) different.push(at.toISOString());
    });
    expect(different).toEqual([]);
    expect(sweeps).toBeGreaterThan(300);
    // 30 days, 11 more months, 5 more years and what the day itself has; the newest day may be the first of the year.
    expect(most).toBeGreaterThanOrEqual(45);
    expect(most).toBeLessThanOrEqual(30 + 12 + 6 + 3);
  });

  it.each(['Europe/Berlin', 'Pacific/Apia'])(
    'step by step in %s leave what one sweep over all of them would',
    (timeZone) => {
      let last: { kept: Set<string>; at: Date; ever: readonly RetainableBackup[] } | undefined;
      let sweeps = 0;
      live(rhythms['several a day, at odd times'] as Rhythm, { ...policy, timeZone }, (_, kept, at, ever) => {
        last = { kept, at, ever };
        if (++sweeps % 200 !== 0) return;
        expect(kept).toEqual(new Set(decideRetention(ever, living, { ...policy, timeZone }, at).keep.keys()));
      });
      expect(last?.kept).toEqual(
        new Set(decideRetention(last?.ever ?? [], living, { ...policy, timeZone }, last?.at ?? now).keep.keys()),
      );
    },
  );

  it('end with the days, month ends and year ends that a calendar names', () => {
    let end: Set<string> = new Set();
    live(rhythms['once a day'] as Rhythm, { ...policy, timeZone: 'UTC' }, (_, kept) => (end = kept));
    const days = [...end].map((id) => dayText(new Date(id), 'UTC')).sort();
    const december = Array.from({ length: 30 }, (_, index) => `2033-12-${String(index + 2).padStart(2, '0')}`);
    const months = '2033-01-31 2033-02-28 2033-03-31 2033-04-30 2033-05-31 2033-06-30'.split(' ');
    const moreMonths = '2033-07-31 2033-08-31 2033-09-30 2033-10-31 2033-11-30'.split(' ');
    const years = ['2028', '2029', '2030', '2031', '2032'].map((year) => `${year}-12-31`);
    expect(days).toEqual([...years, ...months, ...moreMonths, ...december]);
  });
});

const backups = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...backupKinds, 'automatic' as const, 'automatic' as const),
      hours: fc.nat(24 * 800),
      verification: fc.constantFrom(...verifications, 'verified' as const),
      keys: fc.constantFrom(0, 7, null),
      held: fc.nat(9).map((roll) => roll === 0),
    }),
    { maxLength: 60 },
  )
  .map((all) =>
    all.map(({ hours, ...more }, index) => ({
      ...{ id: `b${index}`, snapshotAt: new Date(now.getTime() + 40 * 3_600_000 - hours * 3_600_000) },
      ...more,
    })),
  );
const policies = fc.record({
  ...{
    daily: fc.integer({ min: 1, max: 12 }),
    monthly: fc.nat(8),
    yearly: fc.nat(3),
    timeZone: fc.constantFrom(...zones),
  },
});
const subjects = fc.record({ backupsEnabled: fc.boolean(), deprovisioned: fc.boolean() });

describe('decideRetention, of any backups', () => {
  it('keeps what the independent calculation keeps', () => {
    fc.assert(
      fc.property(backups, subjects, policies, (all, subject, policy) => {
        const { keep, purge } = decideRetention(all, subject, policy, now);
        const oracle = keptByOracle(all, subject, policy, now);
        expect(new Set(keep.keys())).toEqual(oracle);
        expect(new Set(purge)).toEqual(new Set(all.map(({ id }) => id).filter((id) => !oracle.has(id))));
      }),
      { numRuns: 1000 },
    );
  });

  it('finds nothing more to do when it is done again, and minds no order', () => {
    const shuffled = backups.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, subjects, policies, ([all, other], subject, policy) => {
        const { keep, purge } = decideRetention(all, subject, policy, now);
        expect(decideRetention(other, subject, policy, now)).toEqual({ keep, purge });
        const left = all.filter(({ id }) => keep.has(id));
        expect(decideRetention(left, subject, policy, now)).toEqual({ keep, purge: [] });
      }),
    );
  });

  it('keeps the newest one, the newest verified one, and never less when the policy promises more', () => {
    fc.assert(
      fc.property(backups, subjects, policies, fc.nat(5), (all, subject, policy, more) => {
        const { keep } = decideRetention(all, subject, policy, now);
        const newest = (some: readonly RetainableBackup[]) =>
          [...some]
            .sort((one, other) => other.snapshotAt.getTime() - one.snapshotAt.getTime())[0]
            ?.snapshotAt.getTime();
        const kept = all.filter(({ id }) => keep.has(id));
        expect(newest(kept)).toBe(newest(all));
        const verified = (some: readonly RetainableBackup[]) => some.filter((one) => one.verification === 'verified');
        expect(newest(verified(kept))).toBe(newest(verified(all)));
        const filled = (some: readonly RetainableBackup[]) => verified(some).filter(({ keys }) => keys !== 0);
        expect(newest(filled(kept))).toBe(newest(filled(all)));
        const raised = { ...policy, daily: policy.daily + more, monthly: policy.monthly + more };
        const keptByMore = decideRetention(all, subject, raised, now).keep;
        expect([...keep.keys()].filter((id) => !keptByMore.has(id))).toEqual([]);
      }),
    );
  });
});

import type { RetainableBackup, RetentionSubject } from '../retention.js';
import type { RetentionPolicy } from '../policy.js';

type Policy = RetentionPolicy & { readonly timeZone: string };

const days = new Map<string, Map<number, string>>();

/** YYYY-MM-DD, the Swedish way of writing a date. */
export const dayText = (at: Date, timeZone: string): string => {
  const ofZone = days.get(timeZone) ?? new Map<number, string>();
  days.set(timeZone, ofZone);
  const day = ofZone.get(at.getTime()) ?? at.toLocaleDateString('sv-SE', { timeZone });
  ofZone.set(at.getTime(), day);
  return day;
};

/** What the texts of a day, a month and a year begin with. */
const lengths = { daily: 10, monthly: 7, yearly: 4 } as const;

const isLater = (one: RetainableBackup, other: RetainableBackup | undefined): boolean =>
  other === undefined ||
  one.snapshotAt > other.snapshotAt ||
  (one.snapshotAt.getTime() === other.snapshotAt.getTime() && one.id > other.id);

const latest = (backups: readonly RetainableBackup[]): RetainableBackup | undefined => {
  let last: RetainableBackup | undefined;
  for (const one of backups) if (isLater(one, last)) last = one;
  return last;
};

/** The latest of each period, of as many periods as the policy says, the greatest texts first. */
const latestOfPeriods = (backups: readonly RetainableBackup[], policy: Policy): string[] =>
  (['daily', 'monthly', 'yearly'] as const).flatMap((period) => {
    const byPeriod = new Map<string, RetainableBackup>();
    for (const one of backups) {
      const text = dayText(one.snapshotAt, policy.timeZone).slice(0, lengths[period]);
      if (isLater(one, byPeriod.get(text))) byPeriod.set(text, one);
    }
    const chosen = [...byPeriod.keys()].sort().slice(Math.max(0, byPeriod.size - policy[period]));
    return chosen.map((text) => byPeriod.get(text)?.id ?? '');
  });

/** The same rule over texts and sets, written without looking at the other. */
export const keptByOracle = (
  backups: readonly RetainableBackup[],
  subject: RetentionSubject,
  policy: Policy,
  now: Date,
): Set<string> => {
  if (!subject.deprovisioned && !subject.backupsEnabled) return new Set(backups.map(({ id }) => id));
  const kept = backups.filter(({ kind, held }) => kind !== 'automatic' || held).map(({ id }) => id);
  const sound = backups.filter(({ verification }) => verification !== 'failed');
  const proven = backups.filter(({ verification }) => verification === 'verified');
  const hasKeys = (one: RetainableBackup): boolean => one.keys === null || one.keys > 0;
  const pools = [backups, sound, proven, sound.filter(hasKeys), proven.filter(hasKeys)];
  if (subject.deprovisioned) return new Set([...kept, ...pools.map((pool) => latest(pool)?.id ?? '')].filter(Boolean));
  const today = dayText(now, policy.timeZone);
  const young = backups.filter((one) => one.snapshotAt > now || dayText(one.snapshotAt, policy.timeZone) === today);
  const counted = pools.map((pool) => pool.filter(({ kind, snapshotAt }) => kind === 'automatic' && snapshotAt <= now));
  return new Set([...kept, ...young.map(({ id }) => id), ...counted.flatMap((pool) => latestOfPeriods(pool, policy))]);
};

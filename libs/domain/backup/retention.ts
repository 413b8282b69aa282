import type { BackupKind, Verification } from './backup.js';
import { localDay } from './local-day.js';
import type { RetentionPolicy } from './policy.js';

/** A complete backup that is not a copy: copies share the fate of their originals. */
export interface RetainableBackup {
  readonly id: string;
  readonly kind: BackupKind;
  /** Moment of the data: what counts as its day. */
  readonly snapshotAt: Date;
  /** The best of it and of its copies. */
  readonly verification: Verification;
  /** How many it holds; null when they could not be read. */
  readonly keys: number | null;
  /** Somebody holds it, or one of its copies. */
  readonly held: boolean;
}

export interface RetentionSubject {
  readonly backupsEnabled: boolean;
  readonly deprovisioned: boolean;
}

/**
 * Why a backup stays: its kind, a hold, that its day is not over, that it is the last one of its day, month or year, that it is the newest
 * one of a database that is gone, or that nobody takes new ones.
 */
export type KeepReason = 'manual' | 'final' | 'held' | 'today' | 'daily' | 'monthly' | 'yearly' | 'newest' | 'disabled';

export interface RetentionDecision {
  /** Ids of those that go, oldest first. */
  readonly purge: readonly string[];
  readonly keep: ReadonlyMap<string, readonly KeepReason[]>;
}

/**
 * Which backups of one database go. All backups of it that are complete and no copies are given, in any order.
 *
 * - The last backup of each of the `daily` most recent days that have one stays, and of the `monthly` most recent months and `yearly` most
 *   recent years that have one (reference BK-3). A day without a backup counts for nothing: while no backups are made, none goes. The day,
 *   month and year of the newest backup count as well. Days are those of the policy's time zone.
 * - Each is counted three times: among all backups, among those that no verification has found broken, and among the verified ones; and the
 *   two latter once more without those that hold no key. What any of the five keeps stays. So what is not known to be good never takes the
 *   place of what is, the newest verified one never goes, and a server that came back empty pushes out nothing of what it had.
 * - The day that `now` is in has no last backup yet: all of it stays. What lies after `now`, by a wrong clock, stays and takes no place.
 * - Manual, final and held ones stay. A held one counts where it would without: a hold that ends or begins changes nothing for the others.
 * - A database with backups switched off keeps all that it has (reference BK-12).
 * - The automatic ones of a deprovisioned database go (product.md, section 5), but for the newest backup of each of the five counts: they go
 *   when a final or manual one that is as good is newer.
 */
export const decideRetention = (
  backups: readonly RetainableBackup[],
  subject: RetentionSubject,
  policy: RetentionPolicy & { readonly timeZone: string },
  now: Date,
): RetentionDecision => {
  const newestFirst = backups.map((backup) => ({ ...backup, day: localDay(backup.snapshotAt, policy.timeZone) }));
  newestFirst.sort(byAge);
  const keep = new Map<string, Set<KeepReason>>(newestFirst.map(({ id }) => [id, new Set()]));
  const stays = (id: string, reason: KeepReason): void => void keep.get(id)?.add(reason);

  for (const backup of newestFirst) for (const reason of ownReasons(backup)) stays(backup.id, reason);
  if (subject.deprovisioned) {
    for (const group of standings(newestFirst)) if (group[0]) stays(group[0].id, 'newest');
  } else if (subject.backupsEnabled) {
    keepByPolicy(newestFirst, policy, now, stays);
  } else {
    for (const { id } of newestFirst) stays(id, 'disabled');
  }
  return {
    purge: newestFirst
      .filter(({ id }) => keep.get(id)?.size === 0)
      .map(({ id }) => id)
      .reverse(),
    keep: new Map([...keep].filter(([, reasons]) => reasons.size > 0).map(([id, reasons]) => [id, [...reasons]])),
  };
};

interface DatedBackup extends RetainableBackup {
  readonly day: number;
}

/** Two of one moment are told apart by their ids, so that the order in which they are given decides nothing. */
const byAge = (one: DatedBackup, other: DatedBackup): number =>
  other.snapshotAt.getTime() - one.snapshotAt.getTime() || (one.id < other.id ? 1 : -1);

const ownReasons = ({ kind, held }: RetainableBackup): KeepReason[] => [
  ...(kind === 'automatic' ? [] : [kind]),
  ...(held ? (['held'] as const) : []),
];

/** What of the number YYYYMMDD is the period. */
const periods = { daily: 1, monthly: 100, yearly: 10_000 } as const;

const keepByPolicy = (
  newestFirst: readonly DatedBackup[],
  policy: RetentionPolicy & { readonly timeZone: string },
  now: Date,
  stays: (id: string, reason: KeepReason) => void,
): void => {
  const today = localDay(now, policy.timeZone);
  for (const { id, day } of newestFirst) if (day >= today) stays(id, 'today');
  const automatic = newestFirst.filter(({ kind, snapshotAt }) => kind === 'automatic' && snapshotAt <= now);
  for (const group of standings(automatic)) {
    for (const period of ['daily', 'monthly', 'yearly'] as const) {
      for (const { id } of lastOfEach(group, periods[period]).slice(0, policy[period])) stays(id, period);
    }
  }
};

/** Everything; what was not found broken, and what was proven; and of both what is not empty. */
const standings = (newestFirst: readonly DatedBackup[]): (readonly DatedBackup[])[] => {
  const sound = newestFirst.filter(({ verification }) => verification !== 'failed');
  const proven = newestFirst.filter(({ verification }) => verification === 'verified');
  const filled = [sound, proven].map((group) => group.filter(({ keys }) => keys !== 0));
  return [newestFirst, sound, proven, ...filled];
};

const lastOfEach = (newestFirst: readonly DatedBackup[], divisor: number): DatedBackup[] => {
  const periodOf = ({ day }: DatedBackup): number => Math.floor(day / divisor);
  return newestFirst.filter((backup, index) => {
    const newer = newestFirst[index - 1];
    return newer === undefined || periodOf(newer) !== periodOf(backup);
  });
};

/**
 * What a sweep does: `drift` looks at all databases, `backup-schedule` asks for the backups that are due and raises alerts, `retention`
 * lets go what no policy keeps, `verification` has old backups proved again, `credentials` ends passwords whose grace time is over,
 * `certificates` has those renewed that are due, `deprecation` marks versions that passed a date. Those that nobody schedules: `discovery` makes
 * known what lies in the stores and no row names, `keys` seals anew under the newest master key.
 */
export const sweepKinds = [
  'drift',
  'backup-schedule',
  'retention',
  'verification',
  'deprecation',
  'credentials',
  'certificates',
  'discovery',
  'keys',
] as const;
export type SweepKind = (typeof sweepKinds)[number];

const hourMs = 3_600_000;

/** How often the queue wakes a sweep that is to be made every `everyMs`. Once an hour at least asks whether the day's one was made, so that one that failed, or was missed, waits for no other day. */
export const wakeUpEveryMs = (kind: SweepKind, everyMs: number): number =>
  kind === 'deprecation' ? Math.min(everyMs, hourMs) : everyMs;

/**
 * A wake-up that comes so soon after the beginning of the last sweep is one that was late. Dates pass at midnight UTC, so a sweep of before
 * says nothing of today.
 */
export const notWithinMs = (kind: SweepKind, everyMs: number, now: Date): number =>
  kind === 'deprecation' ? now.getTime() % everyMs : everyMs / 2;

export const sweepStatuses = ['queued', 'running', 'succeeded', 'failed'] as const;
export type SweepStatus = (typeof sweepStatuses)[number];

/** In the history, and as the one who asked for an operation. */
export const sweepActor = (kind: SweepKind): string => `sweep:${kind}`;

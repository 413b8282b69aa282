/**
 * What a sweep does: `drift` looks at all databases, `backup-schedule` asks for the backups that are due and raises alerts, `retention`
 * lets go what no policy keeps, `verification` has old backups proved again, `credentials` ends passwords whose grace time is over,
 * `certificates` has those renewed that are due. Those that nobody schedules: `discovery` makes
 * known what lies in the stores and no row names, `keys` seals anew under the newest master key.
 */
export const sweepKinds = [
  'drift',
  'backup-schedule',
  'retention',
  'verification',
  'credentials',
  'certificates',
  'discovery',
  'keys',
] as const;
export type SweepKind = (typeof sweepKinds)[number];

export const sweepStatuses = ['queued', 'running', 'succeeded', 'failed'] as const;
export type SweepStatus = (typeof sweepStatuses)[number];

/** In the history, and as the one who asked for an operation. */
export const sweepActor = (kind: SweepKind): string => `sweep:${kind}`;

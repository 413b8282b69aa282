export const severities = ['degraded', 'down'] as const;
export type Severity = (typeof severities)[number];

/**
 * What the operation `repair` may do about a finding: `safe` it does it, `manual` a person has to decide, `none` there is nothing to do
 * (it passes by itself, or goes with what is wrong elsewhere).
 */
export const repairabilities = ['safe', 'manual', 'none'] as const;
export type Repairability = (typeof repairabilities)[number];

/** Everything that a server can be found to be, beside what is recorded. The sentence is what a person reads. */
export const findingTitles = {
  container_missing: 'The container is gone',
  container_stopped: 'The container does not run',
  container_paused: 'The container is paused',
  container_restarting: 'The server ends again and again',
  container_stranger: 'A container that is not ours has the name of this database',
  volume_missing: 'The volume is gone, and the data with it',
  restart_policy_differs: 'The restart policy is another one',
  image_differs: 'The container runs another image',
  memory_limit_differs: 'The container has another memory limit',
  network_differs: 'The container is not on its network as recorded',
  server_silent: 'The server does not answer',
  server_busy: 'The server answers nobody for now',
  manager_refused: 'Holdfast cannot log in',
  certificate_refused: 'The certificate that the server shows is not accepted',
  certificate_differs: 'The server shows another certificate',
  users_differ: 'Users that belong to Holdfast are not as they were made',
  settings_differ: 'Settings in force are not the promised ones',
  role_differs: 'The server has another role',
  source_differs: 'The replica follows another server',
  link_down: 'The replica has no link to its source',
  link_copying: 'The replica still copies the data of its source',
  gate_shut: 'The gate is shut',
  memory_lost: 'The memory-only server came back without its data, which a follower still has',
  fenced: 'A failover fenced this database; its data can be read at most',
  fenced_takes_writes: 'The database is fenced and its server takes writes',
  split_brain: 'More than one server takes writes',
} as const;
export type FindingCode = keyof typeof findingTitles;
export const findingCodes = Object.keys(findingTitles) as [FindingCode, ...FindingCode[]];

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Without figures that change all the time: they would make a new reason, and an entry in the history, with every look. */
  readonly recorded: string;
  readonly found: string;
  readonly repair: Repairability;
}

export const finding = (
  code: FindingCode,
  severity: Severity,
  repair: Repairability,
  recorded: string,
  found: string,
): Finding => ({ code, severity, repair, recorded, found });

/** For a person. */
export const findingText = ({ code, recorded, found }: Finding): string =>
  `${findingTitles[code]}: recorded ${recorded}, found ${found}.`;

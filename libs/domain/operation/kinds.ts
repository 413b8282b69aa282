import type { Permission } from '../permissions/permission.js';

/**
 * The job catalogue: everything that one kind of operation is, in one place. Queue, CLI verb and audit prefix carry
 * the same name. Queues, processors, the API's types and the docs derive from it.
 */
export interface OperationKindEntry {
  readonly app: 'lifecycle-worker' | 'backup-worker';
  /**
   * Whether it holds its databases: then one such operation at a time touches each. One that only reads them stands in line with others
   * of its kind, and neither waits for those that hold nor keeps them waiting: a promotion by night does not wait for a backup.
   */
  readonly exclusive: boolean;
  /** How often a worker tries before the operation fails; only transient errors are tried again. */
  readonly attempts: number;
  readonly backoff: { readonly firstMs: number; readonly maximumMs: number };
  /** Deadline of one attempt. */
  readonly timeoutMs: number;
  /** Deadline of the way back of a failed or cancelled operation: that of an attempt is spent. */
  readonly undoMs: number;
  readonly permission: Permission;
  /** Whether it can be stopped once it runs: in any step, in none, or as long as it has begun no other steps than these. */
  readonly cancellable: boolean | readonly string[];
}

const lifecycle = (permission: Permission, overrides: Partial<OperationKindEntry> = {}): OperationKindEntry => ({
  app: 'lifecycle-worker',
  // About a minute in all: as long as a container engine may need for its own restart.
  attempts: 8,
  backoff: { firstMs: 500, maximumMs: 30_000 },
  timeoutMs: 300_000,
  undoMs: 60_000,
  permission,
  cancellable: false,
  exclusive: true,
  ...overrides,
});

/** Streams of many GB take their time; what makes them fail is mostly a store or a server that is away for a while. */
const backup = (permission: Permission, overrides: Partial<OperationKindEntry> = {}): OperationKindEntry => ({
  app: 'backup-worker',
  attempts: 10,
  backoff: { firstMs: 1000, maximumMs: 60_000 },
  timeoutMs: 6 * 3_600_000,
  undoMs: 60_000,
  permission,
  cancellable: true,
  exclusive: false,
  ...overrides,
});

export const operationKinds = {
  provision: lifecycle('deploy', { cancellable: true }),
  // The last save of a large server takes its time.
  restart: lifecycle('ops', { timeoutMs: 3_600_000 }),
  reload: lifecycle('ops', { timeoutMs: 3_600_000 }),
  // The first copy of a large database takes long.
  replicate: lifecycle('deploy', { timeoutMs: 3_600_000, cancellable: true }),
  promote: lifecycle('deploy'),
  unlink: lifecycle('destroy'),
  // It takes a backup, proves it, and tries the version; then it makes a second copy of everything, and goes on to the end.
  upgrade: lifecycle('ops', { timeoutMs: 6 * 3_600_000, cancellable: ['check', 'backup', 'verify', 'try'] }),
  // What was written since the upgrade is lost. Nothing is touched before the server of today is fenced.
  'go-back': lifecycle('destroy', {
    timeoutMs: 6 * 3_600_000,
    cancellable: ['check', 'backup', 'verify', 'try', 'create', 'start', 'await-answer', 'prepare'],
  }),
  discard: lifecycle('destroy'),
  // An append-only file that is not there is written first.
  repair: lifecycle('ops', { attempts: 5, timeoutMs: 3_600_000 }),
  // A change of mode may write all data anew, and so may its way back, which first waits for what is being written.
  configure: lifecycle('ops', { timeoutMs: 3_600_000, undoMs: 3_600_000, cancellable: true }),
  resize: lifecycle('ops', { cancellable: true }),
  'rotate-credentials': lifecycle('ops'),
  'retire-credentials': lifecycle('ops'),
  'renew-certificate': lifecycle('ops'),
  rename: lifecycle('deploy'),
  // Its final backup may take long.
  deprovision: lifecycle('destroy', { attempts: 10, timeoutMs: 6 * 3_600_000 }),
  'backup-snapshot': backup('ops'),
  'verify-backup': backup('ops'),
  'copy-backup': backup('ops'),
  'purge-backup': backup('destroy', { cancellable: false }),
  restore: backup('deploy', { exclusive: true }),
  // A source that cannot be reached is mostly a mistake in its URL, and somebody waits to be told.
  import: backup('deploy', { exclusive: true, attempts: 5 }),
} as const satisfies Record<string, OperationKindEntry>;

export type OperationKind = keyof typeof operationKinds;
export const operationKindNames = Object.keys(operationKinds) as [OperationKind, ...OperationKind[]];

/** Wait before attempt `attempt + 1`, doubling from the first wait. */
export const backoffMs = (kind: OperationKind, attempt: number): number => {
  const { firstMs, maximumMs } = operationKinds[kind].backoff;
  return Math.min(maximumMs, firstMs * 2 ** Math.max(0, attempt - 1));
};

/** `begun`: the names of the steps that it has begun so far, in all attempts. */
export const mayBeCancelled = (kind: OperationKind, begun: readonly string[]): boolean => {
  const { cancellable }: OperationKindEntry = operationKinds[kind];
  return typeof cancellable === 'boolean' ? cancellable : begun.every((step) => cancellable.includes(step));
};

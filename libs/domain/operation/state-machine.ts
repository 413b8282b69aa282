export const operationStatuses = ['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;
export type OperationStatus = (typeof operationStatuses)[number];

export const operationEvents = ['claim', 'wait', 'release', 'rescue', 'succeed', 'fail', 'cancel'] as const;
export type OperationEvent = (typeof operationEvents)[number];

/**
 * The state machine as data. `docs/state-machines.md` is generated from it.
 *
 * claim: a worker takes it; wait: a transient error, due again at a time; release: the worker shuts down;
 * rescue: the worker's lease ran out; cancel: asked for and carried out.
 */
export const operationTransitions: Record<OperationStatus, Partial<Record<OperationEvent, OperationStatus>>> = {
  queued: { claim: 'running', cancel: 'cancelled' },
  waiting: { claim: 'running', cancel: 'cancelled' },
  running: {
    wait: 'waiting',
    release: 'queued',
    rescue: 'queued',
    succeed: 'succeeded',
    fail: 'failed',
    cancel: 'cancelled',
  },
  succeeded: {},
  failed: {},
  cancelled: {},
};

export const nextStatus = (status: OperationStatus, event: OperationEvent): OperationStatus | null =>
  operationTransitions[status][event] ?? null;

export const isFinished = (status: OperationStatus): boolean => Object.keys(operationTransitions[status]).length === 0;
export const unfinishedStatuses = operationStatuses.filter((status) => !isFinished(status));

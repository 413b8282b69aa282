import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { requireQueueUrl } from '#configuration/required.js';
import type { Configuration } from '#configuration/configuration.js';
import type { Logger } from '#observability/logger.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { queuePrefix } from './prefix.js';
import { sweepKinds, wakeUpEveryMs, type SweepKind } from '#domain/drift/sweep.js';
import { SweepQueue } from './sweep-queue.js';
import { operationKindNames, type OperationKind } from '#domain/operation/kinds.js';

/** A job's whole content: the row in Postgres has the facts. */
export interface WakeUpJob {
  readonly operationId: string;
  readonly v: 1;
}

export interface WakeUp {
  readonly operationId: string;
  readonly kind: OperationKind;
  readonly dispatchNo: number;
}

/** Ended jobs stay for a while, for people who look at the queue dashboard; the history is in Postgres. */
const kept = { removeOnComplete: { count: 200 }, removeOnFail: { count: 500 } };

/**
 * BullMQ silently ignores a job whose id it still keeps, so each dispatch has an id of its own.
 * One try: the row, not the queue, decides about another one.
 */
const jobOf = ({ operationId, kind, dispatchNo }: WakeUp) => ({
  name: kind,
  data: { operationId, v: 1 } satisfies WakeUpJob,
  opts: { jobId: jobId({ operationId, dispatchNo }), attempts: 1, ...kept },
});

const jobId = ({ operationId, dispatchNo }: Omit<WakeUp, 'kind'>): string => `${operationId}-${dispatchNo}`;

export const queueConnection = (url: string, onError: (error: Error) => void): Redis => {
  const connection = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(times * 50, 1000),
  });
  connection.on('error', onError);
  return connection;
};

const answerDeadlineMs = 2000;

const unreachable = (): HoldfastError => new HoldfastError('queue_unreachable', "The queue's Redis does not answer.");

/** The producing side of an installation. Errors: `ConfigurationError`. */
export const openQueues = (configuration: Configuration, logger: Pick<Logger, 'warn'>): Queues =>
  new Queues(requireQueueUrl(configuration), queuePrefix(configuration.installation), (error) =>
    logger.warn({ err: error }, 'the queue does not answer; wake-ups wait for it'),
  );

/** Between two sweeps of each kind; 0 for none. */
export type SweepIntervals = Readonly<Record<SweepKind, number>>;

/** The producing side: one queue for each kind of operation, all over one connection. */
export class Queues {
  readonly byKind: ReadonlyMap<OperationKind, Queue<WakeUpJob>>;
  private readonly sweeps: ReadonlyMap<SweepKind, SweepQueue>;
  private readonly connection: Redis;

  constructor(url: string, prefix: string, onError: (error: Error) => void) {
    this.connection = queueConnection(url, onError);
    this.byKind = new Map(operationKindNames.map((kind) => [kind, this.open(kind, prefix, onError)]));
    this.sweeps = new Map(sweepKinds.map((kind) => [kind, new SweepQueue(kind, this.connection, prefix, onError)]));
  }

  /** All queues, for the dashboard. */
  get all(): readonly Queue[] {
    return [...this.byKind.values(), ...[...this.sweeps.values()].map(({ queue }) => queue)];
  }

  /** Errors: `queue_unreachable`. */
  async scheduleSweeps(everyMs: SweepIntervals, nowMs: number): Promise<void> {
    await this.answered(() =>
      [...this.sweeps].map(([kind, sweeps]) => sweeps.schedule(wakeUpEveryMs(kind, everyMs[kind]), nowMs)),
    );
  }

  private open(kind: OperationKind, prefix: string, onError: (error: Error) => void): Queue<WakeUpJob> {
    const queue = new Queue<WakeUpJob>(kind, { connection: this.connection, prefix });
    queue.on('error', onError);
    return queue;
  }

  /** Errors: `queue_unreachable`, soon: the caller holds rows locked meanwhile. What was under way may still arrive. */
  async send(wakeUps: readonly WakeUp[]): Promise<void> {
    await this.answered(() =>
      [...this.byKind].map(async ([kind, queue]) => {
        const jobs = wakeUps.filter((wakeUp) => wakeUp.kind === kind).map(jobOf);
        if (jobs.length > 0) await queue.addBulk(jobs);
      }),
    );
  }

  /**
   * Those that nobody is going to answer: the queue was emptied or replaced, or a worker took the job and let it go, or died with it
   * before it claimed the operation. Errors: `queue_unreachable`.
   */
  async missing(wakeUps: readonly WakeUp[]): Promise<readonly WakeUp[]> {
    if (wakeUps.length === 0) return [];
    const waiting = await this.answered(() => wakeUps.map((wakeUp) => this.isWaiting(wakeUp)));
    return wakeUps.filter((_, index) => !waiting[index]);
  }

  private async isWaiting(wakeUp: WakeUp): Promise<boolean> {
    const state = await this.byKind.get(wakeUp.kind)?.getJobState(jobId(wakeUp));
    return state !== undefined && !['unknown', 'active', 'completed', 'failed'].includes(state);
  }

  /** The client would keep commands for as long as the server is away: none is given to it then, and none is waited for too long. */
  private async answered<T>(send: () => Promise<T>[]): Promise<T[]> {
    if (this.connection.status !== 'ready') throw unreachable();
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unreachable()), answerDeadlineMs);
    });
    try {
      return await Promise.race([Promise.all(send()), overdue]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Rejects when the server does not answer before `signal` ends the wait. */
  ping(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('The queue does not answer')), { once: true });
      this.connection.ping().then(() => resolve(), reject);
    });
  }

  async close(): Promise<void> {
    // A queue waits for its connection before it closes.
    if (this.connection.status !== 'ready') this.connection.disconnect();
    await Promise.all([
      ...[...this.byKind.values()].map((queue) => queue.close()),
      ...[...this.sweeps.values()].map((sweeps) => sweeps.close()),
    ]);
    this.connection.disconnect();
  }
}

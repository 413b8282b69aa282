import type { Redis } from 'ioredis';
import { Queue } from 'bullmq';
import type { SweepKind } from '#domain/drift/sweep.js';

export const sweepQueueName = (kind: SweepKind): string => `${kind}-sweep`;

/** A job's whole content: which databases there are is in Postgres. */
export interface SweepJob {
  readonly v: 1;
}

/** Ended jobs stay for a while, for people who look at the queue dashboard. */
const kept = { removeOnComplete: { count: 50 }, removeOnFail: { count: 50 } };

/** An overdue scheduler has lost its next job, with a part of the queue for example. */
const overdueMs = 5000;

/** Neither so long ago that its job must be lost, nor further ahead than one interval. */
const isDueIn = (nextMs: number, nowMs: number, everyMs: number): boolean =>
  nextMs > nowMs - everyMs - overdueMs && nextMs < nowMs + everyMs + overdueMs;

/** The wake-ups of sweeps of a kind: one every so often, made by the queue itself. */
export class SweepQueue {
  readonly queue: Queue<SweepJob>;
  private readonly name: string;

  constructor(kind: SweepKind, connection: Redis, prefix: string, onError: (error: Error) => void) {
    this.name = sweepQueueName(kind);
    this.queue = new Queue<SweepJob>(this.name, { connection, prefix });
    this.queue.on('error', onError);
  }

  /** Makes the queue send a wake-up every `everyMs`, or none at 0. Asked for again and again: a queue may be emptied or replaced. */
  async schedule(everyMs: number, nowMs: number): Promise<void> {
    if (everyMs === 0) {
      await this.queue.removeJobScheduler(this.name);
      return;
    }
    const known = await this.queue.getJobScheduler(this.name);
    if (known && known.every === everyMs && isDueIn(known.next ?? 0, nowMs, everyMs)) return;
    // BullMQ would keep its place within the former interval, which may lie far ahead in a shorter one.
    if (known) await this.queue.removeJobScheduler(this.name);
    await this.queue.upsertJobScheduler(
      this.name,
      { every: everyMs },
      { name: this.name, data: { v: 1 }, opts: { attempts: 1, ...kept } },
    );
  }

  close(): Promise<void> {
    return this.queue.close();
  }
}

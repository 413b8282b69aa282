import type { SweepKind } from '#domain/drift/sweep.js';
import type { Db } from '#persistence/connection.js';
import {
  beginSweep,
  claimQueuedSweep,
  endSweep,
  renewSweep,
  type SweepCounts,
  type SweepFinding,
  type SweepScope,
  type SweepLease,
  type SweepRow,
} from '#persistence/sweeps.js';
import { newId } from '../control.js';

const leaseMs = 60_000;
/** Of ended sweeps. */
const kept = 200;

/** Another worker has given this sweep up: it stops at once. */
class SweepLost extends Error {
  override readonly name = 'SweepLost';
}

export interface SweepOutcome<Found extends SweepFinding = SweepFinding> {
  readonly counts: SweepCounts;
  readonly findings: readonly Found[];
}

/** One sweep. `proceed` is asked before each part of it and ends it by throwing. */
export type Sweep<Found extends SweepFinding = SweepFinding> = (
  proceed: () => Promise<void>,
  signal: AbortSignal,
  scope: SweepScope,
) => Promise<SweepOutcome<Found>>;

export interface SweeperOptions {
  readonly kind: SweepKind;
  readonly db: Db;
  readonly sweep: Sweep;
  readonly owner: string;
  /** Told of a sweep that failed. */
  readonly onError: (error: unknown) => void;
}

/** Runs sweeps of a kind, one at a time in the whole installation; the rows see to that, so that any number of workers may be woken at any time. */
export class Sweeper {
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: SweeperOptions,
    private readonly stop: AbortSignal,
  ) {}

  get kind(): SweepKind {
    return this.options.kind;
  }

  /** Runs what somebody asked for. */
  wake(): Promise<void> {
    return this.next(() => this.runQueued());
  }

  /** It is time for another one; `notWithinMs` keeps wake-ups that come late from piling up. */
  due(notWithinMs: number): Promise<void> {
    return this.next(async () => {
      await this.runQueued();
      const { db, kind, owner } = this.options;
      const row = await beginSweep(db, { id: newId(), kind, owner, leaseMs }, 'scheduler', notWithinMs);
      if (row) await this.run(row);
    });
  }

  /** Never rejects. */
  settled(): Promise<void> {
    return this.turn;
  }

  private next(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(async () => {
      if (this.stop.aborted) return;
      await work().catch((error: unknown) => {
        if (!this.stop.aborted) this.options.onError(error);
      });
    });
    return this.turn;
  }

  private async runQueued(): Promise<void> {
    const { db, kind, owner } = this.options;
    for (;;) {
      if (this.stop.aborted) return;
      const row = await claimQueuedSweep(db, { kind, owner, leaseMs });
      if (!row) return;
      await this.run(row);
    }
  }

  /** What a sweep that is stopped or killed has written stands; the next one sees what is missing. */
  private async run(row: SweepRow): Promise<void> {
    const { db, kind, owner, sweep } = this.options;
    const { id } = row;
    const lease: SweepLease = { id, kind, owner, leaseMs };
    const proceed = async (): Promise<void> => {
      this.stop.throwIfAborted();
      if (!(await renewSweep(db, lease))) throw new SweepLost();
    };
    try {
      await endSweep(db, lease, await sweep(proceed, this.stop, row), kept);
    } catch (error) {
      if (error instanceof SweepLost) return;
      const reason = this.stop.aborted ? 'The worker was shut down.' : String(error);
      await endSweep(db, lease, { error: reason }, kept);
      throw error;
    }
  }
}

import { onAbort } from '#engine/wait/on-abort.js';
import type { Db } from '#persistence/connection.js';
import { renewLease, type Lease } from '#persistence/operations/claim.js';
import { LeaseLost } from '#persistence/operations/transition.js';
import { Interruption } from './context.js';

export interface LeaseTerms {
  readonly leaseMs: number;
  readonly deadlineMs: number;
  readonly stops: readonly AbortSignal[];
  /** `performance.now()` before the claim was sent: from then on the lease counts here, so that it never ends later here than in Postgres. */
  readonly claimedAtMs: number;
}

/**
 * Holds the lease of one attempt and turns everything that must end it into one AbortSignal: a cancel that was asked for,
 * a lease that is lost, the deadline, the worker's shutdown.
 */
export class LeaseKeeper {
  private readonly interruption = new AbortController();
  private readonly loss = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly offs: (() => void)[] = [];
  private expiry: NodeJS.Timeout | undefined;
  private heldUntilMs = 0;
  private stopped = false;
  private heedsCancel = false;

  constructor(
    private readonly db: Db,
    private readonly lease: Lease,
    private readonly terms: LeaseTerms,
  ) {}

  /** Aborted with an `Interruption` by whatever ends the attempt first. */
  get signal(): AbortSignal {
    return this.interruption.signal;
  }

  /** Aborted only with the lease: the way back of a cancelled or overdue attempt heeds nothing else. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  start(): void {
    const { leaseMs, deadlineMs, stops, claimedAtMs } = this.terms;
    this.holdSince(claimedAtMs);
    this.timers.push(setInterval(() => void this.renew(), leaseMs / 3));
    this.timers.push(setTimeout(() => this.interrupt('deadline'), deadlineMs));
    this.offs.push(...stops.map((stop) => onAbort(stop, this.onShutdown)));
    if (stops.some((stop) => stop.aborted)) this.onShutdown();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.expiry);
    for (const timer of this.timers) clearTimeout(timer);
    for (const off of this.offs) off();
  }

  /** Errors: `LeaseLost`. By the clock, because a process that stood still has seen no timer end. */
  requireHeld(): void {
    if (performance.now() < this.heldUntilMs) return;
    this.lose();
    throw new LeaseLost();
  }

  /** Whether a cancel ends the attempt from now on. */
  heedCancel(heeds: boolean): void {
    this.heedsCancel = heeds;
  }

  /** Also called when a cancel was asked for, so that nobody waits for the next turn. */
  async renew(): Promise<void> {
    const askedAtMs = performance.now();
    try {
      const held = await renewLease(this.db, this.lease, this.terms.leaseMs);
      if (!held) return this.lose();
      this.holdSince(askedAtMs);
      if (held.cancelRequested && this.heedsCancel) this.interrupt('cancel');
    } catch {
      // Postgres is away. As long as the lease runs nobody else can have taken it, and then its expiry ends the attempt.
    }
  }

  private holdSince(sinceMs: number): void {
    if (this.stopped) return;
    this.heldUntilMs = sinceMs + this.terms.leaseMs;
    clearTimeout(this.expiry);
    this.expiry = setTimeout(() => this.lose(), this.heldUntilMs - performance.now());
  }

  private readonly onShutdown = (): void => this.interrupt('shutdown');

  private lose(): void {
    this.interrupt('lease-lost');
    this.loss.abort(new Interruption('lease-lost'));
  }

  private interrupt(why: Interruption['why']): void {
    this.interruption.abort(new Interruption(why));
  }
}

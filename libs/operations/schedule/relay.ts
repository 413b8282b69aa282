import { faultPoints } from '#observability/fault-points.js';
import type { Db } from '#persistence/connection.js';
import { nextDueInMs, takeDueWakeUps, type WakeUp } from '#persistence/operations/dispatch.js';

const batch = 200;
/** A look now and then even when nobody says anything: announcements are lost while Postgres is away. */
const idleMs = 2000;
const shortestMs = 5;

/**
 * Sends wake-ups from the outbox to the queue. The rows stay locked until the queue has them: a queue that is away costs a rollback,
 * a crash in between a second job that finds nothing to do.
 */
export class Relay {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private closed = false;

  constructor(
    private readonly db: Db,
    private readonly send: (wakeUps: readonly WakeUp[]) => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Looks at the outbox now; a call during a look makes it look once more. */
  wake(): void {
    if (this.closed) return;
    this.again = true;
    this.running ??= this.look().finally(() => {
      this.running = null;
      if (this.again) this.wake();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private async look(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    let dueInMs: number | null = null;
    try {
      while (this.again && !this.closed) {
        this.again = false;
        if ((await this.relayBatch()) === batch) this.again = true;
      }
      dueInMs = await nextDueInMs(this.db);
    } catch (error) {
      this.again = false;
      this.onError(error);
    }
    if (!this.closed)
      this.timer = setTimeout(() => this.wake(), Math.max(shortestMs, Math.min(dueInMs ?? idleMs, idleMs)));
  }

  private relayBatch(): Promise<number> {
    return this.db.transaction().execute(async (tx) => {
      const wakeUps = await takeDueWakeUps(tx, batch);
      if (wakeUps.length === 0) return 0;
      await faultPoints.reached('relay:taken');
      await this.send(wakeUps);
      await faultPoints.reached('relay:sent');
      return wakeUps.length;
    });
  }
}

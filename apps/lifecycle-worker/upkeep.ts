import type { Logger } from '#observability/logger.js';

export interface Duty {
  readonly name: string;
  work(signal: AbortSignal): Promise<void>;
}

const everyMs = 10_000;

/** Looks every few seconds whether what must always hold still holds. A duty that fails is tried again at the next look. */
export class Upkeep {
  private timer: NodeJS.Timeout | null = null;
  private woken = false;
  private looking: Promise<void> = Promise.resolve();
  private readonly stop = new AbortController();

  constructor(
    private readonly duties: readonly Duty[],
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = null;
    this.woken = false;
    this.looking = this.look().finally(() => {
      if (this.stop.signal.aborted) return;
      if (this.woken) this.start();
      else this.timer = setTimeout(() => this.start(), everyMs);
    });
  }

  /** Looks now, and after a look that is under way once more: it may have read before what there is to see. */
  wake(): void {
    this.woken = true;
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.start();
  }

  async close(): Promise<void> {
    this.stop.abort(new Error('shutdown'));
    if (this.timer) clearTimeout(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    for (const duty of this.duties) {
      try {
        await duty.work(this.stop.signal);
      } catch (error) {
        if (this.stop.signal.aborted) return;
        this.logger.warn({ err: error, duty: duty.name }, 'not as it should be; looking again soon');
      }
    }
  }
}

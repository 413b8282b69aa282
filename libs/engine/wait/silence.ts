import { DeadlineReached } from './deadline.js';
import { onAbort } from './on-abort.js';

/** How long somebody may leave us waiting at a stretch; the time that we spend on our own does not count. */
export class Silence {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(private readonly limitMs: number) {}

  /** Fires with DeadlineReached when the silence has lasted too long, or with the reason that it was broken off with. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** From now on the other side is waited for; once all is over, nobody is. */
  begin(): void {
    this.end();
    if (this.over) return;
    this.timer = setTimeout(() => this.breakOff(new DeadlineReached(this.limitMs)), this.limitMs);
  }

  /** The other side has moved. */
  end(): void {
    clearTimeout(this.timer);
  }

  breakOff(reason: unknown): void {
    this.close();
    this.controller.abort(reason);
  }

  /** Whoever feeds the other side may find out later than we do: from now on no timer keeps the process alive. */
  close(): void {
    this.over = true;
    this.end();
  }
}

/**
 * Runs `work`, which begins in silence, and settles at the moment that the caller's signal fires or a silence has lasted for `limitMs`, whether
 * or not `work` heeds it. Rejects with the caller's reason, with DeadlineReached, or as `work` does; in any case the silence's signal has
 * fired then, so that nothing of a failed work goes on.
 */
export const withSilenceLimit = async <T>(
  limitMs: number,
  signal: AbortSignal,
  work: (silence: Silence) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted();
  const silence = new Silence(limitMs);
  const off = onAbort(signal, () => silence.breakOff(signal.reason));
  const broken = new Promise<never>((_, reject) => {
    silence.signal.addEventListener('abort', () => reject(silence.signal.reason as Error), { once: true });
  });
  try {
    silence.begin();
    return await Promise.race([broken, work(silence)]);
  } catch (error) {
    silence.breakOff(error);
    throw silence.signal.reason;
  } finally {
    silence.close();
    off();
  }
};

import { onAbort } from './on-abort.js';

/** What `withDeadline` rejects with when the time ran out, so that callers can tell it from their own cancellation. */
export class DeadlineReached extends Error {
  override readonly name = 'DeadlineReached';

  constructor(readonly deadlineMs: number) {
    super(`not done within ${String(deadlineMs)} ms`);
  }
}

/** A signal that fires with the caller's, or with DeadlineReached after `deadlineMs`, until it is disarmed. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** From now on neither the time nor the caller fires it. Called in any case, so that nothing is left behind. */
  disarm(): void;
}

export const startDeadline = (deadlineMs: number, signal: AbortSignal): Deadline => {
  signal.throwIfAborted();
  const controller = new AbortController();
  const off = onAbort(signal, () => controller.abort(signal.reason));
  const timer = setTimeout(() => controller.abort(new DeadlineReached(deadlineMs)), deadlineMs);
  const disarm = () => {
    clearTimeout(timer);
    off();
  };
  return { signal: controller.signal, disarm };
};

/**
 * Runs `work` under a signal that fires with the caller's or after `deadlineMs`, and settles at that moment,
 * whether or not `work` heeds it. Rejects with the caller's reason or with DeadlineReached.
 */
export const withDeadline = async <T>(
  deadlineMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const deadline = startDeadline(deadlineMs, signal);
  try {
    return await Promise.race([aborted(deadline.signal), work(deadline.signal)]);
  } catch (error) {
    deadline.signal.throwIfAborted();
    throw error;
  } finally {
    deadline.disarm();
  }
};

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

import { setTimeout as pause } from 'node:timers/promises';
import { types } from 'node:util';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { DeadlineReached, withDeadline } from './deadline.js';

export interface WaitOptions {
  /** What is waited for, as the end of "waited for …". */
  readonly describe: string;
  readonly deadlineMs: number;
  /** Longest pause between two checks; the first pauses are shorter, because most servers are ready at once. Default 100. */
  readonly intervalMs?: number;
}

const firstPauseMs = 5;

/**
 * Calls `check` until it resolves with anything but `undefined`, and returns that. A rejected check is tried again.
 * Errors: `server_not_ready` at the deadline, with the last check's error as its cause; the caller's reason when cancelled.
 */
export const waitUntil = async <T>(
  check: (signal: AbortSignal) => Promise<T | undefined>,
  options: WaitOptions,
  signal: AbortSignal,
): Promise<T> => {
  let lastError: unknown;
  const attempt = async (within: AbortSignal): Promise<T> => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, options.intervalMs ?? 100)) {
      try {
        const result = await check(within);
        if (result !== undefined) return result;
      } catch (error) {
        within.throwIfAborted();
        lastError = error;
      }
      await pause(pauseMs, undefined, { signal: within });
    }
  };
  return withDeadline(options.deadlineMs, signal, attempt).catch((error: unknown) => {
    if (error instanceof DeadlineReached) throw notReady(options, lastError);
    throw error;
  });
};

const notReady = ({ describe, deadlineMs }: WaitOptions, lastError: unknown): HoldfastError => {
  const reason =
    lastError instanceof HoldfastError ? lastError.detail : types.isNativeError(lastError) ? lastError.message : null;
  const waited = `waited ${String(deadlineMs)} ms for ${describe}`;
  return new HoldfastError('server_not_ready', reason === null ? waited : `${waited}: ${reason}`, { cause: lastError });
};

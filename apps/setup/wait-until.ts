import { setTimeout as delay } from 'node:timers/promises';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** Asks until the answer is yes; a question that fails ends the wait. Errors: `setup_failed` naming `what` when the time is over. */
export const waitUntil = async (
  what: string,
  isSo: () => Promise<boolean>,
  limits: { withinMs: number; everyMs?: number },
  signal: AbortSignal,
): Promise<void> => {
  const deadline = performance.now() + limits.withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) {
      throw new HoldfastError('setup_failed', `Waited ${limits.withinMs / 1000} s in vain: ${what}.`);
    }
    await delay(limits.everyMs ?? 100, undefined, { signal });
  }
};

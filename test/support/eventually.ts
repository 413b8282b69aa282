import { setTimeout as pause } from 'node:timers/promises';

const everyMs = 20;

/** Looks again and again until the check returns without throwing, and fails with its last error at the deadline. */
export const eventually = async <T>(check: () => T | Promise<T>, { withinMs }: { withinMs: number }): Promise<T> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(everyMs);
    }
  }
};

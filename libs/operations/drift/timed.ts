import type { SweepCounts } from '#persistence/sweeps.js';
import type { Sweep, SweepOutcome } from './sweeper.js';

/** A sweep that counts, and says how long it took. */
export const timed =
  (
    sweep: (...given: [proceed: () => Promise<void>, signal: AbortSignal]) => Promise<Omit<SweepCounts, 'durationMs'>>,
  ): Sweep =>
  async (proceed, signal): Promise<SweepOutcome> => {
    const startedMs = performance.now();
    const counts = await sweep(proceed, signal);
    return { counts: { ...counts, durationMs: Math.round(performance.now() - startedMs) }, findings: [] };
  };

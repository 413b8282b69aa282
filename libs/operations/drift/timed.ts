import type { SweepCounts, SweepFinding } from '#persistence/sweeps.js';
import type { Sweep, SweepOutcome } from './sweeper.js';

type Timed = Omit<SweepCounts, 'durationMs'> & { readonly findings?: readonly SweepFinding[] };

/** More would be nobody's reading; the counts are of all. */
const findingsKept = 1000;

/** A sweep that counts, names what is worth a line, and says how long it took. */
export const timed =
  (sweep: (...given: [proceed: () => Promise<void>, signal: AbortSignal]) => Promise<Timed>): Sweep =>
  async (proceed, signal): Promise<SweepOutcome> => {
    const startedMs = performance.now();
    const { findings = [], ...counts } = await sweep(proceed, signal);
    const durationMs = Math.round(performance.now() - startedMs);
    return { counts: { ...counts, durationMs }, findings: findings.slice(0, findingsKept) };
  };

import type { SweepKind } from '#domain/drift/sweep.js';
import type { Control } from '../control.js';
import type { Sweep } from '../drift/sweeper.js';
import { timed } from '../drift/timed.js';
import { retireExpired } from './retire-expired.js';

/** The sweeps about what has a time to end, for their sweepers. */
export const credentialSweeps = (control: Control): Record<Extract<SweepKind, 'credentials'>, Sweep> => ({
  credentials: timed(async (proceed) => {
    const { expired, requested } = await retireExpired(control, proceed);
    return { databases: expired, skipped: 0, byFinding: {}, requested };
  }),
});

import type { RenewalTimes } from '#domain/certificates/renewal.js';
import type { SweepKind } from '#domain/drift/sweep.js';
import { sweepCertificates } from '../certificates/sweep.js';
import type { Control } from '../control.js';
import type { Sweep } from '../drift/sweeper.js';
import { timed } from '../drift/timed.js';
import { retireExpired } from './retire-expired.js';

/** The sweeps about what has a time to end, for their sweepers. */
export const credentialSweeps = (
  control: Control,
  times: RenewalTimes,
): Record<Extract<SweepKind, 'credentials' | 'certificates'>, Sweep> => ({
  credentials: timed(async (proceed) => {
    const { expired, requested } = await retireExpired(control, proceed);
    return { databases: expired, skipped: 0, byFinding: {}, requested };
  }),
  certificates: timed(async (proceed) => {
    const { due, requested, late, alertChanges } = await sweepCertificates(control, times, proceed);
    return { databases: due, skipped: due - requested, byFinding: { certificate_late: late }, requested, alertChanges };
  }),
});

import { faultPoints } from '#observability/fault-points.js';
import type { Lookout } from './observe.js';
import { sweepForDrift } from './sweep.js';
import type { Sweep } from './sweeper.js';

/** The sweep of the kind `drift`, for a sweeper. */
export const driftSweep =
  (lookout: () => Promise<Lookout>): Sweep =>
  async (proceed, signal) => {
    await faultPoints.reached('drift:begun');
    const result = await sweepForDrift(await lookout(), proceed, signal);
    await faultPoints.reached('drift:ending');
    return result;
  };

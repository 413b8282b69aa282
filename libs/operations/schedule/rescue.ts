import { faultPoints } from '#observability/fault-points.js';
import type { Db } from '#persistence/connection.js';
import { rescueLostLeases } from '#persistence/operations/claim.js';
import { oweAgain, unansweredWakeUps, type WakeUp } from '#persistence/operations/dispatch.js';

/** A wake-up that nobody answered for this long is looked for in the queue. */
const unansweredMs = 3000;
const batch = 500;

export interface Rescued {
  readonly lostLeases: number;
  readonly lostWakeUps: number;
}

/** Puts back on the way what a dead worker or a lost queue has dropped. */
export const rescue = async (
  db: Db,
  missing: (wakeUps: readonly WakeUp[]) => Promise<readonly WakeUp[]>,
): Promise<Rescued> => {
  const lostLeases = await rescueLostLeases(db);
  if (lostLeases.length > 0) await faultPoints.reached('rescue:leases-taken');
  const lost = await missing(await unansweredWakeUps(db, unansweredMs, batch));
  await oweAgain(db, lost);
  return { lostLeases: lostLeases.length, lostWakeUps: lost.length };
};

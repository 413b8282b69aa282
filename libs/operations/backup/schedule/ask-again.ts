import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { sweepActor } from '#domain/drift/sweep.js';
import { isBeingBackedUp } from '#persistence/backup-schedules.js';
import { lockBackup } from '#persistence/backups.js';
import { lockDatabase } from '#persistence/databases.js';
import { backupsToCopyAgain, databasesToBackUpAgain, type WantedCopy } from '#persistence/failed-backups.js';
import type { Control } from '../../control.js';
import { requestBackup, requestCopy } from '../../requests/request-backup.js';

const actor = sweepActor('backup-schedule');
/** After a long outage all of them failed: the rest has its turn with the next sweep. */
const requestsPerSweep = 100;

/**
 * Asks once more for automatic backups and copies that failed: a store that was away for some minutes must not cost the backup of a day, or
 * its copy for good. The locks let one of two sweeps decide at a time. Returns how many it has asked for.
 */
export const askAgain = async (control: Control, proceed: () => Promise<void>): Promise<number> => {
  const now = control.now();
  let requested = 0;
  for (const id of (await databasesToBackUpAgain(control.db, now)).slice(0, requestsPerSweep)) {
    await proceed();
    requested += Number(await backUp(control, id, now));
  }
  for (const wanted of (await backupsToCopyAgain(control.db, now)).slice(0, requestsPerSweep)) {
    await proceed();
    requested += Number(await copy(control, wanted, now));
  }
  return requested;
};

const backUp = (control: Control, id: string, now: Date): Promise<boolean> =>
  control.db.transaction().execute(async (tx) => {
    const database = await lockDatabase(tx, id, 'no key update');
    if (!database || (await isBeingBackedUp(tx, id))) return false;
    if ((await databasesToBackUpAgain(tx, now, id)).length === 0) return false;
    await requestBackup(control, tx, actor, database, 'automatic');
    return true;
  });

const copy = (control: Control, { id, store }: WantedCopy, now: Date): Promise<boolean> =>
  control.db.transaction().execute(async (tx) => {
    const backup = await lockBackup(tx, id, 'no key update');
    // A store that was taken out of the settings gets no copies.
    if (!backup || !control.backupStores.includes(store)) return false;
    if ((await backupsToCopyAgain(tx, now, id)).length === 0) return false;
    try {
      await requestCopy(control, tx, actor, backup, store);
      return true;
    } catch (error) {
      // Whatever refuses one copy, such as a store that is gone, keeps neither the others nor the alerts waiting.
      if (isHoldfastError(error)) return false;
      throw error;
    }
  });

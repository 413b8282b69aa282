import { reverifyAfterDays, verificationsPerSweep } from '#domain/backup/verification-pace.js';
import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { sweepActor } from '#domain/drift/sweep.js';
import { faultPoints } from '#observability/fault-points.js';
import { backupsToVerify, countCompleteBackups, countOpenVerifications } from '#persistence/backup-retention.js';
import { lockBackup } from '#persistence/backups.js';
import type { Control } from '../../control.js';
import { requestVerify } from '../../requests/request-backup.js';

export interface VerifiedAgain {
  readonly requested: number;
}

/**
 * Asks for the verification of those backups that were not checked for longest: what was good once may not be any more. For none while as
 * many as it may ask for still wait: workers that were away for days would otherwise find a flood of them.
 */
export const verifyAgain = async (
  control: Control,
  sweepEveryMs: number,
  proceed: () => Promise<void>,
): Promise<VerifiedAgain> => {
  const { db } = control;
  const most = verificationsPerSweep(await countCompleteBackups(db), sweepEveryMs);
  const before = new Date(control.now().getTime() - reverifyAfterDays * 86_400_000);
  // Chosen first and counted afterwards: what another sweep has asked for meanwhile is either among the chosen, or counted.
  const chosen = await backupsToVerify(db, before, most);
  const waiting = await countOpenVerifications(db);
  let requested = 0;
  for (const id of chosen.slice(0, Math.max(0, most - waiting))) {
    await proceed();
    requested += Number(await ask(control, id, before));
    await faultPoints.reached('verification:asked');
  }
  return { requested };
};

/** The lock lets two sweeps see each other. */
const ask = (control: Control, id: string, before: Date): Promise<boolean> =>
  control.db.transaction().execute(async (tx) => {
    const backup = await lockBackup(tx, id, 'no key update');
    if (!backup || (await backupsToVerify(tx, before, 1, id)).length === 0) return false;
    try {
      await requestVerify(control, tx, sweepActor('verification'), backup);
      await faultPoints.reached('verification:asking');
      return true;
    } catch (error) {
      if (isHoldfastError(error, 'backup_not_complete') || isHoldfastError(error, 'backup_in_use')) return false;
      throw error;
    }
  });

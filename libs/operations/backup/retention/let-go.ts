import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { sweepActor } from '#domain/drift/sweep.js';
import { faultPoints } from '#observability/fault-points.js';
import { lockPolicies, policyOf } from '#persistence/backup-policies.js';
import { databasesWithAutomaticBackups } from '#persistence/backup-retention.js';
import { lockBackup } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import { findDatabase } from '#persistence/databases.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { Control } from '../../control.js';
import { requestPurge } from '../../requests/request-backup.js';
import { backupsToPurge } from './decide.js';

export interface LetGo {
  readonly databases: number;
  readonly requested: number;
  /** An operation needs them, or purges them already. */
  readonly skipped: number;
}

/** Asks for the purge of all backups that their policies do not keep. `proceed` is asked before each database that has some. */
export const letBackupsGo = async (control: Control, proceed: () => Promise<void>): Promise<LetGo> => {
  const { db } = control;
  const ids = await databasesWithAutomaticBackups(db);
  let [requested, skipped] = [0, 0];
  for (const id of ids) {
    await proceed();
    const database = await findDatabase(db, id);
    if (!database) continue;
    const seen = await backupsToPurge(db, database, await policyOf(db, database), control.now());
    if (seen.length === 0) continue;
    const outcome = await db.transaction().execute((tx) => purgeOf(control, tx, database));
    await faultPoints.reached('retention:asked');
    requested += outcome.requested;
    skipped += outcome.skipped;
  }
  return { databases: ids.length, requested, skipped };
};

/** Decided once more under the lock that a change of the policy takes as well: what it promises now is not let go by what it said before. */
const purgeOf = async (
  control: Control,
  tx: Tx,
  { id, environment_id: environmentId }: DatabaseRow,
): Promise<{ requested: number; skipped: number }> => {
  await lockPolicies(tx, environmentId);
  const database = await findDatabase(tx, id);
  if (!database) return { requested: 0, skipped: 0 };
  const chosen = await backupsToPurge(tx, database, await policyOf(tx, database), control.now());
  let requested = 0;
  for (const { id: backupId } of chosen) requested += Number(await purge(control, tx, backupId));
  return { requested, skipped: chosen.length - requested };
};

/** False when it is held since, or an operation needs it: the next sweep decides anew. */
const purge = async (control: Control, tx: Tx, backupId: string): Promise<boolean> => {
  const backup = await lockBackup(tx, backupId, 'no key update');
  if (backup?.status !== 'complete' || backup.kind !== 'automatic') return false;
  try {
    await requestPurge(control, tx, sweepActor('retention'), backup);
    await faultPoints.reached('retention:asking');
    return true;
  } catch (error) {
    if (isHoldfastError(error, 'backup_held') || isHoldfastError(error, 'backup_in_use')) return false;
    throw error;
  }
};

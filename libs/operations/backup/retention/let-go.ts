import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { sweepActor } from '#domain/drift/sweep.js';
import { faultPoints } from '#observability/fault-points.js';
import { lockPolicies, policyOf } from '#persistence/backup-policies.js';
import { databasesWithAutomaticBackups, isPurgeTried, purgesBegun } from '#persistence/backup-retention.js';
import { lockBackup } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import { findDatabase } from '#persistence/databases.js';
import type { BackupRow, DatabaseRow } from '#persistence/tables.js';
import type { Control } from '../../control.js';
import { requireNamedStores } from '../named-stores.js';
import { requestPurge } from '../../requests/request-backup.js';
import { backupsToPurge } from './decide.js';

export interface LetGo {
  readonly databases: number;
  readonly requested: number;
  /** An operation needs them or purges them already, a purge was tried within a day, or their store is gone. */
  readonly skipped: number;
}

/** Asks for the purge of all backups that their policies do not keep, and of those whose purge has begun and failed. `proceed` is asked before each database that has some. */
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
  for (const id of await purgesBegun(db)) {
    await proceed();
    const asked = await db.transaction().execute((tx) => purge(control, tx, id, isBegun));
    await faultPoints.reached('retention:asked');
    requested += Number(asked);
    skipped += Number(!asked);
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
  for (const { id: backupId } of chosen) requested += Number(await purge(control, tx, backupId, isAutomatic));
  return { requested, skipped: chosen.length - requested };
};

const isAutomatic = ({ status, kind }: BackupRow): boolean => status === 'complete' && kind === 'automatic';
const isBegun = ({ status }: BackupRow): boolean => status === 'failed';

/** It is held since, an operation needs it, or its store was taken out of the file: the next sweep decides anew. */
const mayPass = ['backup_held', 'backup_in_use', 'backup_store_unknown'] as const;

/** False when it stays for now. */
const purge = async (control: Control, tx: Tx, id: string, goes: (backup: BackupRow) => boolean): Promise<boolean> => {
  const backup = await lockBackup(tx, id, 'no key update');
  if (!backup || !goes(backup) || (await isPurgeTried(tx, id))) return false;
  try {
    await requireNamedStores(control, tx, backup);
    await requestPurge(control, tx, sweepActor('retention'), backup);
    await faultPoints.reached('retention:asking');
    return true;
  } catch (error) {
    if (mayPass.some((code) => isHoldfastError(error, code))) return false;
    throw error;
  }
};

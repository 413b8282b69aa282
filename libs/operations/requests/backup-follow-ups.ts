import { policyOf } from '#persistence/backup-policies.js';
import { findBackup, openVerifications } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import type { BackupRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { requestCopy, requestVerify } from './request-backup.js';

const actor = 'backup-snapshot';

/** Where backups are taken faster than they can be proved, one more would only make the line longer. The sweep of verifications asks for the others. */
const mostOpen = 2;

/** What a new backup is followed by: it is proved that it restores, and it is copied when the policy says so. */
export const requestFollowUps = async (control: Control, tx: Tx, { id }: BackupRow): Promise<void> => {
  const backup = await findBackup(tx, id);
  if (!backup) throw new Error(`The backup ${id} is gone`);
  const isAutomatic = backup.kind === 'automatic';
  if (!isAutomatic || (await openVerifications(tx, backup.database_id)) < mostOpen)
    await requestVerify(control, tx, actor, backup);
  if (!isAutomatic) return;
  const { makeCopy, copyStore } = await policyOf(tx, { id: backup.database_id, environment_id: backup.environment_id });
  // A store that was taken out of the settings stops no backup.
  if (!makeCopy || copyStore === null || copyStore === backup.store || !control.backupStores.includes(copyStore))
    return;
  await requestCopy(control, tx, actor, backup, copyStore);
};

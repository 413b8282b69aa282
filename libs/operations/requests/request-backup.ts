import type { BackupKind } from '#domain/backup/backup.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { policyOf } from '#persistence/backup-policies.js';
import {
  copiesOf,
  findBackup,
  holderOf,
  insertBackup,
  purgesOf,
  purgesOfFamily,
  usesOfBackup,
  type OpenPurge,
} from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import { findDatabase } from '#persistence/databases.js';
import { findInstallation } from '#persistence/installation.js';
import type { BackupRow, DatabaseRow, OperationRow } from '#persistence/tables.js';
import { backupPrefix } from '../backup/location.js';
import { newId, type Control } from '../control.js';
import { recordOperation } from './record-operation.js';

export interface RequestedBackup {
  readonly backup: BackupRow;
  readonly operation: OperationRow;
}

/** Records a backup and the operation that takes it. Errors: `database_not_ready`. */
export const requestBackup = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  kind: Exclude<BackupKind, 'final'>,
  retryOf?: string,
): Promise<RequestedBackup> => {
  if (database.status !== 'provisioned') {
    throw new HoldfastError('database_not_ready', `The database "${database.handle}" is ${database.status}.`);
  }
  const id = newId();
  const operation = await recordOperation(control, tx, {
    ...{ kind: 'backup-snapshot', database, actor },
    parameters: { backupId: id, kind },
    auditDetail: { backupId: id, kind },
    retryOf,
  });
  return { operation, backup: await recordBackup(control, tx, { id, kind, database, actor, operation }) };
};

/** The row of a backup that an operation will take. */
export const recordBackup = async (
  control: Control,
  tx: Tx,
  wanted: { id: string; kind: BackupKind; database: DatabaseRow; actor: string; operation: Pick<OperationRow, 'id'> },
): Promise<BackupRow> => {
  const { id, kind, database, actor, operation } = wanted;
  const [policy, installation] = [await policyOf(tx, database), await findInstallation(tx)];
  if (!installation) throw new Error('There is no installation');
  const { handle, version, image, tls_protocols, persistence, memory_mb, disk_gb, tls_only, maxmemory_policy } =
    database;
  return insertBackup(tx, {
    ...{ id, kind, handle, version, image, tls_protocols, persistence, memory_mb, disk_gb, tls_only, maxmemory_policy },
    settings: JSON.stringify(database.settings),
    database_id: database.id,
    environment_id: database.environment_id,
    status: 'running',
    store: policy.store ?? control.backupStores[0],
    prefix: backupPrefix(installation.id, id),
    requested_by: actor,
    operation_id: operation.id,
  });
};

/** Errors: `backup_not_complete`. */
export const requireComplete = ({ id, status, error }: BackupRow): void => {
  if (status === 'complete') return;
  throw new HoldfastError('backup_not_complete', `The backup ${id} is ${status}${error === null ? '.' : `: ${error}`}`);
};

/** One that has been shown not to restore is not tried on somebody who is in need. Errors: `backup_not_complete`, `backup_unrestorable`. */
export const requireSound = (backup: BackupRow): void => {
  requireComplete(backup);
  const { id, verification, verification_detail: detail } = backup;
  if (verification !== 'failed') return;
  throw new HoldfastError(
    'backup_unrestorable',
    `The backup ${id} has failed its verification: ${detail ?? 'unknown'}`,
  );
};

/** What is on its way out serves nobody, and a place that is being emptied takes no copy. Errors: `backup_in_use`. */
export const requireStaying = (purges: readonly OpenPurge[]): void => {
  const list = purges.map(({ id, backup_id: backupId }) => `purge-backup ${id} (${backupId})`).join(', ');
  if (list !== '') throw new HoldfastError('backup_in_use', `Operations that have not ended remove it: ${list}.`);
};

/** Records a verification. Errors: `backup_not_complete`, `backup_in_use`. */
export const requestVerify = async (
  control: Control,
  tx: Tx,
  actor: string,
  backup: BackupRow,
  retryOf?: string,
): Promise<OperationRow> => {
  requireComplete(backup);
  requireStaying(await purgesOf(tx, backup));
  return recordOn(control, tx, actor, backup, 'verify-backup', {}, retryOf);
};

/** Errors: `backup_not_complete`, `backup_in_use`, `backup_store_unknown`, `backup_is_copy`, `backup_copied_already`. */
export const requestCopy = async (
  control: Control,
  tx: Tx,
  actor: string,
  backup: BackupRow,
  store: string,
  retryOf?: string,
): Promise<OperationRow> => {
  requireComplete(backup);
  requireStaying(await purgesOfFamily(tx, backup));
  if (!control.backupStores.includes(store)) {
    throw new HoldfastError('backup_store_unknown', `There is no store "${store}".`);
  }
  if (backup.copy_of !== null) {
    throw new HoldfastError('backup_is_copy', `It is a copy of the backup ${backup.copy_of}; copy that one.`);
  }
  // Its copies have its own name, so that a store holds one of them.
  if (backup.store === store || (await copiesOf(tx, backup.id)).some((copy) => copy.store === store)) {
    throw new HoldfastError('backup_copied_already', `The backup lies in the store "${store}" already.`);
  }
  const id = newId();
  const operation = await recordOn(control, tx, actor, backup, 'copy-backup', { copyId: id, store }, retryOf);
  const { manifest: _, manifest_key: _key, settings, ...like } = backup;
  await insertBackup(tx, {
    ...like,
    ...{ id, store, copy_of: backup.id, status: 'running', operation_id: operation.id, requested_by: actor },
    ...{ stored_bytes: null, keys: null, envelope: null, completed_at: null, error: null, created_at: control.now() },
    ...{ verification: 'unverified', verification_detail: null, checked_at: null, verified_at: null },
    ...{ restore_ms: null, value_digest: null, hold_reason: null, held_by: null, held_at: null },
    settings: JSON.stringify(settings),
  });
  return operation;
};

export const holdText = ({ id, hold_reason: reason, held_by: holder }: BackupRow): string =>
  `${holder ?? 'Somebody'} holds ${id}: ${reason ?? ''}`;

/** Records the removal of a backup and its copies. The backup is locked. Errors: `backup_not_found`, `backup_held`, `backup_in_use`. */
export const requestPurge = async (
  control: Control,
  tx: Tx,
  actor: string,
  backup: BackupRow,
  retryOf?: string,
): Promise<OperationRow> => {
  if (backup.status === 'purged') throw new HoldfastError('backup_not_found', `The backup ${backup.id} was purged.`);
  await requirePurgeable(tx, backup);
  return recordOn(control, tx, actor, backup, 'purge-backup', {}, retryOf);
};

/** Asked once more when the purge begins. `own` is its operation. Errors: `backup_held`, `backup_in_use`. */
export const requirePurgeable = async (tx: Tx, backup: BackupRow, own?: string): Promise<void> => {
  const held = await holderOf(tx, backup);
  if (held) throw new HoldfastError('backup_held', holdText(held));
  const original = backup.copy_of === null ? undefined : await findBackup(tx, backup.copy_of);
  const all = [backup, ...(await copiesOf(tx, backup.id)), ...(original ? [original] : [])];
  const uses = (await Promise.all(all.map(({ id }) => usesOfBackup(tx, id)))).flat().filter(({ id }) => id !== own);
  if (uses.length === 0 && backup.status !== 'running') return;
  const list = uses.map(({ id, kind }) => `${kind} ${id}`).join(', ');
  throw new HoldfastError('backup_in_use', `Operations that have not ended use it: ${list || 'its own snapshot'}.`);
};

const recordOn = async (
  control: Control,
  tx: Tx,
  actor: string,
  backup: BackupRow,
  kind: 'verify-backup' | 'copy-backup' | 'purge-backup',
  more: Readonly<Record<string, unknown>>,
  retryOf: string | undefined,
): Promise<OperationRow> => {
  const database = await findDatabase(tx, backup.database_id);
  if (!database) throw new Error(`Backup ${backup.id} has no database`);
  const parameters = { backupId: backup.id, ...more };
  return recordOperation(control, tx, {
    ...{ kind, database, actor, parameters, auditDetail: parameters },
    retryOf,
  });
};

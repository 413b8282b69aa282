import { sql } from 'kysely';
import type { BackupManifest } from '#contracts/backup-manifest.js';
import type { Db, Tx } from './connection.js';
import type { BackupRow, NewBackupRow } from './tables.js';

export const insertBackup = (tx: Tx, row: NewBackupRow): Promise<BackupRow> =>
  tx.insertInto('backups').values(row).returningAll().executeTakeFirstOrThrow();

export const findBackup = (db: Db | Tx, id: string): Promise<BackupRow | undefined> =>
  db.selectFrom('backups').selectAll().where('id', '=', id).executeTakeFirst();

/**
 * Holds off changes of the row until the transaction ends: what only one may decide at a time, such as that it goes. Its original is locked
 * first: what is decided of the one is decided of the other.
 */
export const lockBackup = async (
  tx: Tx,
  id: string,
  lock: 'share' | 'no key update',
): Promise<BackupRow | undefined> => {
  const original = (await findBackup(tx, id))?.copy_of ?? null;
  if (original !== null) await lockRow(tx, original, lock);
  return lockRow(tx, id, lock);
};

const lockRow = (tx: Tx, id: string, lock: 'share' | 'no key update'): Promise<BackupRow | undefined> => {
  const query = tx.selectFrom('backups').selectAll().where('id', '=', id);
  return (lock === 'share' ? query.forShare() : query.forNoKeyUpdate()).executeTakeFirst();
};

/** The one that an operation makes. */
export const backupOfOperation = (db: Db | Tx, operationId: string): Promise<BackupRow | undefined> =>
  db.selectFrom('backups').selectAll().where('operation_id', '=', operationId).executeTakeFirst();

/** Those that are there or on their way. */
export const copiesOf = (db: Db | Tx, id: string): Promise<BackupRow[]> =>
  db
    .selectFrom('backups')
    .selectAll()
    .where('copy_of', '=', id)
    .where('status', 'in', ['running', 'complete'])
    .orderBy('id')
    .execute();

/** What goes when it is purged, itself last: its complete copies, and those whose purge has begun. */
export const purgedWith = async (db: Db | Tx, backup: BackupRow): Promise<readonly BackupRow[]> => {
  const copies = db.selectFrom('backups').selectAll().where('copy_of', '=', backup.id).orderBy('id');
  const all = await copies.where('status', 'in', ['complete', 'failed']).execute();
  return [...all.filter((copy) => copy.status === 'complete' || isPurgeBegun(copy)), backup];
};

/** Only by the beginning of its purge has one failed that was complete once. */
const isPurgeBegun = ({ status, manifest_key: key }: BackupRow): boolean => status === 'failed' && key !== null;

/** From now on nobody relies on them, whatever becomes of their objects. */
export const beginPurge = async (tx: Tx, ids: readonly string[]): Promise<void> => {
  await tx
    .updateTable('backups')
    .set({ status: 'failed', error: 'Its purge has begun.', verification: 'unverified', verification_detail: null })
    .where('id', 'in', ids)
    .where('status', '=', 'complete')
    .execute();
};

/** Whoever holds what a purge of it would take, or its original: a hold on that is one on its copies. */
export const holderOf = async (db: Db | Tx, backup: BackupRow): Promise<BackupRow | undefined> => {
  const original = backup.copy_of === null ? undefined : await findBackup(db, backup.copy_of);
  const all = [backup, ...(await copiesOf(db, backup.id)), ...(original ? [original] : [])];
  return all.find(({ hold_reason: reason }) => reason !== null);
};

/** Whether one that is there or on its way, and none of these, has its objects in this place: a copy that failed and the one that was made in its stead have the same. */
export const isPlaceOfAnother = async (
  db: Db | Tx,
  { store, prefix }: Pick<BackupRow, 'store' | 'prefix'>,
  ids: readonly string[],
): Promise<boolean> => {
  const rows = db.selectFrom('backups').select('id').where('store', '=', store).where('prefix', '=', prefix);
  const live = rows.where('status', 'in', ['running', 'complete']).where('id', 'not in', ids);
  return (await live.limit(1).executeTakeFirst()) !== undefined;
};

/** The newest complete one of its database that was there before this one, and is no copy. */
export const backupBefore = (tx: Tx, { id, database_id }: BackupRow): Promise<BackupRow | undefined> =>
  tx
    .selectFrom('backups')
    .selectAll()
    .where('database_id', '=', database_id)
    .where('id', '<>', id)
    .where('status', '=', 'complete')
    .where('copy_of', 'is', null)
    .orderBy('snapshot_at', 'desc')
    .limit(1)
    .executeTakeFirst();

/** How many verifications of backups of a database have not ended. */
export const openVerifications = async (tx: Tx, databaseId: string): Promise<number> => {
  const { rows } = await sql<{ open: number }>`
    SELECT count(*)::integer AS open FROM operations JOIN operation_targets ON operation_id = operations.id
    WHERE database_id = ${databaseId} AND NOT finished AND kind = 'verify-backup'`.execute(tx);
  return rows[0]?.open ?? 0;
};

/** How many complete ones lie in each store. */
export const backupsInStores = (db: Db): Promise<{ store: string; backups: number }[]> =>
  db
    .selectFrom('backups')
    .select(['store', sql<number>`count(*)::integer`.as('backups')])
    .where('status', '=', 'complete')
    .groupBy('store')
    .orderBy('store')
    .execute();

export interface CompleteBackup {
  readonly manifest: BackupManifest;
  readonly manifestKey: string;
  readonly envelope: string;
  /** Null when the contents could not be read. */
  readonly keys: number | null;
}

/** Once: a second call changes nothing and returns false. */
export const completeBackup = async (tx: Tx, id: string, complete: CompleteBackup): Promise<boolean> => {
  const { manifest, manifestKey, envelope, keys } = complete;
  const { numUpdatedRows } = await tx
    .updateTable('backups')
    .set({
      status: 'complete',
      manifest: JSON.stringify(manifest),
      manifest_key: manifestKey,
      envelope,
      stored_bytes: String(manifest.object.storedBytes),
      keys: keys === null ? null : String(keys),
      snapshot_at: new Date(manifest.startedAt),
      completed_at: sql<Date>`now()`,
    })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
};

/** What an operation has not made will not be made by it any more. */
export const failBackupOf = async (tx: Tx, operationId: string, error: string): Promise<void> => {
  await tx
    .updateTable('backups')
    .set({ status: 'failed', error, completed_at: sql<Date>`now()` })
    .where('operation_id', '=', operationId)
    .where('status', '=', 'running')
    .execute();
};

export const updateBackup = async (tx: Tx, id: string, patch: Partial<NewBackupRow>): Promise<void> => {
  await tx.updateTable('backups').set(patch).where('id', '=', id).execute();
};

/** Operations that need the objects of a backup and have not ended. */
export const usesOfBackup = async (tx: Tx, id: string): Promise<readonly { id: string; kind: string }[]> => {
  const { rows } = await sql<{ id: string; kind: string }>`
    SELECT id, kind FROM operations WHERE status IN ('queued', 'running', 'waiting') AND parameters ->> 'backupId' = ${id}`.execute(
    tx,
  );
  return rows;
};

export interface OpenPurge {
  readonly id: string;
  readonly backup_id: string;
}

/** Purges of an original or of any of its copies that have not ended. */
export const purgesOfFamily = async (tx: Tx, { id, copy_of: copyOf }: BackupRow): Promise<readonly OpenPurge[]> => {
  const { rows } = await sql<OpenPurge>`
    SELECT operations.id, backups.id AS backup_id FROM backups JOIN operations ON parameters ->> 'backupId' = backups.id::text
    WHERE (backups.id = ${copyOf ?? id} OR copy_of = ${copyOf ?? id})
      AND operations.kind = 'purge-backup' AND operations.status IN ('queued', 'running', 'waiting')`.execute(tx);
  return rows;
};

/** Those of them that take it: of itself, or of its original. */
export const purgesOf = async (tx: Tx, backup: BackupRow): Promise<readonly OpenPurge[]> =>
  (await purgesOfFamily(tx, backup)).filter(({ backup_id: id }) => id === backup.id || id === backup.copy_of);

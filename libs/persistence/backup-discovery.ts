import type { BackupManifest } from '#contracts/backup-manifest.js';
import type { Db, Tx } from './connection.js';
import { findDatabase } from './databases.js';
import type { DatabaseRow } from './tables.js';

/** Whether a row names this backup, or a copy of it, in this store. */
export const knowsBackupIn = async (db: Db | Tx, store: string, backupId: string): Promise<boolean> => {
  const row = await db
    .selectFrom('backups')
    .select('id')
    .where('store', '=', store)
    .where((e) => e.or([e('id', '=', backupId), e('copy_of', '=', backupId)]))
    .executeTakeFirst();
  return row !== undefined;
};

/** A database that is no more, with what its backups say of it: their history needs one. The row that is there already is left alone. */
export const ensureFormerDatabase = async (
  tx: Tx,
  { database }: Pick<BackupManifest, 'database'>,
  environmentId: string,
  now: Date,
): Promise<DatabaseRow> => {
  const known = await findDatabase(tx, database.id);
  if (known) return known;
  return tx
    .insertInto('databases')
    .values({
      id: database.id,
      environment_id: environmentId,
      handle: database.handle,
      version: database.version,
      image: database.image,
      tls_protocols: [...database.tlsProtocols],
      persistence: database.persistence,
      memory_mb: database.memoryMb,
      disk_gb: database.diskGb,
      tls_only: database.tlsOnly,
      maxmemory_policy: database.maxmemoryPolicy,
      settings: JSON.stringify(database.settings ?? {}),
      deletion_protection: false,
      status: 'deprovisioned',
      address_index: 0,
      deprovisioned_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
};

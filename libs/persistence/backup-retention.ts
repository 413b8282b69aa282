import { sql } from 'kysely';
import type { BackupKind, Verification } from '#domain/backup/backup.js';
import type { Db, Tx } from './connection.js';

export interface RetentionRow {
  readonly id: string;
  readonly kind: BackupKind;
  readonly snapshot_at: Date;
  /** The best of it and of its complete copies: data that are good in one store are good. */
  readonly verification: Verification;
  readonly keys: number | null;
  /** It, or one of its copies. */
  readonly held: boolean;
}

/** Complete backups of a database that are no copies. */
export const retainableBackups = async (db: Db | Tx, databaseId: string): Promise<readonly RetentionRow[]> =>
  (
    await sql<RetentionRow>`
      SELECT id, kind, snapshot_at, keys::float8 AS keys,
        (SELECT one.verification FROM backups one
         WHERE one.id = backups.id OR (one.copy_of = backups.id AND one.status = 'complete')
         ORDER BY array_position(ARRAY['verified', 'unverified', 'unverifiable', 'failed'], one.verification) LIMIT 1) AS verification,
        hold_reason IS NOT NULL OR EXISTS (
          SELECT FROM backups copies WHERE copies.copy_of = backups.id AND copies.hold_reason IS NOT NULL AND copies.status <> 'purged') AS held
      FROM backups WHERE database_id = ${databaseId} AND status = 'complete' AND copy_of IS NULL AND snapshot_at IS NOT NULL
      ORDER BY id`.execute(db)
  ).rows;

/** Databases with an automatic backup that a policy may let go, in an environment or in all. */
export const databasesWithAutomaticBackups = async (
  db: Db | Tx,
  environmentId: string | null = null,
): Promise<readonly string[]> =>
  (
    await sql<{ database_id: string }>`
      SELECT DISTINCT database_id FROM backups
      WHERE status = 'complete' AND kind = 'automatic' AND copy_of IS NULL
        AND (${environmentId}::uuid IS NULL OR environment_id = ${environmentId}::uuid)
      ORDER BY database_id`.execute(db)
  ).rows.map((row) => row.database_id);

/** Backups whose purge has begun and did not come to its end, originals first: their purges take the copies along. */
export const purgesBegun = async (db: Db): Promise<readonly string[]> =>
  (
    await sql<{ id: string }>`
      SELECT id FROM backups WHERE status = 'failed' AND manifest_key IS NOT NULL ORDER BY copy_of NULLS FIRST, id`.execute(
      db,
    )
  ).rows.map((row) => row.id);

/** Whether a purge of it, or of its original, was asked for within a day: one that cannot work now is not asked for every hour. */
export const isPurgeTried = async (tx: Tx, id: string): Promise<boolean> =>
  (
    await sql`
      SELECT FROM operations JOIN backups ON parameters ->> 'backupId' IN (backups.id::text, backups.copy_of::text)
      WHERE backups.id = ${id} AND operations.kind = 'purge-backup' AND operations.created_at > now() - interval '1 day'
      LIMIT 1`.execute(tx)
  ).rows.length > 0;

/** Rows that say `running` of an operation that has ended: nobody makes them any more. Returns how many. */
export const failAbandonedBackups = async (db: Db): Promise<number> => {
  const { numAffectedRows } = await sql`
    UPDATE backups SET status = 'failed', error = 'Its operation ended without it.', completed_at = now() FROM operations
    WHERE operations.id = operation_id AND backups.status = 'running'
      AND operations.status IN ('succeeded', 'failed', 'cancelled')`.execute(db);
  return Number(numAffectedRows ?? 0n);
};

/** Of these prefixes those that backups of the store have, and whether one of those may still have objects there. */
export const namedPrefixes = async (
  db: Db,
  store: string,
  prefixes: readonly string[],
): Promise<ReadonlyMap<string, { readonly isLive: boolean }>> => {
  const { rows } = await sql<{ prefix: string; is_live: boolean }>`
    SELECT prefix, bool_or(status IN ('running', 'complete')) AS is_live FROM backups
    WHERE store = ${store} AND prefix = ANY(${[...prefixes]}::text[]) GROUP BY prefix`.execute(db);
  return new Map(rows.map((row) => [row.prefix, { isLive: row.is_live }]));
};

export const countCompleteBackups = async (db: Db): Promise<number> => {
  const { rows } = await sql<{ count: string }>`SELECT count(*) FROM backups WHERE status = 'complete'`.execute(db);
  return Number(rows[0]?.count ?? 0);
};

/** Verifications that have not ended, whoever asked for them: all wait for the same workers. */
export const countOpenVerifications = async (db: Db): Promise<number> => {
  const { rows } = await sql<{ count: string }>`
    SELECT count(*) FROM operations WHERE kind = 'verify-backup' AND status IN ('queued', 'running', 'waiting')`.execute(
    db,
  );
  return Number(rows[0]?.count ?? 0);
};

/** What the servers of other verifications that run take on the host: of those that began before this one, so that of two at once one goes on. */
export const verifyingMemoryMb = async (db: Db, operationId: string): Promise<number> => {
  const { rows } = await sql<{ total: string }>`
    SELECT coalesce(sum(memory_mb), 0) AS total FROM operations
    JOIN operations own ON own.id = ${operationId} AND (operations.started_at, operations.id) < (own.started_at, own.id)
    JOIN backups ON backups.id::text = operations.parameters ->> 'backupId'
    WHERE operations.kind = 'verify-backup' AND operations.status IN ('running', 'waiting')`.execute(db);
  return Number(rows[0]?.total ?? 0);
};

/**
 * Complete backups that were not checked since `before`, first those that nobody has tried to check for longest. Not those that an operation is
 * about, or that were tried within a day: ones that cannot be checked must not keep the others waiting, however many they are.
 */
export const backupsToVerify = async (
  db: Db | Tx,
  before: Date,
  limit: number,
  only: string | null = null,
): Promise<readonly string[]> =>
  (
    await sql<{ id: string }>`
      SELECT id FROM backups WHERE status = 'complete' AND (checked_at IS NULL OR checked_at < ${before})
        AND (${only}::uuid IS NULL OR id = ${only}::uuid)
        AND NOT EXISTS (SELECT FROM operations WHERE parameters ->> 'backupId' = backups.id::text
          AND (operations.status IN ('queued', 'running', 'waiting')
            OR (operations.kind = 'verify-backup' AND operations.created_at > now() - interval '1 day')))
      ORDER BY greatest(checked_at, (SELECT max(operations.created_at) FROM operations
          WHERE parameters ->> 'backupId' = backups.id::text AND operations.kind = 'verify-backup')) NULLS FIRST, id
      LIMIT ${limit}`.execute(db)
  ).rows.map((row) => row.id);

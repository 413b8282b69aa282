import { sql } from 'kysely';
import type { DatabaseHealth } from '#domain/database/status.js';
import type { Db, Tx } from './connection.js';
import type { CredentialRow, DatabaseRow, EnvironmentRow } from './tables.js';

/** Who hangs together with whom, of all databases that are ready. */
export const sweepIndex = (db: Db): Promise<{ id: string; source_id: string | null }[]> =>
  db.selectFrom('databases').select(['id', 'source_id']).where('status', '=', 'provisioned').orderBy('id').execute();

/** The same of one database: itself, those above it and those below them. */
export const treeIndex = async (db: Db | Tx, id: string): Promise<readonly string[]> => {
  const { rows } = await sql<{ id: string }>`
    WITH RECURSIVE above AS (
      SELECT id, source_id FROM databases WHERE id = ${id}
      UNION SELECT d.id, d.source_id FROM databases d JOIN above ON above.source_id = d.id
    ), tree AS (
      SELECT id FROM above UNION SELECT d.id FROM databases d JOIN tree ON d.source_id = tree.id
    ) SELECT id FROM tree`.execute(db);
  return rows.map((row) => row.id);
};

export const environmentsById = async (db: Db): Promise<ReadonlyMap<string, EnvironmentRow>> => {
  const rows = await db.selectFrom('environments').selectAll().execute();
  return new Map(rows.map((row) => [row.id, row]));
};

/** On the clock of Postgres: what is compared with the ends of operations. */
export const storeTime = async (db: Db): Promise<Date> => {
  const { rows } = await sql<{ now: Date }>`SELECT clock_timestamp() AS now`.execute(db);
  if (!rows[0]) throw new Error('Postgres has no time');
  return rows[0].now;
};

export interface SweepTarget {
  readonly database: DatabaseRow;
  /** An operation that may change it has it, waits for it, or ended with it after `since`; or left it in the middle of a swap. */
  readonly held: boolean;
  readonly followers: readonly { readonly id: string; readonly ready: boolean }[];
}

/** The databases of these ids that are ready. */
export const sweepTargets = async (db: Db, ids: readonly string[], since: Date): Promise<readonly SweepTarget[]> => {
  const { rows } = await sql<DatabaseRow & { held: boolean; followers: SweepTarget['followers'] }>`
    SELECT databases.*,
      (EXISTS (${heldSince(sql.ref('databases.id'), since)}) OR ${awaitsSuccessor}) AS held,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'ready', f.status = 'provisioned') ORDER BY f.id), '[]')
       FROM databases f WHERE f.source_id = databases.id AND f.status <> 'deprovisioned') AS followers
    FROM databases WHERE id = ANY(${[...ids]}::uuid[]) AND status = 'provisioned'`.execute(db);
  return rows.map(({ held, followers, ...database }) => ({ database, held, followers }));
};

/** An upgrade came to an end in the middle of its swap: only the upgrade, asked for again, knows which of two servers has it all. */
const awaitsSuccessor = sql`EXISTS (SELECT FROM incarnations WHERE database_id = databases.id AND state = 'successor')`;

/** Not by those that only read: a backup that waits for its store, or for this very server, must not keep it from being put right. */
const heldSince = (id: ReturnType<typeof sql.ref> | string, since: Date) => sql`
  SELECT FROM operation_targets target JOIN operations ON operations.id = target.operation_id
  WHERE target.database_id = ${id} AND target.exclusive AND (NOT target.finished OR operations.finished_at >= ${since})`;

/** All passwords of these databases, sealed, by database. */
export const credentialsOfAll = async (
  db: Db,
  ids: readonly string[],
): Promise<ReadonlyMap<string, CredentialRow[]>> => {
  const rows = await db
    .selectFrom('credentials')
    .selectAll()
    .where('database_id', '=', sql<string>`ANY(${[...ids]}::uuid[])`)
    .orderBy('username')
    .orderBy('ordinal')
    .execute();
  const byDatabase = new Map<string, CredentialRow[]>(ids.map((id) => [id, []]));
  for (const row of rows) byDatabase.get(row.database_id)?.push(row);
  return byDatabase;
};

/** Nobody else writes the row, or asks for a repair of it, until the transaction ends. */
export const lockForHealth = async (tx: Tx, id: string): Promise<void> => {
  await sql`SELECT FROM databases WHERE id = ${id} FOR NO KEY UPDATE`.execute(tx);
};

/**
 * Writes a health that was seen since `since`. False when the database is not any more as it was seen: then whatever changed it knows
 * better.
 */
export const writeSeenHealth = async (
  tx: Tx,
  { id, generation, role, source_id: sourceId }: DatabaseRow,
  since: Date,
  health: DatabaseHealth,
  reason: string | null,
): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    UPDATE databases SET health = ${health}, health_reason = ${reason}
    WHERE id = ${id} AND status = 'provisioned' AND generation = ${generation} AND role = ${role}
      AND source_id IS NOT DISTINCT FROM ${sourceId} AND NOT EXISTS (${heldSince(id, since)})`.execute(tx);
  return numAffectedRows === 1n;
};

/** Whether a repair of this database failed lately, or many were made: another one would not help either. */
export const repairsInVain = async (tx: Tx, databaseId: string): Promise<boolean> => {
  const { rows } = await sql<{ vain: boolean }>`
    SELECT count(*) FILTER (WHERE status <> 'succeeded' AND finished_at > now() - interval '5 minutes') > 0
        OR count(*) FILTER (WHERE finished_at > now() - interval '10 minutes') >= 3 AS vain
    FROM operations JOIN operation_targets ON operation_id = id
    WHERE database_id = ${databaseId} AND kind = 'repair' AND requested_by LIKE 'sweep:%'`.execute(tx);
  return rows[0]?.vain ?? false;
};

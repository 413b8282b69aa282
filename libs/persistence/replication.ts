import { sql } from 'kysely';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { Db, Tx } from './connection.js';
import { releaseDoors } from './doors.js';
import type { DatabaseRow } from './tables.js';

/** Databases that follow this one directly and are not deprovisioned, oldest first. */
export const followersOf = (db: Db | Tx, sourceId: string): Promise<DatabaseRow[]> =>
  db
    .selectFrom('databases')
    .selectAll()
    .where('source_id', '=', sourceId)
    .where('status', '<>', 'deprovisioned')
    .orderBy('id')
    .execute();

/** All that follow this one, over whomever, those furthest away first; of the same distance the oldest first. */
export const descendantsOf = async (db: Db | Tx, id: string): Promise<DatabaseRow[]> => {
  const { rows } = await sql<DatabaseRow & { depth: number }>`
    WITH RECURSIVE below AS (
      SELECT d.*, 1 AS depth FROM databases d WHERE d.source_id = ${id} AND d.status <> 'deprovisioned'
      UNION ALL
      SELECT d.*, below.depth + 1 FROM databases d JOIN below ON d.source_id = below.id WHERE d.status <> 'deprovisioned'
    ) SELECT * FROM below ORDER BY depth DESC, id`.execute(db);
  return rows.map(({ depth: _depth, ...row }) => row);
};

/** The database that a chain of sources ends at; the database itself when it follows nobody. */
export const primaryOf = async (db: Db | Tx, id: string): Promise<DatabaseRow> => {
  const { rows } = await sql<DatabaseRow>`
    WITH RECURSIVE chain AS (
      SELECT * FROM databases WHERE id = ${id}
      UNION SELECT source.* FROM databases source JOIN chain ON chain.source_id = source.id
    ) SELECT * FROM chain WHERE source_id IS NULL`.execute(db);
  if (!rows[0]) throw new Error(`Database ${id} has no primary`);
  return rows[0];
};

/** Whoever followed the old primary follows the new one, which follows nobody, and the tree's doors lead to it. */
export const recordPromotion = async (
  tx: Tx,
  { primaryId, formerId, former }: { primaryId: string; formerId: string; former: 'replica' | 'fenced' },
): Promise<void> => {
  await tx
    .updateTable('databases')
    .set({ source_id: primaryId })
    .where('source_id', '=', formerId)
    .where('id', '<>', primaryId)
    .where('status', '<>', 'deprovisioned')
    .execute();
  await tx.updateTable('databases').set({ role: 'primary', source_id: null }).where('id', '=', primaryId).execute();
  await tx
    .updateTable('databases')
    .set({ role: former, source_id: former === 'replica' ? primaryId : null })
    .where('id', '=', formerId)
    .execute();
  // An unlink that was asked for and never carried out has given it some of its own.
  await releaseDoors(tx, primaryId, 'primary');
  await tx
    .updateTable('doors')
    .set({ database_id: primaryId })
    .where('database_id', '=', formerId)
    .where('follows', '=', 'primary')
    .execute();
};

/** The database follows nobody any more. Those that follow it stay with it. */
export const recordUnlink = async (tx: Tx, id: string): Promise<void> => {
  await tx.updateTable('databases').set({ role: 'primary', source_id: null }).where('id', '=', id).execute();
};

/** An operation of this kind that has this database among its targets and has not ended. */
export const unfinishedOf = async (tx: Tx, kind: OperationKind, databaseId: string): Promise<string | undefined> =>
  (
    await tx
      .selectFrom('operations')
      .innerJoin('operation_targets', 'operation_targets.operation_id', 'operations.id')
      .select('operations.id')
      .where('operations.kind', '=', kind)
      .where('operation_targets.database_id', '=', databaseId)
      .where('operation_targets.finished', '=', false)
      .executeTakeFirst()
  )?.id;

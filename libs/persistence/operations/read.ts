import { sql } from 'kysely';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { Db, Tx } from '../connection.js';
import type { OperationReceipt } from '../operation-documents.js';
import type { OperationLogRow, OperationRow, OperationStepRow } from '../tables.js';

export const findOperation = (db: Db | Tx, id: string): Promise<OperationRow | undefined> =>
  db.selectFrom('operations').selectAll().where('id', '=', id).executeTakeFirst();

/** Locks the row until the transaction ends. */
export const lockOperation = (tx: Tx, id: string): Promise<OperationRow | undefined> =>
  tx.selectFrom('operations').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();

/** The subject of each operation before its other databases. */
export const targetsOf = async (
  db: Db | Tx,
  operationIds: readonly string[],
): Promise<{ operation_id: string; database_id: string }[]> =>
  operationIds.length === 0
    ? []
    : db
        .selectFrom('operation_targets')
        .select(['operation_id', 'database_id'])
        .where('operation_id', 'in', operationIds)
        .orderBy('ordinal')
        .execute();

export const stepsOf = async (db: Db, operationIds: readonly string[]): Promise<OperationStepRow[]> =>
  operationIds.length === 0
    ? []
    : db
        .selectFrom('operation_steps')
        .selectAll()
        .where('operation_id', 'in', operationIds)
        .orderBy('attempt')
        .orderBy('ordinal')
        .execute();

/** Of this upgrade and of all later ones of the database, the oldest first: one goes on with what another one has left. */
export const upgradeStepsSince = (db: Db, databaseId: string, operationId: string): Promise<OperationStepRow[]> =>
  db
    .selectFrom('operation_steps')
    .innerJoin('operations', 'operations.id', 'operation_steps.operation_id')
    .innerJoin('operation_targets', 'operation_targets.operation_id', 'operations.id')
    .selectAll('operation_steps')
    .where('operation_targets.database_id', '=', databaseId)
    .where('operation_targets.ordinal', '=', 0)
    .where('operations.kind', '=', 'upgrade')
    .where('operations.id', '>=', operationId)
    .orderBy('operations.id')
    .orderBy('operation_steps.attempt')
    .orderBy('operation_steps.ordinal')
    .execute();

/** Whether an operation of the kind, of any day, with this database as its subject has begun a step other than this one. */
export const hasBegunOtherStep = async (
  tx: Tx,
  kind: OperationKind,
  databaseId: string,
  name: string,
): Promise<boolean> => {
  const step = await tx
    .selectFrom('operation_steps')
    .innerJoin('operations', 'operations.id', 'operation_steps.operation_id')
    .innerJoin('operation_targets', 'operation_targets.operation_id', 'operations.id')
    .select('operation_steps.name')
    .where('operation_targets.database_id', '=', databaseId)
    .where('operation_targets.ordinal', '=', 0)
    .where('operations.kind', '=', kind)
    .where('operation_steps.name', '<>', name)
    .limit(1)
    .executeTakeFirst();
  return step !== undefined;
};

/** Log lines after a given one, oldest first. */
export const logOf = (db: Db, operationId: string, afterId: string, limit: number): Promise<OperationLogRow[]> =>
  db
    .selectFrom('operation_log')
    .selectAll()
    .where('operation_id', '=', operationId)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit)
    .execute();

/** Notes the wish; the worker that runs the operation sees it. */
export const requestCancel = async (tx: Tx, operationId: string, actor: string): Promise<void> => {
  await tx
    .updateTable('operations')
    .set({ cancel_requested_at: sql<Date>`coalesce(cancel_requested_at, now())`, cancel_requested_by: actor })
    .where('id', '=', operationId)
    .execute();
  await sql`SELECT pg_notify('holdfast_cancel', ${operationId})`.execute(tx);
};

/** Ends an operation that no worker has. Returns false when one has claimed it meanwhile. */
export const cancelUnclaimed = async (tx: Tx, operationId: string): Promise<boolean> => {
  const { numUpdatedRows } = await tx
    .updateTable('operations')
    .set({ status: 'cancelled', finished_at: sql<Date>`now()` })
    .where('id', '=', operationId)
    .where('status', 'in', ['queued', 'waiting'])
    .executeTakeFirst();
  return numUpdatedRows === 1n;
};

/** Part of what will be the receipt, known before the end. */
export const noteReceipt = async (tx: Tx, operationId: string, receipt: OperationReceipt): Promise<void> => {
  await tx
    .updateTable('operations')
    .set({ receipt: JSON.stringify(receipt) })
    .where('id', '=', operationId)
    .execute();
};

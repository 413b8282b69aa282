import { sql } from 'kysely';
import { operationKinds, type OperationKind } from '#domain/operation/kinds.js';
import type { Tx } from '../connection.js';
import type { OperationParameters } from '../operation-documents.js';
import type { OperationRow } from '../tables.js';

export interface NewOperation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly environmentId: string;
  /** The subject first; each only once. */
  readonly databaseIds: readonly string[];
  readonly parameters: OperationParameters;
  readonly requestedBy: string;
  readonly retryOf: string | null;
}

/** The operation, its targets and the wake-up that the queue owes it, in one statement. */
export const insertOperation = async (tx: Tx, operation: NewOperation): Promise<OperationRow> => {
  const { rows } = await sql<OperationRow>`
    WITH operation AS (
      INSERT INTO operations (id, kind, status, environment_id, parameters, requested_by, retry_of)
      VALUES (${operation.id}, ${operation.kind}, 'queued', ${operation.environmentId}, ${JSON.stringify(operation.parameters)}::jsonb,
        ${operation.requestedBy}, ${operation.retryOf})
      RETURNING *
    ), targets AS (
      INSERT INTO operation_targets (operation_id, database_id, ordinal, exclusive)
      SELECT ${operation.id}::uuid, id, place - 1, ${operationKinds[operation.kind].exclusive} FROM unnest(${operation.databaseIds}::uuid[]) WITH ORDINALITY AS target (id, place)
    ), owed AS (
      INSERT INTO outbox (operation_id) VALUES (${operation.id})
    )
    SELECT * FROM operation`.execute(tx);
  if (!rows[0]) throw new Error('An inserted operation was not returned');
  return rows[0];
};

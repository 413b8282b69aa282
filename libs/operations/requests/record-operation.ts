import type { OperationKind } from '#domain/operation/kinds.js';
import type { Tx } from '#persistence/connection.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { OperationParameters } from '#persistence/operation-documents.js';
import { insertOperation } from '#persistence/operations/request.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import { newId, type Control } from '../control.js';
import { auditEvent } from './audit.js';

export interface OperationToRecord {
  readonly kind: OperationKind;
  readonly database: Pick<DatabaseRow, 'id' | 'environment_id'>;
  /** Databases that it touches beside its subject, and so holds while it runs. */
  readonly others?: readonly string[];
  readonly actor: string;
  readonly parameters: OperationParameters;
  readonly retryOf?: string | undefined;
  readonly auditDetail?: Readonly<Record<string, unknown>>;
}

/** Operation, targets, outbox and history in the caller's transaction. Returns what was written. */
export const recordOperation = async (
  control: Control,
  tx: Tx,
  operation: OperationToRecord,
): Promise<OperationRow> => {
  const id = newId();
  const { kind, database, actor, parameters } = operation;
  const inserted = insertOperation(tx, {
    id,
    kind,
    environmentId: database.environment_id,
    databaseIds: [database.id, ...(operation.others ?? [])],
    parameters,
    requestedBy: actor,
    retryOf: operation.retryOf ?? null,
  });
  const subject = { environmentId: database.environment_id, databaseId: database.id, operationId: id };
  const detail = { ...operation.auditDetail, ...(operation.retryOf ? { retryOf: operation.retryOf } : {}) };
  const audited = appendAudit(tx, auditEvent(control.now(), actor, `${kind}.requested`, subject, detail));
  const [row] = await Promise.all([inserted, audited]);
  return row;
};

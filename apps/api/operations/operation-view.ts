import type { LogLine, Operation, Step } from '#contracts/http/operations.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Db, Tx } from '#persistence/connection.js';
import { viewOperation, type OperationView, type StepView } from '#persistence/pages/operations.js';
import type { OperationLogRow, OperationRow } from '#persistence/tables.js';
import { isUuid } from '../http/references.js';

export const operationPath = (id: string): string => `/v1/operations/${id}`;

/** Postgres writes times into JSON with its own offset and precision. */
const isoTime = (text: string): string => new Date(text).toISOString();

const toStep = (row: StepView): Step => ({
  name: row.name,
  status: row.status,
  startedAt: isoTime(row.started_at),
  finishedAt: row.finished_at === null ? null : isoTime(row.finished_at),
  attempt: row.attempt,
});

export const toOperation = (row: OperationView): Operation => ({
  id: row.id,
  type: row.kind,
  status: row.status,
  environment: row.environment_name,
  environmentId: row.environment_id,
  targets: row.databases.map((database) => database.id),
  databases: [...row.databases],
  parameters: row.parameters,
  steps: row.steps.map(toStep),
  attempt: row.attempt,
  error: row.error && { ...row.error, leftBehind: [...row.error.leftBehind] },
  receipt: row.receipt,
  requestedBy: row.requested_by,
  retryOf: row.retry_of,
  cancelRequestedAt: row.cancel_requested_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  finishedAt: row.finished_at?.toISOString() ?? null,
});

/** The view of an operation that was recorded just now, made without asking Postgres again. */
export const withTarget = (
  row: OperationRow,
  { id, handle, environment_name }: { id: string; handle: string; environment_name: string },
): OperationView => ({ ...row, environment_name, databases: [{ id, handle }], steps: [] });

export const toLogLine = (row: OperationLogRow): LogLine => ({
  id: row.id,
  at: row.at.toISOString(),
  level: row.level,
  message: row.message,
});

/** Errors: `operation_not_found`. */
export const showOperation = async (db: Db | Tx, id: string): Promise<Operation> => {
  const row = isUuid(id) ? await viewOperation(db, id) : undefined;
  if (!row) throw new HoldfastError('operation_not_found', `No operation has the id ${JSON.stringify(id)}.`);
  return toOperation(row);
};

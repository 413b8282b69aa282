import { promotionRequestSchema } from '#contracts/operation-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { mayBeCancelled, operationKinds, type OperationKind } from '#domain/operation/kinds.js';
import { isFinished } from '#domain/operation/state-machine.js';
import { appendAudit } from '#persistence/audit/append.js';
import { failBackupOf } from '#persistence/backups.js';
import type { Tx } from '#persistence/connection.js';
import { findDatabase, lockDatabase } from '#persistence/databases.js';
import { forgetOperationSecret } from '#persistence/operation-secrets.js';
import { cancelUnclaimed, lockOperation, requestCancel, stepsOf, targetsOf } from '#persistence/operations/read.js';
import { oweWakeUp, releaseTargets } from '#persistence/operations/transition.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { applyOutcome } from '../run/effects.js';
import { auditEvent } from './audit.js';
import { recordOperation } from './record-operation.js';
import { requestBackup } from './request-backup.js';
import { retryChange } from './retry-change.js';
import { kindOfBackup, retryOnBackup } from './retry-on-backup.js';
import { retryGoBack } from './request-go-back.js';
import { retryUpgrade } from './request-upgrade.js';
import { requireDeprovisionable, requireLiving } from './request-operation.js';
import { requireConfirmedThen } from './require-confirmation.js';
import { retryRotation } from './request-rotation.js';
import { requestPromote, requestUnlink, requireSource } from './request-replication.js';

/**
 * Asks for an operation to be cancelled. One that no worker has ever had ends at once; any other is rolled back by its worker, when it is
 * of a kind that can be and has not passed the point up to which it can. Errors: `operation_not_found`, `operation_finished`,
 * `operation_not_cancellable`.
 */
export const cancelOperation = async (control: Control, tx: Tx, actor: string, operationId: string): Promise<void> => {
  const operation = await requireOperation(tx, operationId);
  if (isFinished(operation.status)) {
    throw new HoldfastError('operation_finished', `The operation is ${operation.status}.`);
  }
  if (operation.attempt > 0) await requireCancellable(tx, operation);
  await requestCancel(tx, operationId, actor);
  const [target] = await targetsOf(tx, [operationId]);
  const databaseId = target?.database_id ?? null;
  const subject = { environmentId: operation.environment_id, databaseId, operationId };
  await appendAudit(tx, auditEvent(control.now(), actor, `${operation.kind}.cancel-requested`, subject));
  // What a worker has begun, a worker rolls back, at once even when the operation waits for a later time.
  if (operation.attempt > 0) return operation.status === 'running' ? undefined : oweWakeUp(tx, operationId, null);
  if (!(await cancelUnclaimed(tx, operationId))) return;
  if (databaseId !== null) await freeNeverProvisioned(tx, operation, databaseId);
  await failBackupOf(tx, operationId, 'It was cancelled.');
  await forgetOperationSecret(tx, operationId);
  await releaseTargets(tx, operationId);
  await appendAudit(tx, auditEvent(control.now(), actor, `${operation.kind}.cancelled`, subject));
};

const requireCancellable = async (tx: Tx, { id, kind }: OperationRow): Promise<void> => {
  const begun = (await stepsOf(tx, [id])).map(({ name }) => name);
  if (mayBeCancelled(kind, begun)) return;
  const where = mayBeCancelled(kind, []) ? `is at its step ${begun.at(-1) ?? ''}` : 'has begun';
  throw new HoldfastError('operation_not_cancellable', `The ${kind} ${id} ${where}, and goes on to its end.`);
};

/** Only a database that no worker has touched: the rollback of an earlier attempt may have left something that is still to be removed. */
const freeNeverProvisioned = async (tx: Tx, { kind }: OperationRow, databaseId: string): Promise<void> => {
  const database = await findDatabase(tx, databaseId);
  if (database?.status === 'pending') await applyOutcome(tx, kind, databaseId, 'cancel');
};

/**
 * A new operation that names the old one; what may have changed since is checked again.
 * Errors: `operation_not_found`, `operation_not_retryable`, and those of asking for the kind anew.
 */
export const retryOperation = async (
  control: Control,
  tx: Tx,
  actor: string,
  operationId: string,
): Promise<OperationRow> => {
  const operation = await requireOperation(tx, operationId);
  if (operation.status !== 'failed' && operation.status !== 'cancelled') {
    throw new HoldfastError('operation_not_retryable', `The operation is ${operation.status}.`);
  }
  const database = await requireTarget(tx, operation);
  if (database.status === 'deprovisioned' && operationKinds[operation.kind].exclusive) {
    throw isGone(operation.kind, database);
  }
  return askAgain(control, tx, actor, operation, database);
};

/** What was cancelled has removed the database that it was to make. */
const isGone = (kind: OperationKind, { handle }: DatabaseRow): HoldfastError => {
  const remedy = anew[kind];
  const detail = `The database "${handle}" is deprovisioned.`;
  return new HoldfastError('database_not_ready', detail, remedy === undefined ? {} : { remedy });
};

const anew: Partial<Record<OperationKind, string>> = {
  provision: 'Ask for a new database, under the same handle if you like.',
  replicate: 'Ask for a new replica, under the same handle if you like.',
  restore: 'Ask for a new restore of the backup, under the same handle if you like.',
  import: 'Ask for a new import, under the same handle if you like.',
};

/** Errors: those of asking for the kind. */
const askAgain = async (
  control: Control,
  tx: Tx,
  actor: string,
  { id: retryOf, kind, parameters, receipt }: OperationRow,
  database: DatabaseRow,
): Promise<OperationRow> => {
  const record = (others: readonly string[]) =>
    recordOperation(control, tx, { kind, database, actor, parameters, others, retryOf });
  const asBefore = async () => record((await targetsOf(tx, [retryOf])).slice(1).map((target) => target.database_id));
  if (isWritten(kind, database)) return asBefore();
  switch (kind) {
    case 'promote':
      return requestPromote(control, tx, actor, database, promotionIn(parameters), retryOf);
    case 'unlink':
      return requestUnlink(control, tx, actor, database, retryOf);
    case 'replicate':
      return record([await sourceToday(tx, database)]);
    case 'deprovision':
      return record(await letGoBy(tx, database));
    case 'upgrade':
      return retryUpgrade(control, tx, actor, database, { id: retryOf, parameters, receipt });
    case 'go-back':
      return retryGoBack(control, tx, actor, database, { id: retryOf, parameters });
    case 'rotate-credentials':
    case 'retire-credentials':
      return retryRotation(control, tx, actor, { id: retryOf, kind, parameters }, database);
    case 'provision':
    case 'discard':
    case 'restart':
    case 'reload':
    case 'repair':
    case 'rename':
    case 'renew-certificate':
      requireRepeatable({ id: retryOf, kind, parameters }, database);
      return asBefore();
    case 'configure':
    case 'resize':
      return retryChange(control, tx, actor, database, { id: retryOf, kind, parameters });
    case 'backup-snapshot':
      return (await requestBackup(control, tx, actor, database, kindOfBackup(parameters), retryOf)).operation;
    case 'import':
      throw urlIsGone(retryOf);
    case 'verify-backup':
    case 'copy-backup':
    case 'purge-backup':
    case 'restore':
      return retryOnBackup(control, tx, actor, { id: retryOf, kind, parameters }, asBefore);
  }
};

/** What failed after Postgres had the new role has to be finished, with the databases that it had. */
const isWritten = (kind: OperationKind, { role }: DatabaseRow): boolean =>
  (kind === 'promote' || kind === 'unlink') && role === 'primary';

/** Whoever lets a database in that is to be removed. Errors: those of `requireDeprovisionable`. */
const letGoBy = async (tx: Tx, database: DatabaseRow): Promise<readonly string[]> => {
  await requireDeprovisionable(tx, database);
  return database.source_id === null ? [] : [database.source_id];
};

const promotionIn = (parameters: OperationRow['parameters']) =>
  promotionRequestSchema.parse({ type: 'promote', ...parameters });

const urlIsGone = (id: string): HoldfastError =>
  new HoldfastError('import_not_retryable', `The operation ${id} has ended, and with it went the URL of its source.`);

/** Errors: `confirmation_required`, `certificate_key_gone`. */
const requireRepeatable = (
  { id, kind, parameters }: Pick<OperationRow, 'id' | 'kind' | 'parameters'>,
  database: DatabaseRow,
): void => {
  const restarts = kind === 'restart' || kind === 'reload';
  if (restarts && database.persistence === 'none') requireConfirmedThen({ id, parameters }, database);
  if (parameters['certificate'] !== 'own') return;
  throw new HoldfastError(
    'certificate_key_gone',
    `The operation ${id} has ended, and with it went the key that was sent.`,
  );
};

/** After a promotion it may be another one than it was. Errors: those of `requireSource`. */
const sourceToday = async (tx: Tx, database: DatabaseRow): Promise<string> => {
  const source = database.source_id === null ? undefined : await lockDatabase(tx, database.source_id, 'share');
  if (!source) throw new Error(`The replica ${database.id} has no source`);
  requireLiving(source);
  await requireSource(tx, source, database);
  return source.id;
};

const requireOperation = async (tx: Tx, id: string): Promise<OperationRow> => {
  const operation = await lockOperation(tx, id);
  if (!operation) throw new HoldfastError('operation_not_found', `No operation has the id ${id}.`);
  return operation;
};

/** What only one request at a time may ask for. */
const alone = new Set<OperationKind>(['deprovision', 'rotate-credentials', 'retire-credentials', 'upgrade', 'go-back']);

const requireTarget = async (tx: Tx, { id, kind }: OperationRow): Promise<DatabaseRow> => {
  const [target] = await targetsOf(tx, [id]);
  const lock = alone.has(kind) ? 'no key update' : 'share';
  const database = target && (await lockDatabase(tx, target.database_id, lock));
  if (!database) throw new Error(`Operation ${id} has no database`);
  return database;
};

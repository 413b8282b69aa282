import type { OperationRequest } from '#contracts/operation-requests.js';
import { memoryOnlyWarning } from '#domain/database/persistence.js';
import type { DatabaseStatus } from '#domain/database/status.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Tx } from '#persistence/connection.js';
import { replicasOf } from '#persistence/databases.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { recordOperation } from './record-operation.js';
import { requestRenewal } from './request-certificate.js';
import { requestGoBack } from './request-go-back.js';
import { requestConfigure } from './request-configure.js';
import { requestResize } from './request-resize.js';
import { memoryLossConfirmed, requireConfirmation } from './require-confirmation.js';
import { requestBackup } from './request-backup.js';
import { losesMemory, requestUpgrade } from './request-upgrade.js';
import { requestRetirement, requestRotation } from './request-rotation.js';
import { requestPromote, requestReplicate, requestUnlink } from './request-replication.js';

const living: readonly DatabaseStatus[] = ['pending', 'provisioning', 'provisioned'];
const removable: readonly DatabaseStatus[] = [...living, 'provision_failed', 'deprovision_failed'];

/**
 * Records an operation on a database, after everything that can be refused at once has been. Returns what was written.
 * Errors: `database_not_ready`, `confirmation_required`, `deletion_protected`, `database_has_replicas`, and those of request-replication.ts, request-backup.ts,
 * request-configure.ts, request-resize.ts, request-go-back.ts, request-certificate.ts and request-rotation.ts.
 */
export const requestOperation = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  request: OperationRequest,
): Promise<OperationRow> => {
  requireStatus(database, request.type === 'deprovision' ? removable : living);
  switch (request.type) {
    case 'restart':
    case 'reload':
      return requestRestart(control, tx, actor, database, request);
    case 'upgrade':
      if (losesMemory(database, request.method)) requireConfirmation(database, request.confirm, memoryOnlyWarning);
      return requestUpgrade(control, tx, actor, database, request);
    case 'go-back':
      return requestGoBack(control, tx, actor, database, request);
    case 'discard':
      requireConfirmation(database, request.confirm, 'Discarding removes the servers that upgrades have kept.');
      return recordOperation(control, tx, { kind: 'discard', database, actor, parameters: { all: true } });
    case 'repair':
      return recordOperation(control, tx, { kind: 'repair', database, actor, parameters: {} });
    case 'configure':
      return requestConfigure(control, tx, actor, database, request);
    case 'resize':
      return requestResize(control, tx, actor, database, request);
    case 'renew-certificate':
      return requestRenewal(control, tx, actor, database);
    case 'rotate-credentials':
      if (request.now) requireConfirmation(database, request.confirm, withdrawalWarning);
      return requestRotation(control, tx, actor, database, request);
    case 'retire-credentials':
      requireConfirmation(database, request.confirm, withdrawalWarning);
      return requestRetirement(control, tx, actor, database);
    case 'backup-snapshot':
      return (await requestBackup(control, tx, actor, database, 'manual')).operation;
    case 'replicate':
      return requestReplicate(control, tx, actor, database, request);
    case 'promote':
      return requestPromote(control, tx, actor, database, request);
    case 'unlink':
      requireConfirmation(database, request.confirm, 'Unlinking ends the replication for good.');
      return requestUnlink(control, tx, actor, database);
    case 'deprovision':
      return requestDeprovision(control, tx, actor, database, request);
  }
};

const requestRestart = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { type: kind, confirm }: Extract<OperationRequest, { type: 'restart' | 'reload' }>,
): Promise<OperationRow> => {
  const inMemory = database.persistence === 'none';
  if (inMemory) requireConfirmation(database, confirm, memoryOnlyWarning);
  const parameters = inMemory ? memoryLossConfirmed : {};
  return recordOperation(control, tx, { kind, database, actor, parameters });
};

const withdrawalWarning = 'Clients are dropped at once, and those that know only a former password cannot come back.';

const requestDeprovision = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { confirm, skipFinalBackup }: Extract<OperationRequest, { type: 'deprovision' }>,
): Promise<OperationRow> => {
  await requireDeprovisionable(tx, database);
  requireConfirmation(database, confirm, 'Deprovisioning removes the database and its data.');
  return recordOperation(control, tx, {
    ...{ kind: 'deprovision', database, actor },
    // Its source lets it in no more.
    others: database.source_id ? [database.source_id] : [],
    parameters: skipFinalBackup === undefined ? {} : { skipFinalBackup },
  });
};

/** Errors: `database_not_ready`. */
export const requireLiving = (database: DatabaseRow): void => requireStatus(database, living);

const requireStatus = ({ status, handle }: DatabaseRow, allowed: readonly DatabaseStatus[]): void => {
  if (allowed.includes(status)) return;
  throw new HoldfastError('database_not_ready', `The database "${handle}" is ${status}.`);
};

/** Errors: `deletion_protected`, `database_has_replicas`. */
export const requireDeprovisionable = async (tx: Tx, database: DatabaseRow): Promise<void> => {
  if (database.deletion_protection) {
    throw new HoldfastError('deletion_protected', `Deletion protection of "${database.handle}" is on.`);
  }
  const replicas = await replicasOf(tx, database.id);
  if (replicas.length === 0) return;
  const handles = replicas.map((replica) => replica.handle).join(', ');
  throw new HoldfastError('database_has_replicas', `These databases follow "${database.handle}": ${handles}.`);
};

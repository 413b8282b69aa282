import type { OperationRequest } from '#contracts/operation-requests.js';
import { compareVersions } from '#domain/catalogue/version.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { defaultMethod, upgradeTarget, type UpgradeMethod } from '#domain/upgrade/upgrade-target.js';
import type { Tx } from '#persistence/connection.js';
import { descendantsOf } from '#persistence/replication.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { lockForReplacement } from './lock-for-replacement.js';
import { recordOperation } from './record-operation.js';
import { ensureReplicationUser } from './request-replication.js';

type Request = Pick<Extract<OperationRequest, { type: 'upgrade' }>, 'version' | 'method'>;

/**
 * Records an upgrade of a database and of all that follow it. One operation holds the whole tree, so that nothing else can come between
 * the replicas and their source. Errors: those of `upgradeTarget`, `database_not_ready`, `replica_not_ready`, `upgrade_method_refused`.
 */
export const requestUpgrade = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { version, method = defaultMethod(database.role) }: Request,
  retryOf?: string,
): Promise<OperationRow> => {
  requireUpgradable(database, method);
  const entry = upgradeTarget(control.catalogue, database, version, control.now());
  await lockForReplacement(tx, database.id);
  const descendants = await descendantsOf(tx, database.id);
  requireReady(descendants);
  await ensureReplicationUser(control, tx, database.id);
  const replicas = descendants.filter((replica) => compareVersions(replica.version, entry.version) < 0);
  const { image, tlsProtocols } = entry;
  return recordOperation(control, tx, {
    ...{ kind: 'upgrade', database, actor },
    others: descendants.map(({ id }) => id),
    parameters: {
      ...{ version: entry.version, method, image, tlsProtocols, fromVersion: database.version },
      replicas: replicas.map(({ id }) => id),
    },
    auditDetail: {
      ...{ from: database.version, to: entry.version, method },
      replicas: replicas.map(({ handle }) => handle),
    },
    retryOf,
  });
};

const requireUpgradable = ({ role, status, handle }: DatabaseRow, method: UpgradeMethod): void => {
  if (status !== 'provisioned' || role === 'fenced') {
    throw new HoldfastError('database_not_ready', `"${handle}" is ${role === 'fenced' ? 'fenced' : status}.`);
  }
  if (method === 'swap' && role === 'replica') {
    throw new HoldfastError('upgrade_method_refused', `"${handle}" is a replica: it is replaced in place.`);
  }
};

const requireReady = (descendants: readonly DatabaseRow[]): void => {
  const unready = descendants.filter(({ status }) => status !== 'provisioned');
  if (unready.length === 0) return;
  const list = unready.map(({ handle, status }) => `"${handle}" is ${status}`).join(', ');
  throw new HoldfastError('replica_not_ready', `All that follow it are upgraded with it: ${list}.`);
};

/** Asks anew for what was recorded. Errors: those of `requestUpgrade`. */
export const retryUpgrade = (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { id, parameters }: Pick<OperationRow, 'id' | 'parameters'>,
): Promise<OperationRow> => {
  const method = parameters['method'] as UpgradeMethod;
  return requestUpgrade(control, tx, actor, database, { version: String(parameters['version']), method }, id);
};

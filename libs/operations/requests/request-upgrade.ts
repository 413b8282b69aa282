import type { OperationRequest } from '#contracts/operation-requests.js';
import { compareVersions } from '#domain/catalogue/version.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { defaultMethod, upgradeTarget, type UpgradeMethod } from '#domain/upgrade/upgrade-target.js';
import type { Tx } from '#persistence/connection.js';
import { lockDatabase } from '#persistence/databases.js';
import { noteReceipt, targetsOf } from '#persistence/operations/read.js';
import { descendantsOf, unfinishedOf } from '#persistence/replication.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { recordOperation } from './record-operation.js';
import { ensureReplicationUser } from './request-replication.js';
import { memoryLossConfirmed, requireConfirmedThen } from './require-confirmation.js';

type Request = Pick<Extract<OperationRequest, { type: 'upgrade' }>, 'version' | 'method'>;

/** The one that is asked for again. */
type Old = Pick<OperationRow, 'id' | 'parameters' | 'receipt'>;

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
  old?: Old,
): Promise<OperationRow> => {
  requireUpgradable(database, method);
  const entry = upgradeTarget(control.catalogue, database, version, control.now());
  // Whoever asks for a replica, or for another upgrade, at the same moment does not see this one.
  await lockDatabase(tx, database.id, 'no key update');
  await requireAlone(tx, database);
  const descendants = await descendantsOf(tx, database.id);
  requireReady(descendants);
  await ensureReplicationUser(control, tx, database.id);
  const begun = (old?.parameters['replicas'] ?? []) as readonly string[];
  const replicas = descendants.filter(({ id, version: today }) => {
    const order = compareVersions(today, entry.version);
    // Its record comes before its server: one that the old operation had begun with may run the former version still.
    return order < 0 || (order === 0 && begun.includes(id));
  });
  const { image, tlsProtocols } = entry;
  return recordOperation(control, tx, {
    ...{ kind: 'upgrade', database, actor },
    others: descendants.map(({ id }) => id),
    parameters: {
      ...{ version: entry.version, method, image, tlsProtocols, fromVersion: database.version },
      role: database.role,
      ...(losesMemory(database, method) ? memoryLossConfirmed : {}),
      replicas: replicas.map(({ id }) => id),
    },
    auditDetail: {
      ...{ from: database.version, to: entry.version, method },
      replicas: replicas.map(({ handle }) => handle),
    },
    ...(old === undefined ? {} : { retryOf: old.id }),
  });
};

/** Errors: `database_not_ready`. */
const requireAlone = async (tx: Tx, database: DatabaseRow): Promise<void> => {
  const running = await unfinishedOf(tx, 'upgrade', database.id);
  if (running) throw new HoldfastError('database_not_ready', `The operation ${running} upgrades it already.`);
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

/**
 * Asks anew for what was recorded; in the way that fits when it is a primary no more, or has become one. What failed after Postgres had the new
 * server has to be finished, with the databases that it had. Errors: those of `requestUpgrade`.
 */
export const retryUpgrade = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  old: Old,
): Promise<OperationRow> => {
  const { parameters } = old;
  const recorded = isRecorded(old, database);
  const asItWas = recorded || [database.role, undefined].includes(parameters['role'] as Role | undefined);
  const method = asItWas ? (parameters['method'] as UpgradeMethod) : defaultMethod(database.role);
  if (losesMemory(database, method)) requireConfirmedThen(old, database);
  if (recorded) return finishUpgrade(control, tx, actor, database, old);
  return requestUpgrade(control, tx, actor, database, { version: String(parameters['version']), method }, old);
};

type Role = DatabaseRow['role'];

/** A replica has its data from its source. */
export const losesMemory = ({ persistence, role }: DatabaseRow, method: UpgradeMethod | undefined): boolean =>
  method === 'in-place' && persistence === 'none' && role === 'primary';

/** Not any more when somebody has gone back since. */
const isRecorded = ({ parameters, receipt }: Old, { version }: DatabaseRow): boolean =>
  receipt?.['recordedAt'] !== undefined && version === parameters['version'];

/** The receipt goes on: since when the new version takes writes, and until when there is a way back. */
const finishUpgrade = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { id: retryOf, parameters, receipt }: Old,
): Promise<OperationRow> => {
  await requireAlone(tx, database);
  const others = (await targetsOf(tx, [retryOf])).slice(1).map((target) => target.database_id);
  const operation = await recordOperation(control, tx, {
    ...{ kind: 'upgrade', database, actor, parameters, others, retryOf },
  });
  await noteReceipt(tx, operation.id, receipt ?? {});
  return { ...operation, receipt };
};

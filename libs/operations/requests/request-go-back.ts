import type { OperationRequest } from '#contracts/operation-requests.js';
import { isDeprecated } from '#domain/catalogue/lifecycle.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { requireDatabasesOf, requireWayBack } from '#domain/upgrade/way-back.js';
import type { Tx } from '#persistence/connection.js';
import type { IncarnationRow } from '#persistence/incarnation-table.js';
import { incarnationsOf } from '#persistence/incarnations.js';
import { followersOf } from '#persistence/replication.js';
import { settingsEntryAt } from '#persistence/settings-history.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { lockForReplacement } from './lock-for-replacement.js';
import { recordOperation } from './record-operation.js';
import { settingsLeftOut } from '../upgrade/settings-left-out.js';
import { requireConfirmation } from './require-confirmation.js';

type Request = Pick<Extract<OperationRequest, { type: 'go-back' }>, 'skipSafetyBackup' | 'confirm'>;

/**
 * Records the way back to the server that served before. Errors: `database_not_ready`, `way_back_missing`, `way_back_blocked`,
 * `database_has_replicas`, `confirmation_required`.
 */
export const requestGoBack = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { skipSafetyBackup = false, confirm }: Request,
): Promise<OperationRow> => {
  const asked = await requireGoBack(control, tx, database);
  const { version, lostSince } = asked;
  const deprecated = isDeprecated(control.catalogue, version, control.now()) ? ', which is deprecated,' : '';
  const saved = skipSafetyBackup
    ? 'No backup of it is taken'
    : 'A backup of it is taken first, but for what is written until the servers change places';
  const lacking = settingsLeftOut(database, version);
  const leftOut = lacking.length === 0 ? '' : ` Settings that ${version} lacks are left out: ${lacking.join(', ')}.`;
  requireConfirmation(
    database,
    confirm,
    `Going back to version ${version}${deprecated} loses everything that was written since ${lostSince}. ${saved}.${leftOut}`,
  );
  return record(control, tx, actor, database, { ...asked, skipSafetyBackup });
};

interface Asked {
  readonly incarnation: number;
  readonly fromIncarnation: number;
  readonly version: string;
  readonly fromVersion: string;
  readonly lostSince: string;
}

/** Everything that can be refused at once. */
const requireGoBack = async (control: Control, tx: Tx, database: DatabaseRow): Promise<Asked> => {
  const { id, handle, status, version: fromVersion, incarnation: fromIncarnation } = database;
  if (status !== 'provisioned') throw new HoldfastError('database_not_ready', `"${handle}" is ${status}.`);
  await lockForReplacement(tx, id);
  const others = await incarnationsOf(tx, id);
  const kept = others.findLast(({ state }) => state === 'kept');
  const keptAt = requireWayBack(database, kept, control.now());
  if (!kept || others.some(({ state }) => state === 'successor')) throw unfinishedUpgrade(handle);
  await requireNoReplicas(tx, database);
  await requireDatabases(tx, database, kept);
  const { incarnation, version } = kept;
  return { incarnation, fromIncarnation, version, fromVersion, lostSince: keptAt.toISOString() };
};

const unfinishedUpgrade = (handle: string): HoldfastError =>
  new HoldfastError('database_not_ready', `An upgrade of "${handle}" has not come to its end; retry it first.`);

/** They are newer than the server that was kept: an older Redis cannot be followed by what has data of a newer one. Errors: `database_has_replicas`. */
export const requireNoReplicas = async (
  tx: Parameters<typeof followersOf>[0],
  database: DatabaseRow,
): Promise<void> => {
  const followers = await followersOf(tx, database.id);
  if (followers.length === 0) return;
  const { handle } = database;
  const handles = followers.map((follower) => follower.handle);
  throw new HoldfastError(
    'database_has_replicas',
    `These databases follow "${handle}" and have what would be lost: ${handles.join(', ')}.`,
    {
      remedy: `Remove each with \`holdfast db:deprovision\`, or keep what it has as a database of its own with \`holdfast db:unlink\`: ${handles.join(', ')}. Then \`holdfast db:upgrade ${handle} --back\`, and \`holdfast db:replicate ${handle} REPLICA\` for each.`,
    },
  );
};

/** By the history of its settings, which tells what its files are of. Errors: `way_back_blocked`. */
export const requireDatabases = async (
  tx: Parameters<typeof settingsEntryAt>[0],
  database: DatabaseRow,
  { version, kept_at: keptAt }: Pick<IncarnationRow, 'version' | 'kept_at'>,
): Promise<void> => {
  const then = keptAt && (await settingsEntryAt(tx, database.id, keptAt));
  if (then) requireDatabasesOf({ version, settings: then.settings }, database);
};

const record = (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  asked: Asked & { readonly skipSafetyBackup: boolean },
  retryOf?: string,
): Promise<OperationRow> => {
  const { version, fromVersion, lostSince, skipSafetyBackup } = asked;
  return recordOperation(control, tx, {
    ...{ kind: 'go-back', database, actor, parameters: { ...asked } },
    auditDetail: { from: fromVersion, to: version, lostSince, skipSafetyBackup },
    retryOf,
  });
};

/** What was confirmed is what is done: of other servers, or of another moment, it has to be asked anew. Errors: those of `requestGoBack`. */
export const retryGoBack = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { id, parameters }: Pick<OperationRow, 'id' | 'parameters'>,
): Promise<OperationRow> => {
  const before = parameters as unknown as Asked & { readonly skipSafetyBackup: boolean };
  // It takes writes already; what is left has to be finished.
  if (database.incarnation === before.incarnation) return record(control, tx, actor, database, before, id);
  const asked = await requireGoBack(control, tx, database);
  const same = (['incarnation', 'fromIncarnation', 'lostSince'] as const).every((name) => asked[name] === before[name]);
  if (!same)
    requireConfirmation(database, undefined, `It would lose everything that was written since ${asked.lostSince}.`);
  return record(control, tx, actor, database, { ...asked, skipSafetyBackup: before.skipSafetyBackup }, id);
};

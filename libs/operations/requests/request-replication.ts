import type { OperationRequest } from '#contracts/operation-requests.js';
import { compareVersions } from '#domain/catalogue/version.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { replicationUser, serverUsers } from '#domain/server/users.js';
import type { Tx } from '#persistence/connection.js';
import { credentialsOf, insertCredentials } from '#persistence/credentials.js';
import { lockDatabase } from '#persistence/databases.js';
import { doorsOf, takeDoors } from '#persistence/doors.js';
import { followersOf, primaryOf, unfinishedOf } from '#persistence/replication.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import { newId, type Control } from '../control.js';
import { generatePassword } from '../secrets/generate.js';
import { credentialContext } from '../secrets/secret-box.js';
import { doorsFor } from './create-database.js';
import { recordDatabase } from './record-database.js';
import { recordOperation } from './record-operation.js';

type Request<Type extends OperationRequest['type']> = Extract<OperationRequest, { type: Type }>;

/**
 * Records a database that will follow `source`.
 * Errors: `handle_taken`, `handle_still_answers`, `replica_too_small`, `database_not_ready`, `environment_full`, `ports_exhausted`.
 */
export const requestReplicate = async (
  control: Control,
  tx: Tx,
  actor: string,
  source: DatabaseRow,
  { handle, memoryMb = source.memory_mb, diskGb = source.disk_gb }: Request<'replicate'>,
): Promise<OperationRow> => {
  // A rotation that shows its new passwords now would not know of the replica that is about to get the old ones.
  await lockDatabase(tx, source.id, 'share');
  await requireSource(tx, source, { memory_mb: memoryMb, disk_gb: diskGb });
  const id = newId();
  const { version, image, tls_protocols, persistence, tls_only, maxmemory_policy } = source;
  const database = await recordDatabase(control, tx, actor, {
    ...{ id, handle, version, image, tls_protocols, persistence, tls_only, maxmemory_policy },
    settings: JSON.stringify(source.settings),
    environment_id: source.environment_id,
    memory_mb: memoryMb,
    disk_gb: diskGb,
    deletion_protection: false,
    role: 'replica',
    source_id: source.id,
  });
  await takeDoors(tx, control.ports, id, doorsFor(tls_only, ['database']));
  await copyCredentials(control, tx, source.id, id);
  const auditDetail = { handle, source: source.handle, version, persistence, memoryMb, diskGb };
  return recordOperation(control, tx, {
    ...{ kind: 'replicate', database, actor, parameters: {}, auditDetail },
    others: [source.id],
  });
};

/** Whether a database of this size can follow `source`. Errors: `database_not_ready`, `replica_too_small`. */
export const requireSource = async (
  tx: Tx,
  source: DatabaseRow,
  replica: Pick<DatabaseRow, 'memory_mb' | 'disk_gb'>,
): Promise<void> => {
  if (source.role === 'fenced') {
    throw new HoldfastError('database_not_ready', `The database "${source.handle}" is fenced.`);
  }
  const removal = await unfinishedOf(tx, 'deprovision', source.id);
  if (removal) {
    throw new HoldfastError('database_not_ready', `The operation ${removal} deprovisions "${source.handle}".`);
  }
  const upgrade = await unfinishedOf(tx, 'upgrade', source.id);
  if (upgrade) {
    throw new HoldfastError('database_not_ready', `The operation ${upgrade} upgrades "${source.handle}".`);
  }
  const wayBack = await unfinishedOf(tx, 'go-back', source.id);
  if (wayBack) {
    throw new HoldfastError('database_not_ready', `The operation ${wayBack} takes "${source.handle}" back.`);
  }
  if (replica.memory_mb >= source.memory_mb && replica.disk_gb >= source.disk_gb) return;
  const size = `${source.memory_mb} MB of memory and ${source.disk_gb} GB of disk`;
  throw new HoldfastError('replica_too_small', `"${source.handle}" has ${size}.`);
};

/** The tenant's passwords are the source's; Holdfast's own users have theirs. */
const copyCredentials = async (control: Control, tx: Tx, from: string, to: string): Promise<void> => {
  const seal = (username: string, password: string) => ({
    username,
    passwordSealed: control.secrets.seal(password, credentialContext(to, username)),
  });
  const tenant = (await credentialsOf(tx, from)).filter(({ username }) => username === serverUsers.tenant);
  await insertCredentials(tx, to, [
    ...tenant.map(({ username, ordinal, state, expires_at: expiresAt, password_sealed: sealed }) => ({
      ...seal(username, control.secrets.open(sealed, credentialContext(from, username))),
      ...{ ordinal, state, expiresAt },
    })),
    seal(serverUsers.manager, generatePassword()),
    seal(replicationUser(to), generatePassword()),
  ]);
};

/** Records the promotion of a replica. Errors: `not_a_replica`, `replica_not_ready`, `database_not_ready`. */
export const requestPromote = async (
  control: Control,
  tx: Tx,
  actor: string,
  replica: DatabaseRow,
  { mode, maxLostBytes }: Pick<Request<'promote'>, 'mode' | 'maxLostBytes'>,
  retryOf?: string,
): Promise<OperationRow> => {
  requireReplica(replica);
  if (replica.status !== 'provisioned') {
    throw new HoldfastError(
      'replica_not_ready',
      `"${replica.handle}" is ${replica.status}: its first copy is not whole.`,
    );
  }
  const primary = await primaryOf(tx, replica.id);
  requireReadable(replica, primary, mode);
  // Two requests at the same moment would not see each other.
  await lockDatabase(tx, primary.id, 'no key update');
  const running = await unfinishedOf(tx, 'promote', primary.id);
  if (running) throw new HoldfastError('database_not_ready', `The operation ${running} promotes another replica.`);
  await ensureReplicationUser(control, tx, primary.id);
  const siblings = (await followersOf(tx, primary.id)).filter(({ id }) => id !== replica.id);
  return recordOperation(control, tx, {
    ...{ kind: 'promote', database: replica, actor },
    others: [primary.id, ...siblings.map(({ id }) => id)],
    parameters: { mode, ...(maxLostBytes === undefined ? {} : { maxLostBytes }) },
    auditDetail: { mode, primary: primary.handle },
    retryOf,
  });
};

/** The former primary would have to follow a server whose data it cannot read. Errors: `replica_newer`. */
const requireReadable = (replica: DatabaseRow, primary: DatabaseRow, mode: string): void => {
  if (mode === 'force' || compareVersions(replica.version, primary.version) <= 0) return;
  throw new HoldfastError(
    'replica_newer',
    `"${replica.handle}" runs version ${replica.version}, "${primary.handle}" ${primary.version}, which could not follow it.`,
  );
};

/** A primary needs one of its own the first time that it, or its next server, follows somebody. */
export const ensureReplicationUser = async (control: Control, tx: Tx, databaseId: string): Promise<void> => {
  const username = replicationUser(databaseId);
  if ((await credentialsOf(tx, databaseId)).some((row) => row.username === username)) return;
  const passwordSealed = control.secrets.seal(generatePassword(), credentialContext(databaseId, username));
  await insertCredentials(tx, databaseId, [{ username, passwordSealed }]);
};

/** Records the end of a link. The replica gets `primary` doors of its own. Errors: `not_a_replica`, `ports_exhausted`. */
export const requestUnlink = async (
  control: Control,
  tx: Tx,
  actor: string,
  replica: DatabaseRow,
  retryOf?: string,
): Promise<OperationRow> => {
  const sourceId = requireReplica(replica);
  const doors = await doorsOf(tx, [replica.id]);
  if (!doors.some(({ follows }) => follows === 'primary')) {
    await takeDoors(tx, control.ports, replica.id, doorsFor(replica.tls_only, ['primary']));
  }
  return recordOperation(control, tx, {
    ...{ kind: 'unlink', database: replica, actor, parameters: {} },
    others: [sourceId],
    retryOf,
  });
};

const requireReplica = ({ role, source_id: sourceId, handle }: DatabaseRow): string => {
  if (role === 'replica' && sourceId !== null) return sourceId;
  throw new HoldfastError('not_a_replica', `"${handle}" is a ${role} database and follows nobody.`);
};

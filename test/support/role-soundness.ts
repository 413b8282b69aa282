import { serverPaths } from '#domain/server/names.js';
import { isReplicationUser, replicationUser } from '#domain/server/users.js';
import { serverView } from '#domain/replication/server-view.js';
import { aclUser } from '#domain/server/acl-line.js';
import type { RedisConnector, RedisNode } from '#engine/ports/redis-node.js';
import { configurationFile } from '#operations/server/files.js';
import { managerTarget } from '#operations/server/manager.js';
import { recordedRole } from '#operations/server/role.js';
import { serverOf } from '#operations/server/server.js';
import { findEnvironment } from '#persistence/environments.js';
import { findInstallation } from '#persistence/installation.js';
import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { Installation } from './installation.js';

/**
 * What the servers of replication trees must be once nothing runs any more: each in its recorded role, now and by its file, letting in its
 * followers and nobody else, and the doors of a tree at its primary.
 */
export const roleComplaints = async (installation: Installation, redis: RedisConnector): Promise<string[]> => {
  const { control } = installation;
  const rows = await control.db.selectFrom('databases').selectAll().where('status', '=', 'provisioned').execute();
  const found = await Promise.all(rows.map((row) => complaintsOf(installation, redis, row)));
  const strayed = await control.db
    .selectFrom('doors')
    .innerJoin('databases', 'databases.id', 'doors.database_id')
    .select(['doors.port', 'databases.handle'])
    .where('doors.follows', '=', 'primary')
    .where('databases.role', '<>', 'primary')
    .where('doors.database_id', 'is not', null)
    .execute();
  return [...found.flat(), ...strayed.map(({ port, handle }) => `primary door ${port} leads to "${handle}"`)];
};

const complaintsOf = async (
  { control, engine }: Installation,
  redis: RedisConnector,
  database: DatabaseRow,
): Promise<string[]> => {
  const signal = AbortSignal.timeout(20_000);
  const environment = await findEnvironment(control.db, { id: database.environment_id });
  const installation = await findInstallation(control.db);
  if (!environment || !installation) return ['the environment is missing'];
  const server = serverOf(control, database, environment);
  const role = await recordedRole(control, database, environment);
  const file = await engine.readFile(server.name, serverPaths.configuration, signal);
  const wrongFile = file?.toString('utf8') !== configurationFile(server, role).content;
  const complaints = wrongFile ? [`the file of "${database.handle}" is not that of a ${database.role}`] : [];
  const target = await managerTarget({ control, database, environment, installation });
  const node = await redis.connect(target, signal).catch(() => null);
  // A fenced server is stopped, or was started by somebody else.
  if (!node) return database.role === 'fenced' ? complaints : [...complaints, `"${database.handle}" does not answer`];
  const followers = (await followersOf(control.db, database.id)).map(({ id }) => replicationUser(id));
  const source = role.kind === 'replica' ? role.sourceAddress : role.kind === 'fenced' ? '127.0.0.1' : null;
  try {
    return [...complaints, ...(await askedComplaints(node, database, source, followers, signal))];
  } finally {
    node.close();
  }
};

const askedComplaints = async (
  node: RedisNode,
  { handle, role }: DatabaseRow,
  source: string | null,
  followers: readonly string[],
  signal: AbortSignal,
): Promise<string[]> => {
  const view = serverView(await node.info('replication', signal));
  const users = ((await node.command(['ACL', 'LIST'], signal)) as string[])
    .map((line) => aclUser(line).name)
    .filter(isReplicationUser);
  const letIn = role === 'fenced' || users.toSorted().join() === followers.toSorted().join();
  return [
    ...(view.sourceAddress === source ? [] : [`"${handle}" follows ${view.sourceAddress}, not ${source}`]),
    ...(letIn ? [] : [`"${handle}" lets in ${users.join(', ')}, not ${followers.join(', ')}`]),
  ];
};

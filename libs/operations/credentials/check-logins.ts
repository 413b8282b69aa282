import { serverPorts } from '#domain/server/names.js';
import { replicationUser, serverUsers } from '#domain/server/users.js';
import type { RedisTarget } from '#engine/ports/redis-node.js';
import { credentialsOf } from '#persistence/credentials.js';
import { followersOf } from '#persistence/replication.js';
import type { AttemptContext } from '../run/context.js';
import { trust } from '../server/manager.js';
import { credentialContext } from '../secrets/secret-box.js';
import { serverOf } from '../server/server.js';
import { reachOf } from '../server/reach.js';
import { onEachServer } from './tree.js';

/** Logs in with every new password at every server that runs: what does not work is never shown. Errors: `server_not_ready`. */
export const checkLogins = (context: AttemptContext): Promise<void> =>
  onEachServer(context, async (there) => {
    if ((await reachOf(there)) !== 'runs') return;
    const followers = await followersOf(there.control.db, there.database.id);
    await tryLogins(there, there.database.id, [serverUsers.tenant, serverUsers.manager]);
    for (const { id } of followers) await tryLogins(there, id, [replicationUser(id)]);
  });

/** The users that `databaseId` has passwords of, at the context's server. */
const tryLogins = async (context: AttemptContext, databaseId: string, usernames: readonly string[]): Promise<void> => {
  const { control, database, environment, engines, signal } = context;
  const server = serverOf(control, database, environment);
  const rows = (await credentialsOf(control.db, databaseId)).filter(({ state }) => state === 'coming');
  for (const { username, password_sealed: sealed } of rows.filter((row) => usernames.includes(row.username))) {
    const target: RedisTarget = {
      ...{ host: server.address, port: serverPorts.tls, username },
      password: control.secrets.open(sealed, credentialContext(databaseId, username)),
      tls: await trust(context, server),
    };
    const node = await engines.redis.connect(target, signal);
    await node.ping(signal).finally(() => node.close());
  }
};

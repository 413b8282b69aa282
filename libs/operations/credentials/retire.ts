import { serverUsers } from '#domain/server/users.js';
import { appendAudit } from '#persistence/audit/append.js';
import { endGrace, forgetComing, forgetExpired, lockTree } from '#persistence/credentials.js';
import { auditEvent } from '../requests/audit.js';
import { writeRecordedRole } from '../replication/role-file.js';
import { on, type AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { replicationLogin } from '../server/material.js';
import { reachOf } from '../server/reach.js';
import { enforceUsers } from './enforce-users.js';
import { onEachServer, readyTree } from './tree.js';

/** Followers log in at their sources with their current passwords from the next time on. A link that is up stays up. */
export const handOver = (context: AttemptContext): Promise<void> =>
  onEachServer(context, async (there) => {
    if (there.database.source_id === null) return;
    await writeRecordedRole(there);
    if ((await reachOf(there)) !== 'runs') return;
    const { password } = await replicationLogin(there.control, there.database.id);
    await asManager(there, (node) => node.command(['CONFIG', 'SET', 'masterauth', password], there.signal));
  });

const endsNow = ({ operation }: AttemptContext): boolean => operation.parameters['now'] === true;

/** Passwords that have had their time are no longer recorded. */
export const forget = (context: AttemptContext): Promise<void> =>
  context.write(async (tx) => {
    const { control, database, operation } = context;
    const at = control.now();
    const tree = await lockTree(tx, database.id);
    const ids = tree.map(({ id }) => id);
    if (endsNow(context)) await endGrace(tx, ids, at);
    const gone = await forgetExpired(tx, ids, at);
    for (const { id, environment_id: environmentId } of tree) {
      const users = gone.filter((row) => row.database_id === id).map(({ username }) => username);
      if (!users.includes(serverUsers.tenant)) continue;
      const subject = { environmentId, databaseId: id, operationId: operation.id };
      await appendAudit(tx, auditEvent(at, operation.requested_by, 'credentials.retired', subject));
    }
  });

/** No server takes them any more. Whoever asked for it at once wants nobody to go on who logged in with one of them. */
export const withdraw = (context: AttemptContext): Promise<void> =>
  onEachServer(context, async (there) => {
    await enforceUsers(there);
    if (!endsNow(there) || (await reachOf(there)) !== 'runs') return;
    await asManager(there, (node) => node.command(['CLIENT', 'KILL', 'USER', serverUsers.tenant], there.signal));
  });

/** Nobody was told of the new passwords: they are forgotten. Returns the servers that may still take them. */
export const takeBack = async (context: AttemptContext): Promise<readonly string[]> => {
  await context.write(async (tx) =>
    forgetComing(
      tx,
      (await lockTree(tx, context.database.id)).map(({ id }) => id),
    ),
  );
  const left: string[] = [];
  for (const database of await readyTree(context)) {
    await enforceUsers(on(context, database)).catch(() =>
      left.push(`on "${database.handle}", until it is repaired: a password that was never shown`),
    );
  }
  return left;
};

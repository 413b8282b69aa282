import { managerPasswords, passwordHash, serverUsers } from '#domain/server/users.js';
import { serverPaths } from '#domain/server/names.js';
import { followersOf } from '#persistence/replication.js';
import { syncReplicationUsers } from '../replication/users.js';
import type { AttemptContext } from '../run/context.js';
import { reachOf } from '../server/reach.js';
import { usersFile } from '../server/files.js';
import { asManager } from '../server/manager.js';
import { followerLogins, openPasswords } from '../server/material.js';
import { serverOf } from '../server/server.js';

/**
 * The context's server takes the passwords that are recorded, and no others, of Holdfast's users; at once and after each start. Whoever is
 * logged in stays: Redis drops nobody for it. Errors: `server_not_ready`, and those of the engine.
 */
export const enforceUsers = async (context: AttemptContext): Promise<void> => {
  const { control, database } = context;
  const reach = await reachOf(context);
  if (reach === 'gone') return;
  const followers = await followersOf(control.db, database.id);
  if (reach === 'stopped') return writeUsers(context, followers);
  const passwords = await openPasswords(control, database.id);
  await asManager(context, async (node) => {
    const set = (name: string, all: readonly string[]): Promise<unknown> =>
      node.command(['ACL', 'SETUSER', name, 'resetpass', ...all.map(passwordHash)], context.signal);
    await set(serverUsers.tenant, passwords.tenant);
    await set(serverUsers.manager, managerPasswords(passwords));
    await node.command(['ACL', 'SAVE'], context.signal);
  });
  await syncReplicationUsers(context, followers);
};

const writeUsers = async (context: AttemptContext, followers: readonly { readonly id: string }[]): Promise<void> => {
  const { control, engines, database, environment, signal } = context;
  const server = serverOf(control, database, environment);
  const existing = await engines.containers.readFile(server.name, serverPaths.users, signal);
  const file = usersFile(server, {
    passwords: await openPasswords(control, database.id),
    followers: await followerLogins(control, followers),
    existingUsers: existing?.toString('utf8') ?? null,
  });
  await engines.containers.writeFiles(server.name, serverPaths.root, [file], signal);
};

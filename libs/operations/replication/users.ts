import { isOwnUser, isReplicationUser, replicationUser, replicationUserRules } from '#domain/server/users.js';
import { aclUser } from '#domain/server/acl-line.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { followerLogins } from '../server/material.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';

/**
 * The replication users of the context's server are those of its followers and none besides, at run time and in its file.
 * `followers` may name databases that are about to follow. Errors: `server_not_ready`.
 */
export const syncReplicationUsers = async (
  context: AttemptContext,
  followers: readonly { readonly id: string }[],
): Promise<void> => {
  const logins = await followerLogins(context.control, followers);
  await asManager(context, async (node) => {
    const wanted = new Set(followers.map(({ id }) => replicationUser(id)));
    const surplus = (await aclUsers(node, context.signal)).filter(
      ({ name }) => isReplicationUser(name) && !wanted.has(name),
    );
    for (const login of logins) {
      const rules = replicationUserRules(context.database.version, login);
      await node.command(['ACL', 'SETUSER', login.username, ...rules], context.signal);
    }
    if (surplus.length > 0) await node.command(['ACL', 'DELUSER', ...surplus.map(({ name }) => name)], context.signal);
    if (surplus.length + logins.length > 0) await node.command(['ACL', 'SAVE'], context.signal);
  });
};

/** The users that a tenant made on `from` are on the context's server as well: an application logs in there with them after a promotion. */
export const copyTenantUsers = async (context: AttemptContext, from: AttemptContext): Promise<void> => {
  const users = await asManager(from, (node) => aclUsers(node, from.signal));
  const own = users.filter(({ name }) => !isOwnUser(name));
  if (own.length === 0) return;
  await asManager(context, async (node) => {
    for (const { name, rules } of own) {
      await node.command(['ACL', 'SETUSER', name, 'reset', ...rules], context.signal);
    }
    await node.command(['ACL', 'SAVE'], context.signal);
  });
};

const aclUsers = async (node: RedisNode, signal: AbortSignal) =>
  ((await node.command(['ACL', 'LIST'], signal)) as string[]).map(aclUser);

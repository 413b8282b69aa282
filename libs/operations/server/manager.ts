import { serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import type { RedisNode, RedisTarget } from '#engine/ports/redis-node.js';
import type { AttemptContext } from '../run/context.js';
import { openPasswords } from './material.js';
import { serverOf, type Server } from './server.js';

/** By the container's name, the one of the certificate's names that is a host name whatever the handle is: no client verifies `two..dots`. */
export const trust = (
  { installation }: Pick<AttemptContext, 'installation'>,
  server: Server,
): NonNullable<RedisTarget['tls']> => ({
  caPem: installation.ca_certificate_pem,
  serverName: server.name,
});

type Surroundings = Pick<AttemptContext, 'control' | 'database' | 'environment' | 'installation'>;

/** The server of the context's database as Holdfast's own user reaches it: over TLS, verified. */
export const managerTarget = async (context: Surroundings): Promise<RedisTarget> => {
  const server = serverOf(context.control, context.database, context.environment);
  return {
    host: server.address,
    port: serverPorts.tls,
    username: serverUsers.manager,
    password: (await openPasswords(context.control, context.database.id)).manager,
    tls: trust(context, server),
  };
};

export const connectManager = async (context: AttemptContext, signal: AbortSignal): Promise<RedisNode> =>
  context.engines.redis.connect(await managerTarget(context), signal);

/** Errors: `server_not_ready` when the server cannot be reached, and those of the work. */
export const asManager = async <T>(
  context: AttemptContext,
  work: (node: RedisNode) => Promise<T>,
  signal: AbortSignal = context.signal,
): Promise<T> => {
  const node = await connectManager(context, signal);
  try {
    return await work(node);
  } finally {
    node.close();
  }
};

import { serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import type { RedisNode, RedisTarget, ServerTrust } from '#engine/ports/redis-node.js';
import { ownCertificatesOf } from '#persistence/own-certificates.js';
import type { AttemptContext } from '../run/context.js';
import { openPasswords } from './material.js';
import { pinnedBy } from './own-certificate.js';
import { serverOf, type Server } from './server.js';

/**
 * By the container's name, the one of the certificate's names that is a host name whatever the handle is: no client verifies `two..dots`. A
 * certificate that an operator has brought has no such name and is known by itself (docs/adr/0015). The one place that says whom to believe.
 */
export const trust = async (
  { control, installation }: Pick<AttemptContext, 'control' | 'installation'>,
  server: Server,
): Promise<ServerTrust> => {
  const pinned = pinnedBy(await ownCertificatesOf(control.db, [server.owner.subject]));
  return { caPem: installation.ca_certificate_pem, serverName: server.name, ...(pinned && { pinned }) };
};

type Surroundings = Pick<AttemptContext, 'control' | 'database' | 'environment' | 'installation'>;

/** The server of the context's database as Holdfast's own user reaches it: over TLS, verified. */
export const managerTarget = async (context: Surroundings): Promise<RedisTarget> => {
  const server = serverOf(context.control, context.database, context.environment);
  return {
    host: server.address,
    port: serverPorts.tls,
    username: serverUsers.manager,
    password: (await openPasswords(context.control, context.database.id)).manager,
    tls: await trust(context, server),
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

import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import type { RedisTarget } from '../ports/redis-node.js';

/** The chain and the name are verified, unless `verify` is false: nobody says that of a server of ours. */
export const tlsOptions = ({
  caPem,
  serverName,
  verify = true,
}: NonNullable<RedisTarget['tls']> & { readonly verify?: boolean }): ConnectionOptions => ({
  ca: caPem,
  rejectUnauthorized: verify,
  // The name to be verified is the one that was asked for, which need not be the one that was dialled.
  checkServerIdentity: (_dialled, certificate) => checkServerIdentity(serverName, certificate),
  // TLS knows no server names that are addresses.
  ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
});

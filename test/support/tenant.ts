import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { Redis, type RedisOptions } from 'ioredis';
import { eventually } from './eventually.js';
import type { LiveDatabase } from './live.js';

/** Of one connection of a Redis client: everything that a test may want to say differently. */
export interface ClientOptions {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** With it the client speaks TLS, trusts this authority and verifies a name. */
  readonly authorityPem?: string | undefined;
  /** The database's handle when missing. */
  readonly serverName?: string | undefined;
  /** Dials this port in place of the database's own door. */
  readonly port?: number | undefined;
}

/** One attempt, no reconnection, and errors that reach the caller. RESP2, so that any server and any user can be asked. */
const oneAttempt: RedisOptions & { replyMapping: 'legacy' } = {
  lazyConnect: true,
  retryStrategy: null,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  disableClientInfo: true,
  protocol: 2,
  replyMapping: 'legacy',
  connectTimeout: 5_000,
};

export const doorOf = (
  { doors, handle }: Pick<LiveDatabase, 'doors' | 'handle'>,
  type: 'redis' | 'redis+ssl',
  follows: 'database' | 'primary' = 'database',
): LiveDatabase['doors'][number] => {
  const door = doors.find((candidate) => candidate.type === type && candidate.follows === follows);
  if (!door) throw new Error(`"${handle}" has no ${type} door`);
  return door;
};

/** A connection that has not logged in. The caller closes it. */
export const dial = async (database: LiveDatabase, options: ClientOptions = {}): Promise<Redis> => {
  const door = doorOf(database, options.authorityPem === undefined ? 'redis' : 'redis+ssl');
  const client = new Redis({
    ...oneAttempt,
    host: door.host,
    port: options.port ?? door.port,
    ...(options.authorityPem === undefined
      ? {}
      : { tls: tlsOf(options.authorityPem, options.serverName ?? database.handle) }),
  });
  // Tells of the broken connection; the command that met it fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

const tlsOf = (authorityPem: string, serverName: string): NonNullable<RedisOptions['tls']> => ({
  ca: authorityPem,
  // TLS knows no server names that are addresses.
  ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
  checkServerIdentity: (_dialled, certificate) => checkServerIdentity(serverName, certificate),
});

/** Logs in, with the issued credentials unless told otherwise, runs the work and closes. */
export const asTenant = async <Result>(
  database: LiveDatabase,
  work: (client: Redis) => Promise<Result>,
  options: ClientOptions = {},
): Promise<Result> => {
  const client = await dial(database, options);
  try {
    await client.call('AUTH', options.username ?? database.username, options.password ?? database.password);
    return await work(client);
  } finally {
    client.disconnect();
  }
};

/** Waits until the server takes commands again, as after a crash. */
export const whenBack = <Result>(
  database: LiveDatabase,
  work: (client: Redis) => Promise<Result>,
  options: ClientOptions = {},
): Promise<Result> => eventually(() => asTenant(database, work, options), { withinMs: 30_000 });

/** `CONFIG GET` for some settings, as a record. */
export const settingsOf = async (client: Redis, ...names: readonly string[]): Promise<Record<string, string>> => {
  const found: Record<string, string> = {};
  for (const name of names) {
    const [key, value] = (await client.call('CONFIG', 'GET', name)) as [string, string];
    found[key] = value;
  }
  return found;
};

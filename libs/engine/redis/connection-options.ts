import type { RedisOptions } from 'ioredis';
import type { RedisTarget } from '../ports/redis-node.js';
import { tlsOptions } from './tls-options.js';

/**
 * One attempt, no reconnection, nothing sent that was not asked for. The login is not ioredis' own: it answers
 * some refusals with a line on the console and goes on without a login.
 */
export const connectionOptions = (target: RedisTarget): RedisOptions & { replyMapping: 'legacy' } => ({
  host: target.host,
  port: target.port,
  lazyConnect: true,
  retryStrategy: null,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  disableClientInfo: true,
  // RESP2: a RESP3 connection begins with a HELLO, which a server that asks for a login refuses.
  protocol: 2,
  replyMapping: 'legacy',
  // The caller's deadline is the only one.
  connectTimeout: 0,
  ...(target.tls === null ? {} : { tls: tlsOptions(target.tls) }),
});

import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { promisedSettings } from '#domain/server/redis-configuration.js';
import { openGate } from '#domain/server/server-role.js';
import type { RedisNode, RedisTarget } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import type { AttemptContext } from '../run/context.js';
import { managerTarget } from './manager.js';
import type { Server } from './server.js';
import { endOf, type ServerEnded } from './server-ended.js';
import { verifyDoors } from './verify-doors.js';

/** A server with much data may load for minutes; one that keeps crashing shows it at once. */
const usualPatience = { deadlineMs: 240_000, intervalMs: 10 };
const crashCheckMs = 1000;

/**
 * Waits until the server answers over TLS, then looks whether it runs with the settings asked for and can be reached through
 * each of its doors. Errors: `server_not_ready`, `server_settings_differ`.
 */
export const awaitReady = async (context: AttemptContext, server: Server): Promise<void> => {
  const node = await awaitAnswer(context, server);
  try {
    await Promise.all([requirePromisedSettings(context, server, node), verifyDoors(context, server)]);
    if (context.database.role === 'primary') await open(node, context.signal);
  } finally {
    node.close();
  }
};

/**
 * Waits until the server has loaded its data and answers over TLS. The caller closes the connection. Errors: `server_not_ready`, as `ServerEnded`
 * when it has ended.
 */
export const awaitAnswer = async (
  context: AttemptContext,
  server: Server,
  { deadlineMs, intervalMs } = usualPatience,
): Promise<RedisNode> => {
  const target = await managerTarget(context);
  const findCrash = crashWatch(context, server);
  const node = await waitUntil(
    async (signal) => {
      try {
        return await answering(context, target, signal);
      } catch (error) {
        const crash = await findCrash(signal);
        if (crash) return crash;
        throw error;
      }
    },
    { describe: `the server of "${context.database.handle}"`, deadlineMs, intervalMs },
    context.signal,
  );
  if (node instanceof HoldfastError) throw node;
  return node;
};

/** Opens the gate of a server that is known to be the primary (server-role.ts). */
export const open = async (node: RedisNode, signal: AbortSignal): Promise<void> => {
  for (const [name, value] of Object.entries(openGate)) await node.command(['CONFIG', 'SET', name, value], signal);
};

const answering = async (context: AttemptContext, target: RedisTarget, signal: AbortSignal): Promise<RedisNode> => {
  const node = await context.engines.redis.connect(target, signal);
  try {
    await node.ping(signal);
    return node;
  } catch (error) {
    node.close();
    throw error;
  }
};

/** Looks once a second whether the container still runs: a server that crashed is not waited for. */
const crashWatch = (
  context: AttemptContext,
  server: Server,
): ((signal: AbortSignal) => Promise<ServerEnded | undefined>) => {
  let lastLookMs = performance.now();
  return async (signal) => {
    if (performance.now() - lastLookMs < crashCheckMs) return undefined;
    lastLookMs = performance.now();
    return endOf(context, server, signal);
  };
};

const requirePromisedSettings = async (context: AttemptContext, server: Server, node: RedisNode): Promise<void> => {
  const promised = promisedSettings(server.shape);
  const found = await node.configGet(Object.keys(promised), context.signal);
  const different = Object.entries(promised).filter(([name, value]) => found[name] !== value);
  if (different.length === 0) return;
  const list = different.map(([name, value]) => `${name} is "${found[name] ?? 'missing'}", not "${value}"`).join('; ');
  throw new HoldfastError('server_settings_differ', list);
};

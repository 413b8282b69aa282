import { cpuShares, maxmemoryBytes, memoryLimitBytes } from '#domain/database/size.js';
import { HoldfastError, isHoldfastError } from '#domain/errors/holdfast-error.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { serverOf } from '../server/server.js';

const megabytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MB`;

/** What the server holds and has taken from the host. */
const memoryOf = async (node: RedisNode, signal: AbortSignal) => {
  const [memory, persistence] = [await node.info('memory', signal), await node.info('persistence', signal)];
  return {
    used: Number(memory['used_memory'] ?? 0),
    resident: Number(memory['used_memory_rss'] ?? 0),
    hasChild: persistence['rdb_bgsave_in_progress'] === '1' || persistence['aof_rewrite_in_progress'] === '1',
  };
};

/** The context's database is the one that is to be. Errors: `memory_in_use` with the figures. */
export const requireFit = async (context: AttemptContext): Promise<void> => {
  const { memory_mb: memoryMb, persistence } = context.database;
  const { used } = await asManager(context, (node) => memoryOf(node, context.signal));
  const maximum = maxmemoryBytes(memoryMb, persistence);
  if (used <= maximum) return;
  throw new HoldfastError(
    'memory_in_use',
    `The server uses ${megabytes(used)}; with ${String(memoryMb)} MB and the mode ${persistence} it may use ${megabytes(maximum)}.`,
  );
};

const fitMs = 45_000;
/** Share of the limit that the server's own memory may have when the limit comes: the kernel's and a forked child's are beside it. */
const residentShare = 0.9;

/**
 * Waits until the container can have its smaller limit: the allocator gives back what deleted data have left, and a child that saves has ended. A
 * limit below what the processes hold would end them. Errors: `memory_in_use`.
 */
export const awaitFit = async (context: AttemptContext): Promise<void> => {
  const { memory_mb: memoryMb, persistence } = context.database;
  const [maximum, limit] = [maxmemoryBytes(memoryMb, persistence), memoryLimitBytes(memoryMb)];
  let told = '';
  const fits = async (node: RedisNode, signal: AbortSignal): Promise<true | undefined> => {
    const { used, resident, hasChild } = await memoryOf(node, signal);
    told = `The server uses ${megabytes(used)} and holds ${megabytes(resident)}; the limit is to be ${megabytes(limit)}.`;
    if (!hasChild && used <= maximum && resident <= limit * residentShare) return true;
    await node.command(['MEMORY', 'PURGE'], signal);
    return undefined;
  };
  try {
    await asManager(context, (node) =>
      waitUntil(
        (signal) => fits(node, signal),
        { describe: 'room', deadlineMs: fitMs, intervalMs: 100 },
        context.signal,
      ),
    );
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isHoldfastError(error, 'server_not_ready') || told === '') throw error;
    throw new HoldfastError('memory_in_use', told, { cause: error });
  }
};

/** Memory limit and CPU weight of the container, from one moment to the next. */
export const setLimit = async (context: AttemptContext): Promise<void> => {
  const { engines, control, database, environment, signal } = context;
  const { memory_mb: memoryMb } = database;
  const resources = { memoryBytes: memoryLimitBytes(memoryMb), cpuShares: cpuShares(memoryMb) };
  const { name } = serverOf(control, database, environment);
  if (await engines.containers.updateResources(name, resources, signal)) return;
  throw new HoldfastError('server_not_ready', 'The container was removed while the operation ran.');
};

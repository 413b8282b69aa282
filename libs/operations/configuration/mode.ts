import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { PersistenceMode } from '#domain/database/persistence.js';
import { serverPaths } from '#domain/server/names.js';
import { abandonedAppendOnly, emptyDataFile } from '#domain/server/restored-data.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { faultPoints } from '#observability/fault-points.js';
import type { AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';
import { serverOf } from '../server/server.js';

/** Writing all data of a large server takes its time; the attempt's own deadline comes first. */
const writtenMs = 3_000_000;
const lookEveryMs = 25;

type Info = Readonly<Record<string, string>>;

const persistenceOf = (node: RedisNode, signal: AbortSignal): Promise<Info> => node.info('persistence', signal);

const hasChild = (info: Info): boolean =>
  ['rdb_bgsave_in_progress', 'aof_rewrite_in_progress', 'aof_rewrite_scheduled'].some((field) => info[field] === '1');

const awaitChildren = (node: RedisNode, signal: AbortSignal): Promise<Info> =>
  waitUntil(
    async (within) => {
      const info = await persistenceOf(node, within);
      return hasChild(info) ? undefined : info;
    },
    { describe: 'what the server writes', deadlineMs: writtenMs, intervalMs: lookEveryMs },
    signal,
  );

/** All that the server holds now is in its RDB file. Errors: `server_not_ready`. */
const save = async (node: RedisNode, signal: AbortSignal): Promise<void> => {
  await awaitChildren(node, signal);
  await node.command(['BGSAVE'], signal);
  const { rdb_last_bgsave_status: status } = await awaitChildren(node, signal);
  if (status !== 'ok') throw new HoldfastError('server_not_ready', 'The server could not write its RDB file.');
};

/** All that the server holds is in its append-only file, and whatever comes goes there. Errors: `server_not_ready`. */
const append = async (node: RedisNode, signal: AbortSignal): Promise<void> => {
  await awaitChildren(node, signal);
  await node.command(['CONFIG', 'SET', 'appendonly', 'yes'], signal);
  const info = await awaitChildren(node, signal);
  if (info['aof_enabled'] === '1' && info['aof_last_bgrewrite_status'] !== 'err') return;
  // One that failed leaves a server that goes on trying; the next attempt starts it anew.
  await node.command(['CONFIG', 'SET', 'appendonly', 'no'], signal);
  throw new HoldfastError('server_not_ready', 'The server could not write its append-only file.');
};

/** Nothing of keys that are gone. Errors: `server_not_ready`. */
const rewrite = async (node: RedisNode, signal: AbortSignal): Promise<void> => {
  await awaitChildren(node, signal);
  await node.command(['BGREWRITEAOF'], signal);
  const { aof_last_bgrewrite_status: status } = await awaitChildren(node, signal);
  if (status === 'err') throw new HoldfastError('server_not_ready', 'The server could not write its append-only file.');
};

/** What lies on the disk is what the server holds now, and no word of what was before. Errors: `server_not_ready`. */
export const writeAnew = (context: AttemptContext, mode: PersistenceMode): Promise<void> =>
  asManager(context, async (node) => {
    if (mode === 'aof') await rewrite(node, context.signal);
    if (mode === 'rdb') await save(node, context.signal);
  });

/**
 * What a start in the mode needs lies on the disk before the file says so: a Redis 7 that is told to start from an append-only file that is not there
 * starts empty, whatever its RDB file holds.
 */
export const keepData = async (context: AttemptContext, mode: PersistenceMode): Promise<void> =>
  asManager(context, async (node) => {
    if (mode === 'aof') await append(node, context.signal);
    if (mode === 'rdb') await save(node, context.signal);
    await faultPoints.reached('mode:data-kept');
  });

/**
 * The server stops to write what the mode does not have. After `rdb` was written to the file: then a start loads the RDB file, which the save points keep
 * fresh, and never an append-only file that ended earlier.
 */
export const letGo = async (context: AttemptContext, mode: PersistenceMode): Promise<void> => {
  await asManager(context, async (node) => {
    await node.command(['CONFIG', 'SET', 'appendonly', 'no'], context.signal);
    if (mode === 'none') {
      await node.command(['CONFIG', 'SET', 'save', ''], context.signal);
      // One that saves would put its file in the place of the empty one.
      await awaitChildren(node, context.signal);
    } else {
      await save(node, context.signal);
    }
  });
  await faultPoints.reached('mode:let-go');
  if (mode === 'rdb') await writeData(context, abandonedAppendOnly(context.database.version));
};

/** Old data must not come back, and nobody should find them: what the mode `none` leaves on the disk. */
export const abandoned = (version: string) => [emptyDataFile, ...abandonedAppendOnly(version)];

const writeData = async (context: AttemptContext, files: ReturnType<typeof abandonedAppendOnly>): Promise<void> => {
  const { engines, control, database, environment, signal } = context;
  await engines.containers.writeFiles(serverOf(control, database, environment).name, serverPaths.root, files, signal);
};

import { memoryLimitBytes } from '#domain/database/size.js';
import { missingForFork } from '#domain/backup/fork-room.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';
import { on, type AttemptContext } from '../run/context.js';
import { asManager } from '../server/manager.js';

/** The server that a backup is taken from. */
export interface BackupSource {
  readonly database: DatabaseRow;
  readonly usedMemoryBytes: number;
}

/** One that has heard nothing for so long may be far behind. */
const freshSeconds = 5;

/**
 * A replica that follows closely has what its source has, and a fork there disturbs nobody; without one it is the database itself.
 * Errors: `server_not_ready`, `backup_memory_low`.
 */
export const chooseSource = async (context: AttemptContext): Promise<BackupSource> => {
  const replicas = await followersOf(context.control.db, context.database.id);
  for (const replica of replicas.filter((replica) => isAlike(replica, context.database))) {
    const used = await closeFollower(on(context, replica)).catch(() => null);
    context.signal.throwIfAborted();
    if (used !== null) return { database: replica, usedMemoryBytes: used };
  }
  const { memory } = await look(context);
  requireForkRoom(context.database, memory);
  return { database: context.database, usedMemoryBytes: memory.usedBytes };
};

/** Data of a newer version are none of the version that the backup says it is of. */
const isAlike = ({ status, version }: DatabaseRow, of: DatabaseRow): boolean =>
  status === 'provisioned' && version === of.version;

/** Its used memory, or null when it does not follow closely or has no room for a fork. */
const closeFollower = async (context: AttemptContext): Promise<number | null> => {
  const { info, memory } = await look(context);
  const follows =
    info['role'] === 'slave' &&
    info['master_link_status'] === 'up' &&
    info['master_sync_in_progress'] === '0' &&
    Number(info['master_last_io_seconds_ago'] ?? freshSeconds) < freshSeconds;
  return follows && missingForFork(memory) === null ? memory.usedBytes : null;
};

const look = (context: AttemptContext) =>
  asManager(context, async (node) => {
    const info = await node.info(null, context.signal);
    const memory = {
      usedBytes: Number(info['used_memory'] ?? 0),
      residentBytes: Number(info['used_memory_rss'] ?? 0),
      limitBytes: memoryLimitBytes(context.database.memory_mb),
    };
    return { info, memory };
  });

const requireForkRoom = (database: DatabaseRow, memory: Parameters<typeof missingForFork>[0]): void => {
  const missing = missingForFork(memory);
  if (missing === null) return;
  const [resident, limit] = [memory.residentBytes, memory.limitBytes].map((bytes) => Math.round(bytes / 1024 / 1024));
  throw new HoldfastError(
    'backup_memory_low',
    `"${database.handle}" holds ${resident} MB of its ${limit} MB: a fork could take ${Math.ceil(missing / 1024 / 1024)} MB too much, and the kernel would end the server.`,
  );
};

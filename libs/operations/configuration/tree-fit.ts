import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Db, Tx } from '#persistence/connection.js';
import { findDatabase } from '#persistence/databases.js';
import { followersOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';

/** The source of a database and its followers: whom a change of it may concern. */
export const neighboursOf = async (db: Db | Tx, { id, source_id: sourceId }: DatabaseRow): Promise<DatabaseRow[]> => {
  const source = sourceId === null ? undefined : await findDatabase(db, sourceId);
  return [...(source ? [source] : []), ...(await followersOf(db, id))];
};

const size = ({ memory_mb: memoryMb, disk_gb: diskGb }: DatabaseRow): string =>
  `${String(memoryMb)} MB of memory and ${String(diskGb)} GB of disk`;

const sizes = ['memory_mb', 'disk_gb'] as const;

/**
 * A replica that is smaller than its source could not take its data in; one that a promotion has left so is nobody's fault now. Errors: `replica_too_small`.
 */
export const requireTreeFit = async (db: Db | Tx, before: DatabaseRow, after: DatabaseRow): Promise<void> => {
  for (const neighbour of await neighboursOf(db, after)) {
    const [source, replica] = neighbour.id === after.source_id ? [neighbour, after] : [after, neighbour];
    if (!sizes.some((size) => before[size] !== after[size] && replica[size] < source[size])) continue;
    throw new HoldfastError(
      'replica_too_small',
      `"${replica.handle}" would have ${size(replica)} and follows "${source.handle}", which would have ${size(source)}.`,
      {
        remedy:
          neighbour === replica
            ? `Let the replica "${replica.handle}" grow first.`
            : `Let its source "${source.handle}" shrink first, or give it as much as that has.`,
      },
    );
  }
};

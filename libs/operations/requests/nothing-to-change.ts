import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Tx } from '#persistence/connection.js';
import { unfinishedOf } from '#persistence/replication.js';
import type { DatabaseRow } from '#persistence/tables.js';

/**
 * A change leads to what is recorded. While another one of its kind waits or runs it is taken all the same: it is the way back from that.
 * Errors: `nothing_to_change`.
 */
export const refuseUnlessPending = async (
  tx: Tx,
  kind: 'configure' | 'resize',
  { id, handle }: DatabaseRow,
): Promise<void> => {
  if (await unfinishedOf(tx, kind, id)) return;
  throw new HoldfastError('nothing_to_change', `The database "${handle}" has what was asked for already.`);
};

import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Tx } from '#persistence/connection.js';
import { lockDatabase } from '#persistence/databases.js';
import { unfinishedOf } from '#persistence/replication.js';

/**
 * Before an operation is recorded that replaces the server of a database. Whoever asks for another one, or for a replica, at the same moment
 * does not see this one. Errors: `database_not_ready`.
 */
export const lockForReplacement = async (tx: Tx, databaseId: string): Promise<void> => {
  await lockDatabase(tx, databaseId, 'no key update');
  const running = (await unfinishedOf(tx, 'upgrade', databaseId)) ?? (await unfinishedOf(tx, 'go-back', databaseId));
  if (running) throw new HoldfastError('database_not_ready', `The operation ${running} replaces its server already.`);
};

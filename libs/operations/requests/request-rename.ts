import { formerHandles } from '#domain/database/decide-rename.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { findDatabase, renameDatabase } from '#persistence/databases.js';
import type { Tx } from '#persistence/connection.js';
import { lockEnvironment } from '#persistence/environments.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { giveUpRemains } from './record-database.js';
import { recordOperation } from './record-operation.js';

/**
 * The row has the new handle at once, whoever asks for the database by it finds it; an operation brings it to the network and into the
 * certificate. Errors: `handle_taken`, `handle_still_answers`, `database_not_ready`.
 */
export const requestRename = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  handle: string,
): Promise<OperationRow> => {
  if (database.status !== 'provisioned') {
    throw new HoldfastError('database_not_ready', `The database "${database.handle}" is ${database.status}.`);
  }
  // Nobody takes a handle that this database gives up, or answers to still, at the same moment.
  await lockEnvironment(tx, { id: database.environment_id }, 'update');
  const { handle: formerHandle, former_handles: former } = (await findDatabase(tx, database.id)) ?? database;
  await giveUpRemains(control, tx, actor, { ...database, handle });
  await renameDatabase(tx, database, handle, formerHandles(former, formerHandle, handle));
  const parameters = { handle, formerHandle };
  return recordOperation(control, tx, { kind: 'rename', database, actor, parameters, auditDetail: parameters });
};

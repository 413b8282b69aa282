import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { insertDatabase, markDeprovisioned } from '#persistence/databases.js';
import { takeAddress } from '#persistence/environments.js';
import { findRemains } from '#persistence/remains.js';
import type { DatabaseRow, NewDatabaseRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { auditEvent } from './audit.js';

/**
 * What failed before it was ever a database holds its handle for a retry only. Whoever asks for the handle anew gets it: of the former nothing
 * is lost but that retry, its row, its operations and its backups stay.
 */
export const giveUpRemains = async (
  control: Control,
  tx: Tx,
  actor: string,
  { id, environment_id: environmentId, handle }: Pick<NewDatabaseRow, 'id' | 'environment_id' | 'handle'>,
): Promise<void> => {
  const remains = await findRemains(tx, environmentId, handle);
  if (remains === undefined) return;
  await markDeprovisioned(tx, remains);
  const subject = { environmentId, databaseId: remains };
  await appendAudit(tx, auditEvent(control.now(), actor, 'database.given-up', subject, { handle, inFavourOf: id }));
};

/** A database that an operation is to make, with its address. Errors: `handle_taken`, `handle_still_answers`, `environment_full`. */
export const recordDatabase = async (
  control: Control,
  tx: Tx,
  actor: string,
  row: Omit<NewDatabaseRow, 'status' | 'address_index'>,
): Promise<DatabaseRow> => {
  await giveUpRemains(control, tx, actor, row);
  const address = await takeAddress(tx, row.environment_id, row.id);
  return insertDatabase(tx, { ...row, status: 'pending', address_index: address });
};

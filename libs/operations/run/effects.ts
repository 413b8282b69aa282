import { databaseStatusAfter, type OperationMoment } from '#domain/operation/effects.js';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { Tx } from '#persistence/connection.js';
import { markDeprovisioned, updateDatabase } from '#persistence/databases.js';

/** Writes what a moment of an operation means for its subject, in the transaction of that moment. */
export const applyOutcome = async (
  tx: Tx,
  kind: OperationKind,
  databaseId: string,
  moment: OperationMoment,
): Promise<void> => {
  const status = databaseStatusAfter[kind][moment];
  if (status === undefined) return;
  if (status === 'deprovisioned') await markDeprovisioned(tx, databaseId);
  else await updateDatabase(tx, databaseId, { status });
};

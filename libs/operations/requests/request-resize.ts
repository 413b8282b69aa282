import type { OperationRequest } from '#contracts/operation-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { Tx } from '#persistence/connection.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import { neighboursOf, requireTreeFit } from '../configuration/tree-fit.js';
import type { Control } from '../control.js';
import { refuseUnlessPending } from './nothing-to-change.js';
import { recordOperation } from './record-operation.js';

/** Errors: `database_not_ready`. */
export const requireServing = ({ role, handle }: DatabaseRow): void => {
  if (role === 'fenced') throw new HoldfastError('database_not_ready', `The database "${handle}" is fenced.`);
};

/** Records another size. Its source and followers are held too: their sizes bound each other. Errors: `database_not_ready`, `nothing_to_change`, `replica_too_small`. */
export const requestResize = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  {
    memoryMb = database.memory_mb,
    diskGb = database.disk_gb,
  }: Pick<Extract<OperationRequest, { type: 'resize' }>, 'memoryMb' | 'diskGb'>,
  retryOf?: string,
): Promise<OperationRow> => {
  requireServing(database);
  const asItIs = memoryMb === database.memory_mb && diskGb === database.disk_gb;
  if (asItIs && retryOf === undefined) await refuseUnlessPending(tx, 'resize', database);
  await requireTreeFit(tx, database, { ...database, memory_mb: memoryMb, disk_gb: diskGb });
  const parameters = { memoryMb, diskGb };
  return recordOperation(control, tx, {
    ...{ kind: 'resize', database, actor, parameters },
    others: (await neighboursOf(tx, database)).map(({ id }) => id),
    auditDetail: { ...parameters, memoryMbBefore: database.memory_mb, diskGbBefore: database.disk_gb },
    retryOf,
  });
};

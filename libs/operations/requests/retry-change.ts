import { sizeSchema } from '#contracts/operation-requests.js';
import type { Tx } from '#persistence/connection.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { retryConfigure } from './request-configure.js';
import { requestResize } from './request-resize.js';

/** Asks anew for a change of a running database; what may have changed since is checked again. Errors: those of the request. */
export const retryChange = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  operation: Pick<OperationRow, 'id' | 'parameters'> & { readonly kind: 'configure' | 'resize' },
): Promise<OperationRow> =>
  operation.kind === 'configure'
    ? retryConfigure(control, tx, actor, database, operation)
    : requestResize(control, tx, actor, database, sizeSchema.parse(operation.parameters), operation.id);

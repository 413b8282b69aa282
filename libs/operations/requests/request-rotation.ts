import { rotationRequestSchema, type OperationRequest } from '#contracts/operation-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverUsers } from '#domain/server/users.js';
import type { Tx } from '#persistence/connection.js';
import { graceUntil, lockTree } from '#persistence/credentials.js';
import { unfinishedOf } from '#persistence/replication.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';
import type { Control } from '../control.js';
import { recordOperation } from './record-operation.js';

type Request<Type extends OperationRequest['type']> = Extract<OperationRequest, { type: Type }>;

/** Records new passwords for a whole tree. Errors: `grace_time_running`. */
export const requestRotation = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  { graceHours, now }: Pick<Request<'rotate-credentials'>, 'graceHours' | 'now'>,
  retryOf?: string,
): Promise<OperationRow> => {
  const others = await othersInTree(tx, database);
  const running = await unfinishedOf(tx, 'rotate-credentials', database.id);
  if (running) throw new HoldfastError('grace_time_running', `The operation ${running} rotates them already.`);
  const until = await graceUntil(tx, database.id, serverUsers.tenant);
  if (until !== null && until > control.now() && !now) {
    throw new HoldfastError('grace_time_running', `The former password works until ${until.toISOString()}.`);
  }
  const parameters = { ...(now ? { now } : {}), ...(graceHours === undefined ? {} : { graceHours }) };
  return recordOperation(control, tx, {
    ...{ kind: 'rotate-credentials', database, actor, others, parameters, auditDetail: parameters },
    retryOf,
  });
};

/** Records the end of a grace time before its time. Errors: `no_grace_time`. */
export const requestRetirement = async (
  control: Control,
  tx: Tx,
  actor: string,
  database: DatabaseRow,
  retryOf?: string,
): Promise<OperationRow> => {
  const others = await othersInTree(tx, database);
  if (!retryOf && (await graceUntil(tx, database.id, serverUsers.tenant)) === null) {
    throw new HoldfastError('no_grace_time', `Only the password that is shown works for "${database.handle}".`);
  }
  const parameters = { now: true };
  return recordOperation(control, tx, {
    ...{ kind: 'retire-credentials', database, actor, others, parameters, auditDetail: parameters },
    retryOf,
  });
};

/** A new operation of the same kind for one that failed. Errors: `grace_time_running`. */
export const retryRotation = (
  control: Control,
  tx: Tx,
  actor: string,
  { id, kind, parameters }: Pick<OperationRow, 'id' | 'parameters'> & { readonly kind: Rotating },
  database: DatabaseRow,
): Promise<OperationRow> => {
  if (kind === 'retire-credentials') return requestRetirement(control, tx, actor, database, id);
  const request = rotationRequestSchema.parse({ type: kind, ...parameters });
  return requestRotation(control, tx, actor, database, request, id);
};

type Rotating = 'rotate-credentials' | 'retire-credentials';

/** They have one password, and so the operation holds them all. */
export const othersInTree = async (tx: Tx, { id }: DatabaseRow): Promise<readonly string[]> =>
  (await lockTree(tx, id)).map((row) => row.id).filter((one) => one !== id);

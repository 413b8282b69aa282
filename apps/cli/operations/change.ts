import { answer } from '../api/client.js';
import type { ChangeRequest, Database, Operation } from '../api/documents.js';
import { isRefusal } from '../failure/refusal.js';
import type { ConfirmOptions, DetachOptions } from '../options.js';
import type { Session } from '../session.js';
import { unlessDetached } from './outcome.js';

/** Asks for an operation on a database, follows it and prints it. Errors: those of `followToSuccess`, `wrong_usage`. */
export const changeDatabase = async (
  session: Session,
  database: Database,
  request: ChangeRequest,
  options: ConfirmOptions & DetachOptions,
): Promise<void> => {
  const operation = await carryOut(session, database, request, options);
  if (operation) session.terminal.print(operation, []);
};

/** The operation when it has succeeded; null, and printed, when nobody wants to follow it. Errors: those of `changeDatabase`. */
export const carryOut = async (
  session: Session,
  database: Database,
  request: ChangeRequest,
  { confirm, detach }: ConfirmOptions & DetachOptions,
): Promise<Operation | null> => {
  return unlessDetached(session, await requestConfirmed(session, database, request, confirm), { detach });
};

/** The API decides what needs to be confirmed, and says why; then the question is passed on. */
export const requestConfirmed = async (
  session: Session,
  database: Database,
  request: ChangeRequest,
  confirm: string | undefined,
): Promise<Operation> =>
  sendConfirmed(session, database, confirm, (confirmation) =>
    answer(
      session.api.POST('/v1/databases/{id}/operations', {
        params: { path: { id: database.id } },
        body: { ...request, ...confirmation },
      }),
    ),
  );

/** The same of any request that takes a `confirm`. */
export const sendConfirmed = async <Answer>(
  session: Session,
  database: Database,
  confirm: string | undefined,
  send: (confirmation: { readonly confirm?: string }) => Promise<Answer>,
): Promise<Answer> => {
  try {
    return await send(confirm === undefined ? {} : { confirm });
  } catch (error) {
    if (confirm !== undefined || !isRefusal(error, 'confirmation_required')) throw error;
    return send({ confirm: await session.terminal.confirmation(database.handle, undefined, error.problem.detail) });
  }
};

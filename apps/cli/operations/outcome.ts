import { sentences } from '#domain/text/sentences.js';
import { Refusal } from '../failure/refusal.js';
import type { Operation } from '../api/documents.js';
import type { DetachOptions } from '../options.js';
import type { Session } from '../session.js';
import { follow } from './follow.js';

/** Follows an operation that must succeed. Errors: `Refusal` with its error when it ends otherwise, and those of `follow`. */
export const followToSuccess = async (session: Session, operation: Operation): Promise<Operation> =>
  requireSuccess(await follow(session, operation));

/** The operation when it has succeeded; null, and printed, when nobody wants to follow it. Errors: those of `followToSuccess`. */
export const unlessDetached = async (
  session: Session,
  operation: Operation,
  { detach }: { readonly [Name in keyof DetachOptions]: DetachOptions[Name] | undefined },
): Promise<Operation | null> => {
  if (!detach) return followToSuccess(session, operation);
  session.terminal.print(operation, [detachedNote(operation)]);
  return null;
};

export const requireSuccess = (operation: Operation): Operation => {
  if (operation.status === 'succeeded') return operation;
  const { id, type, status, error } = operation;
  throw new Refusal({
    type: 'about:blank',
    title: `The operation ${type} ${status === 'cancelled' ? 'was cancelled' : 'failed'}`,
    detail: sentences(error?.detail ?? `Operation ${id} is ${status}.`, ...leftBehind(error)),
    code: error?.code ?? `operation_${status}`,
    remedy: error?.remedy ?? `Look at it with \`holdfast operation:show ${id}\`.`,
  });
};

const leftBehind = (error: Operation['error']): string[] =>
  error && error.leftBehind.length > 0 ? [`Left behind: ${error.leftBehind.join(', ')}`] : [];

/** Errors: `Refusal` when the operation ended otherwise before it could be cancelled. */
export const requireCancelled = (operation: Operation): Operation => {
  if (operation.status === 'cancelled') return operation;
  throw new Refusal({
    type: 'about:blank',
    title: 'The operation was not cancelled',
    detail: `It was too late: operation ${operation.id} is ${operation.status}.`,
    code: 'operation_finished',
    remedy: `Look at it with \`holdfast operation:show ${operation.id}\`.`,
  });
};

/** What a detached verb says. */
export const detachedNote = ({ id }: Operation): string =>
  `Recorded as operation ${id}. Follow it: holdfast operation:follow ${id}`;

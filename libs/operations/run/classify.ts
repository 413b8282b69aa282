import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { backoffMs, operationKinds, type OperationKind } from '#domain/operation/kinds.js';
import { isStoreUnreachable } from '#persistence/connection.js';
import { LeaseLost } from '#persistence/operations/transition.js';
import { Interruption } from './context.js';

/** How an attempt that threw ends. */
export type Verdict =
  | { readonly end: 'retry'; readonly error: HoldfastError; readonly delayMs: number }
  | { readonly end: 'fail'; readonly error: HoldfastError }
  | { readonly end: 'cancel' }
  | { readonly end: 'release' }
  /** Nothing may be written any more: another worker has it, or Postgres is away and the lease will run out. */
  | { readonly end: 'abandon' };

export const classify = (kind: OperationKind, attempt: number, thrown: unknown, signal: AbortSignal): Verdict => {
  // Before any interruption: whoever cannot write must not undo either.
  if (thrown instanceof LeaseLost || isStoreUnreachable(thrown)) return { end: 'abandon' };
  const cause: unknown = signal.aborted ? signal.reason : thrown;
  if (cause instanceof Interruption) return interrupted(cause);
  const error = cause instanceof HoldfastError ? cause : unexpected(cause);
  if (error.disposition === 'fail') return { end: 'fail', error };
  if (attempt < operationKinds[kind].attempts) return { end: 'retry', error, delayMs: backoffMs(kind, attempt) };
  return { end: 'fail', error: exhausted(attempt, error) };
};

/** An error that is not in the catalogue and stands for a defect. */
export const isUnexpected = (thrown: unknown): boolean =>
  !(thrown instanceof HoldfastError || thrown instanceof Interruption);

/** Keeps the code, which names the cause; a transient error's own remedy promises another try, this one asks for it. */
const exhausted = (attempt: number, cause: HoldfastError): HoldfastError =>
  new HoldfastError(cause.code, `${cause.detail} Attempt ${attempt} was the last.`, {
    cause,
    remedy: 'Mend the cause, then retry the operation.',
  });

const interrupted = ({ why }: Interruption): Verdict => {
  switch (why) {
    case 'shutdown':
      return { end: 'release' };
    case 'cancel':
      return { end: 'cancel' };
    case 'lease-lost':
      return { end: 'abandon' };
    case 'deadline':
      return {
        end: 'fail',
        error: new HoldfastError('operation_timeout', 'One attempt took longer than this kind may.'),
      };
  }
};

const unexpected = (cause: unknown): HoldfastError =>
  new HoldfastError('internal_error', cause instanceof Error ? cause.message : String(cause), { cause });

import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { backoffMs, operationKinds, type OperationKind } from '#domain/operation/kinds.js';
import { sentences } from '#domain/text/sentences.js';
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
  if (cause instanceof Interruption) return interrupted(kind, cause);
  const error = cause instanceof HoldfastError ? cause : unexpected(cause);
  if (error.disposition === 'fail') return { end: 'fail', error: remediable(kind, error) };
  if (attempt < operationKinds[kind].attempts) return { end: 'retry', error, delayMs: backoffMs(kind, attempt) };
  return { end: 'fail', error: remediable(kind, exhausted(attempt, error)) };
};

/** An error that is not in the catalogue and stands for a defect. */
export const isUnexpected = (thrown: unknown): boolean =>
  !(thrown instanceof HoldfastError || thrown instanceof Interruption);

/** Keeps the code, which names the cause; a transient error's own remedy promises another try, this one asks for it. */
const exhausted = (attempt: number, cause: HoldfastError): HoldfastError =>
  new HoldfastError(cause.code, sentences(cause.detail, `Attempt ${attempt} was the last.`), {
    cause,
    remedy: 'Mend the cause, then retry the operation.',
  });

/** An import cannot be retried, since the URL of its source is forgotten with its end: it is asked for anew. */
const remediable = (kind: OperationKind, error: HoldfastError): HoldfastError => {
  const { code, detail, problems } = error;
  const remedy = error.remedy.replace('retry the operation', 'ask for a new import');
  if (kind !== 'import' || remedy === error.remedy) return error;
  return new HoldfastError(code, detail, { cause: error.cause, problems, remedy });
};

const interrupted = (kind: OperationKind, { why }: Interruption): Verdict => {
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
        error: remediable(kind, new HoldfastError('operation_timeout', 'One attempt took longer than this kind may.')),
      };
  }
};

const unexpected = (cause: unknown): HoldfastError =>
  new HoldfastError('internal_error', cause instanceof Error ? cause.message : String(cause), { cause });

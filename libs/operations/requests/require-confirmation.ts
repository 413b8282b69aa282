import { memoryOnlyWarning } from '#domain/database/persistence.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DatabaseRow, OperationRow } from '#persistence/tables.js';

/** Errors: `confirmation_required` unless the handle was typed. */
export const requireConfirmation = (
  database: Pick<DatabaseRow, 'handle'>,
  confirm: string | undefined,
  consequence: string,
): void => {
  if (confirm === database.handle) return;
  const given = confirm === undefined ? 'nothing was typed' : `"${confirm}" was typed`;
  throw new HoldfastError(
    'confirmation_required',
    `${consequence} Type the handle "${database.handle}" to confirm; ${given}.`,
  );
};

/** Into the parameters of what restarts a database in memory only: the handle was typed while it was one. */
export const memoryLossConfirmed = { memoryLossConfirmed: true } as const;

/**
 * Nobody types a handle for a retry, nor for what stands in line. What was asked for while the data lay on a disk is not done once they lie in
 * memory only.
 * Errors: `confirmation_required`.
 */
export const requireConfirmedThen = (
  { id, parameters }: Pick<OperationRow, 'id' | 'parameters'>,
  { handle }: Pick<DatabaseRow, 'handle'>,
): void => {
  if (parameters['memoryLossConfirmed'] === true) return;
  throw new HoldfastError(
    'confirmation_required',
    `${memoryOnlyWarning} Nobody typed the handle "${handle}" for that when the operation ${id} was asked for.`,
    { remedy: 'Ask for it anew, with the handle typed, instead of a retry.' },
  );
};

import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DatabaseRow } from '#persistence/tables.js';

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

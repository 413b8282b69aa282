import { stop } from '../kinds/server-actions.js';
import { requireConfirmedThen } from '../requests/require-confirmation.js';
import type { AttemptContext } from '../run/context.js';

/** A restart may have waited behind the operation that took the data off the disk. Errors: `confirmation_required`. */
export const stopConfirmed = async (context: AttemptContext): Promise<void> => {
  if (context.database.persistence === 'none') requireConfirmedThen(context.operation, context.database);
  await stop(context);
};

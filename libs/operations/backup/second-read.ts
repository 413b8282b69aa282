import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { sentences } from '#domain/text/sentences.js';
import type { AttemptContext } from '../run/context.js';

/** A backup that is found corrupt is never relied on again: one bad read on the way is not enough for that. */
export const withSecondRead = async <T>(context: AttemptContext, read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    if (!isHoldfastError(error, 'backup_corrupt')) throw error;
    await context.log('warn', sentences(error.detail, 'It is read once more.'));
    return read();
  }
};

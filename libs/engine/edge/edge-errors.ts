import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { DeadlineReached } from '../wait/deadline.js';

/** The error of our catalogue for what went wrong at a change of doors; any other error stays as it is. */
export const translated = (error: unknown): unknown => {
  if (error instanceof DeadlineReached) {
    return new HoldfastError('edge_unreachable', `a change of the doors was ${error.message}`, { cause: error });
  }
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
    return new HoldfastError('disk_full', 'the doors of the edge cannot be written', { cause: error });
  }
  return error;
};

export const rethrowTranslated = (error: unknown): never => {
  throw translated(error);
};

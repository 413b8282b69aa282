import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** The code that it is refused with. */
export const refusalOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'accepted',
    (error: unknown) => (error instanceof HoldfastError ? error.code : String(error)),
  );

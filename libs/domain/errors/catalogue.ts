import { failures } from './failures.js';
import { refusals } from './refusals.js';

/** Every refusal and failure that Holdfast can show to a person. `docs/errors.md` documents each code; a test holds the two together. */
export const errorCatalogue = { ...refusals, ...failures };

export type ErrorCode = keyof typeof errorCatalogue;

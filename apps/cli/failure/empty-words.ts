import type { Argument } from 'commander';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** Options that name what a request is about. */
const naming = ['database', 'environment', 'env'];

/**
 * Of an empty word, as of a shell variable that is not set, the path of a request would name something else. Several values are left
 * alone: one of them may be empty. Errors: `wrong_usage`.
 */
export const refuseEmptyWords = (
  operands: readonly Argument[],
  words: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
): void => {
  operands.forEach((operand, index) => {
    if (isBlank(words[index])) throw empty(`argument '${operand.name()}'`);
  });
  for (const name of naming) if (isBlank(options[name])) throw empty(`option '--${name}'`);
};

const isBlank = (word: unknown): boolean => typeof word === 'string' && word.trim() === '';

const empty = (what: string): HoldfastError =>
  new HoldfastError('wrong_usage', `${what} is empty; was it to come from a variable that is not set?`);

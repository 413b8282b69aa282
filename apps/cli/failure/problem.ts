import { errorCatalogue } from '#domain/errors/catalogue.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { Refusal, type Problem } from './refusal.js';

/** Anything thrown, as a problem document. */
export const problemOf = (error: unknown): Problem => {
  if (error instanceof Refusal) return error.problem;
  if (!(error instanceof HoldfastError)) return unexpected(error);
  const { title, status } = errorCatalogue[error.code];
  const errors = error.problems.length > 0 ? { errors: error.problems } : {};
  const { code, detail, remedy } = error;
  return { type: 'about:blank', title, status, detail, code, remedy, ...errors };
};

export const problemForPeople = (error: unknown): Problem =>
  error instanceof Refusal ? error.asTyped : problemOf(error);

const unexpected = (error: unknown): Problem => ({
  type: 'about:blank',
  title: errorCatalogue.internal_error.title,
  detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
  code: 'internal_error',
  remedy: 'This is a defect of the CLI; please report it with the lines above.',
});

export const renderProblem = ({ title, detail, code, remedy, errors = [] }: Problem): string =>
  [
    `holdfast: ${title}: ${detail} (${code})`,
    ...errors.map(({ path, message }) => `  ${path} ${message}`),
    ...(remedy ? [remedy] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');

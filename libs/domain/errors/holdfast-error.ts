import { errorCatalogue, type ErrorCode } from './catalogue.js';
import type { Disposition } from './entry.js';

export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** The one error class for what a person is told. `detail` never holds a secret. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';

  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    options: { cause?: unknown; problems?: readonly FieldProblem[]; remedy?: string } = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.problems = options.problems ?? [];
    this.remedy = options.remedy ?? errorCatalogue[code].remedy;
  }

  readonly problems: readonly FieldProblem[];
  /** The catalogue's, unless the place that throws knows better. */
  readonly remedy: string;

  get disposition(): Disposition {
    return errorCatalogue[this.code].disposition;
  }
}

export const isHoldfastError = (error: unknown, code?: ErrorCode): error is HoldfastError =>
  error instanceof HoldfastError && (code === undefined || error.code === code);

import type { FieldProblem } from '#domain/errors/holdfast-error.js';

/** A problem document (RFC 9457) as the API sends it; one made here, of a failed operation, has no `status`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status?: number;
  readonly detail: string;
  readonly code: string;
  readonly remedy: string;
  readonly errors?: readonly FieldProblem[];
}

/** The API said no, or an operation failed. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly problem: Problem,
    /** The same for people, in the words of the command line. */
    readonly asTyped: Problem = problem,
  ) {
    super(`${problem.code}: ${problem.detail}`);
  }
}

export const isRefusal = (error: unknown, code: string): error is Refusal =>
  error instanceof Refusal && error.problem.code === code;

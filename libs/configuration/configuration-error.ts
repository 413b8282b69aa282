import { HoldfastError, type FieldProblem } from '#domain/errors/holdfast-error.js';

/** All that is wrong with the environment, or with a file that it names, at once. Values of variables are never repeated. */
export class ConfigurationError extends HoldfastError {
  constructor(problems: readonly FieldProblem[], file?: { readonly path: string; readonly variable: string }) {
    const lines = problems.map(({ path, message }) => `  ${path} ${message}`);
    super('configuration_invalid', [`${file?.path ?? 'The environment'} has these problems:`, ...lines].join('\n'), {
      problems,
      ...(file ? { remedy: `Correct the file ${file.path}, or name another one with ${file.variable}.` } : {}),
    });
  }
}

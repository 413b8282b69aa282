import { HoldfastError, type FieldProblem } from '#domain/errors/holdfast-error.js';

/** All that is wrong with the environment, at once: `problems` has one entry for each variable. Values are never repeated. */
export class ConfigurationError extends HoldfastError {
  constructor(problems: readonly FieldProblem[]) {
    const lines = problems.map(({ path, message }) => `  ${path} ${message}`);
    super('configuration_invalid', ['The environment has these problems:', ...lines].join('\n'), { problems });
  }
}

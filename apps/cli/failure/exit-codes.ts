import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { Refusal } from './refusal.js';

/** The contract's exit codes; `interrupted` is what a shell gives a program that Ctrl-C ended. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unreachable: 3, notPermitted: 4, interrupted: 130 } as const;

export const exitCodeOf = (error: unknown): number => {
  if (error instanceof Refusal) return isPermission(error.problem.status) ? exitCodes.notPermitted : exitCodes.failed;
  if (isHoldfastError(error, 'api_unreachable')) return exitCodes.unreachable;
  if (isHoldfastError(error, 'unauthenticated')) return exitCodes.notPermitted;
  if (isHoldfastError(error, 'wrong_usage') || isHoldfastError(error, 'configuration_invalid')) return exitCodes.usage;
  return exitCodes.failed;
};

const isPermission = (status: number | undefined): boolean => status === 401 || status === 403;

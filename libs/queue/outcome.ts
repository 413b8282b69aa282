import { UnrecoverableError } from 'bullmq';
import type { Outcome } from '#domain/operation/outcome.js';

/** How an outcome shows in the queue. Only a failure counts as a failed job, and none is tried again by the queue itself. */
export const toJobResult = (outcome: Outcome): Outcome => {
  if (outcome.kind === 'fail') throw new UnrecoverableError(outcome.code);
  return outcome;
};

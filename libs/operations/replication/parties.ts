import { allowedLoss, type PromotionMode } from '#domain/replication/promotion-mode.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';

/** The database that was the primary when the promotion was asked for. */
export const formerIn = ({ others: [former], operation }: AttemptContext): DatabaseRow => {
  if (!former) throw new Error(`Operation ${operation.id} has no primary`);
  return former;
};

/** Null means any number of bytes. */
export const lossAllowedIn = ({ operation: { parameters } }: AttemptContext): number | null =>
  allowedLoss(parameters['mode'] as PromotionMode, Number(parameters['maxLostBytes'] ?? 0));

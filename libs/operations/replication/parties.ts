import { compareVersions } from '#domain/catalogue/version.js';
import { allowedLoss, type PromotionMode } from '#domain/replication/promotion-mode.js';
import { findDatabase } from '#persistence/databases.js';
import type { DatabaseRow } from '#persistence/tables.js';
import type { AttemptContext } from '../run/context.js';

/** The database that was the primary when the promotion was asked for. */
export const formerIn = ({ others: [former], operation }: AttemptContext): DatabaseRow => {
  if (!former) throw new Error(`Operation ${operation.id} has no primary`);
  return former;
};

/** Whether the subject runs a newer version than the former primary, as they are now: an upgrade may have stood in line before this. */
export const candidateIsNewer = async (context: AttemptContext): Promise<boolean> => {
  const { control, database } = context;
  const former = formerIn(context);
  const [candidateRow = database, formerRow = former] = await Promise.all([
    findDatabase(control.db, database.id),
    findDatabase(control.db, former.id),
  ]);
  return compareVersions(candidateRow.version, formerRow.version) > 0;
};

/** Null means any number of bytes. */
export const lossAllowedIn = ({ operation: { parameters } }: AttemptContext): number | null =>
  allowedLoss(parameters['mode'] as PromotionMode, Number(parameters['maxLostBytes'] ?? 0));

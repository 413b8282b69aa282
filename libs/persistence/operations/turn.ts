import { sql } from 'kysely';

/**
 * Condition on a row of `operations`: nothing that is older and has not ended keeps it back. One that holds its databases waits for all others
 * that do; one that only reads them for those of its own kind, so that a backup does not wait for a copy whose store is away.
 */
export const itsTurn = sql`NOT EXISTS (
  SELECT FROM operation_targets mine JOIN operation_targets older USING (database_id) JOIN operations other ON other.id = older.operation_id
  WHERE mine.operation_id = operations.id AND older.operation_id <> mine.operation_id AND NOT older.finished
    AND older.exclusive = mine.exclusive AND (mine.exclusive OR other.kind = operations.kind)
    AND (older.operation_id < mine.operation_id OR older.active))`;

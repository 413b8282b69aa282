import { sql } from 'kysely';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { Db } from '../connection.js';

/** How many operations of each of these kinds run at a time, on all workers together. The worker that started last is right. */
export const limitOperations = async (db: Db, kinds: readonly OperationKind[], most: number): Promise<void> => {
  await sql`
    INSERT INTO operation_limits (kind, most) SELECT kind, ${most} FROM unnest(${kinds}::text[]) kind
    ON CONFLICT (kind) DO UPDATE SET most = excluded.most`.execute(db);
};

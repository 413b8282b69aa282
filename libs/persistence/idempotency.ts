import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';

export interface StoredAnswer {
  readonly requestHash: string;
  readonly status: number;
  readonly location: string | null;
  readonly body: unknown;
}

/**
 * Claims a key for this transaction. A concurrent request with the same key waits here until the first one has committed
 * or given up, and then gets its answer. Returns null when the key is ours to answer.
 */
export const claimIdempotencyKey = async (
  tx: Tx,
  actor: string,
  key: string,
  requestHash: string,
): Promise<StoredAnswer | null> => {
  const inserted = await tx
    .insertInto('idempotency_keys')
    .values({ actor, key, request_hash: requestHash, status: null, location: null, body: null })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (inserted.numInsertedOrUpdatedRows === 1n) return null;
  const row = await tx
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('actor', '=', actor)
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  return { requestHash: row.request_hash, status: row.status ?? 200, location: row.location, body: row.body };
};

export const storeAnswer = async (
  tx: Tx,
  actor: string,
  key: string,
  answer: Omit<StoredAnswer, 'requestHash'>,
): Promise<void> => {
  await tx
    .updateTable('idempotency_keys')
    .set({ status: answer.status, location: answer.location, body: JSON.stringify(answer.body ?? null) })
    .where('actor', '=', actor)
    .where('key', '=', key)
    .execute();
};

/** Keys are honoured for a day. */
export const stillHonoured = sql<boolean>`created_at >= now() - interval '1 day'`;

export const forgetOldIdempotencyKeys = async (db: Db): Promise<void> => {
  await sql`DELETE FROM idempotency_keys WHERE NOT (${stillHonoured})`.execute(db);
};

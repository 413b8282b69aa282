import { sql, type Insertable } from 'kysely';
import type { Db, Tx } from './connection.js';
import type { Tables, TokenRow } from './tables.js';

export const insertToken = async (tx: Tx, row: Insertable<Tables['tokens']>): Promise<TokenRow> =>
  tx.insertInto('tokens').values(row).returningAll().executeTakeFirstOrThrow();

/** The token with this hash, when it is neither revoked nor expired. Notes its use once a minute at the most. */
export const useToken = async (db: Db, secretHash: string): Promise<TokenRow | undefined> => {
  const row = await db
    .selectFrom('tokens')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .where('revoked_at', 'is', null)
    .where((e) => e.or([e('expires_at', 'is', null), e('expires_at', '>', sql<Date>`now()`)]))
    .executeTakeFirst();
  const stale = row && (row.last_used_at === null || row.last_used_at.getTime() < Date.now() - 60_000);
  if (stale)
    await db
      .updateTable('tokens')
      .set({ last_used_at: sql<Date>`now()` })
      .where('id', '=', row.id)
      .execute();
  return row;
};

export const listTokens = (db: Db): Promise<TokenRow[]> => db.selectFrom('tokens').selectAll().orderBy('id').execute();

/** Returns whether there was such a token in force. */
export const revokeToken = async (tx: Tx, id: string): Promise<boolean> => {
  const { numUpdatedRows } = await tx
    .updateTable('tokens')
    .set({ revoked_at: sql<Date>`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
};

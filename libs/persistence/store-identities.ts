import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';

/** The identity that a store had when it was first used; null when it has none, or was not used yet. */
export const recordedIdentity = async (db: Db | Tx, store: string): Promise<string | null> => {
  const { rows } = await sql<{ identity: string }>`SELECT identity FROM store_identities WHERE store = ${store}`.execute(db);
  return rows[0]?.identity ?? null;
};

export const recordIdentity = async (tx: Tx, store: string, identity: string): Promise<void> => {
  await sql`
    INSERT INTO store_identities (store, identity) VALUES (${store}, ${identity})
    ON CONFLICT (store) DO UPDATE SET identity = excluded.identity, seen_at = now()`.execute(tx);
};

/** Until the transaction ends: of several processes that use a store for the first time, one gives it its own. */
export const lockIdentities = async (tx: Tx): Promise<void> => {
  await sql`LOCK TABLE store_identities IN SHARE ROW EXCLUSIVE MODE`.execute(tx);
};

/** Whether a complete backup lies there, as far as is known. */
export const holdsBackups = async (tx: Tx, store: string): Promise<boolean> => {
  const { rows } = await sql`SELECT FROM backups WHERE store = ${store} AND status = 'complete' LIMIT 1`.execute(tx);
  return rows.length > 0;
};

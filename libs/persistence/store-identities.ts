import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';

/** The identity that a store had when it was first used; null when it has none, or was not used yet. */
export const recordedIdentity = async (db: Db | Tx, store: string): Promise<string | null> => {
  const { rows } = await sql<{ identity: string }>`
    SELECT identity FROM store_identities WHERE store = ${store}`.execute(db);
  return rows[0]?.identity ?? null;
};

export const recordIdentity = async (tx: Tx, store: string, identity: string): Promise<void> => {
  await sql`
    INSERT INTO store_identities (store, identity) VALUES (${store}, ${identity})
    ON CONFLICT (store) DO UPDATE SET identity = excluded.identity, seen_at = now()`.execute(tx);
};

/** Until the transaction ends: of several processes that use the store for the first time, one gives it its own. */
export const lockIdentity = async (tx: Tx, store: string): Promise<void> => {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('holdfast.store-identity', 0) # hashtextextended(${store}, 0))`.execute(
    tx,
  );
};

export interface KnownManifest {
  readonly key: string;
  /** False of what is being purged: something of it may lie there still. */
  readonly isComplete: boolean;
}

/** Manifests that lie in the store, as far as is known: a few, the newest first, complete backups before others. */
export const manifestsIn = async (db: Db, store: string): Promise<readonly KnownManifest[]> =>
  (
    await sql<KnownManifest>`
      SELECT manifest_key AS key, status = 'complete' AS "isComplete" FROM backups
      WHERE store = ${store} AND manifest_key IS NOT NULL AND status IN ('complete', 'failed')
      ORDER BY status = 'complete' DESC, snapshot_at DESC LIMIT 3`.execute(db)
  ).rows;

import { sql } from 'kysely';
import type { Catalogue } from '#domain/catalogue/version.js';
import type { Tx } from './connection.js';

/**
 * Puts the catalogue on record and returns the one that stood there; null the first time. Whoever comes meanwhile waits, and sees this one.
 */
export const exchangeCatalogue = async (tx: Tx, catalogue: Catalogue): Promise<Catalogue | null> => {
  const entries = JSON.stringify(catalogue);
  const { numAffectedRows } = await sql`
    INSERT INTO catalogue_record (entries) VALUES (${entries}::jsonb) ON CONFLICT DO NOTHING`.execute(tx);
  if (numAffectedRows === 1n) return null;
  const { rows } = await sql<{ entries: Catalogue }>`SELECT entries FROM catalogue_record FOR UPDATE`.execute(tx);
  await sql`UPDATE catalogue_record SET entries = ${entries}::jsonb, recorded_at = now()`.execute(tx);
  return rows[0]?.entries ?? null;
};

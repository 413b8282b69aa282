import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';

export interface ExemptionRow {
  readonly reason: string;
  /** `YYYY-MM-DD` */
  readonly ends_on: string;
  readonly granted_by: string;
  readonly granted_at: Date;
}

/** Also one that is over. */
export const findExemption = async (db: Db | Tx, databaseId: string): Promise<ExemptionRow | undefined> =>
  (
    await sql<ExemptionRow>`
      SELECT reason, to_char(ends_on, 'YYYY-MM-DD') AS ends_on, granted_by, granted_at
      FROM lifecycle_exemptions WHERE database_id = ${databaseId}`.execute(db)
  ).rows[0];

/** In place of the one before. */
export const writeExemption = async (tx: Tx, databaseId: string, exemption: ExemptionRow): Promise<void> => {
  const { reason, ends_on: endsOn, granted_by: grantedBy, granted_at: grantedAt } = exemption;
  await sql`
    INSERT INTO lifecycle_exemptions (database_id, reason, ends_on, granted_by, granted_at)
    VALUES (${databaseId}, ${reason}, ${endsOn}::date, ${grantedBy}, ${grantedAt})
    ON CONFLICT (database_id) DO UPDATE SET reason = excluded.reason, ends_on = excluded.ends_on,
      granted_by = excluded.granted_by, granted_at = excluded.granted_at`.execute(tx);
};

export const removeExemption = async (tx: Tx, databaseId: string): Promise<void> => {
  await sql`DELETE FROM lifecycle_exemptions WHERE database_id = ${databaseId}`.execute(tx);
};

/** How many databases are let off on this day. */
export const countExemptions = async (db: Db, today: string): Promise<number> =>
  (
    await sql<{ count: number }>`
      SELECT count(*)::integer AS count FROM lifecycle_exemptions JOIN databases ON databases.id = database_id
      WHERE status <> 'deprovisioned' AND ends_on >= ${today}::date`.execute(db)
  ).rows[0]?.count ?? 0;

import { sql } from 'kysely';
import type { ComingChange, ExemptionEnd, ForecastDatabase } from '#domain/lifecycle/forecast.js';
import type { Db } from './connection.js';

/** On which days, after `today`, exemptions of databases of which versions end. */
export const exemptionEnds = async (db: Db, today: string, until: string): Promise<readonly ExemptionEnd[]> =>
  (
    await sql<ExemptionEnd>`
      SELECT DISTINCT version, to_char(ends_on, 'YYYY-MM-DD') AS "endsOn" FROM lifecycle_exemptions
      JOIN databases ON databases.id = database_id
      WHERE status <> 'deprovisioned' AND ends_on >= ${today}::date AND ends_on <= ${until}::date`.execute(db)
  ).rows;

interface ForecastRow {
  readonly id: string;
  readonly environment: string;
  readonly handle: string;
  readonly reason: string | null;
  readonly ends_on: string | null;
}

/** In the order of their ids. */
export const databasesOfChange = async (
  db: Db,
  { version, because, lastDay }: Pick<ComingChange, 'version' | 'because'> & { readonly lastDay: string },
  environmentId: string | null,
  page: { readonly after: string | null; readonly limit: number },
): Promise<readonly ForecastDatabase[]> => {
  const { rows } = await sql<ForecastRow>`
    SELECT d.id, environments.name AS environment, d.handle, e.reason, to_char(e.ends_on, 'YYYY-MM-DD') AS ends_on
    FROM databases d JOIN environments ON environments.id = d.environment_id
    LEFT JOIN lifecycle_exemptions e ON e.database_id = d.id
    WHERE d.version = ${version} AND d.status <> 'deprovisioned'
      AND (${because} = 'version' OR e.ends_on = ${lastDay}::date)
      AND (${environmentId}::uuid IS NULL OR d.environment_id = ${environmentId}::uuid)
      AND (${page.after}::uuid IS NULL OR d.id > ${page.after}::uuid)
    ORDER BY d.id LIMIT ${page.limit}`.execute(db);
  return rows.map(({ reason, ends_on: endsOn, ...row }) => ({
    ...{ id: row.id, environment: row.environment, handle: row.handle },
    exemption: reason !== null && endsOn !== null ? { reason, endsOn } : null,
  }));
};

/** How many databases any of these changes concerns, each counted once. */
export const countConcerned = async (
  db: Db,
  versions: readonly string[],
  ends: readonly ExemptionEnd[],
  environmentId: string | null,
): Promise<number> =>
  (
    await sql<{ count: number }>`
      SELECT count(*)::integer AS count FROM databases d LEFT JOIN lifecycle_exemptions e ON e.database_id = d.id
      WHERE d.status <> 'deprovisioned' AND (${environmentId}::uuid IS NULL OR d.environment_id = ${environmentId}::uuid)
        AND (d.version = ANY(${[...versions]}::text[]) OR (d.version, e.ends_on) IN (
          SELECT * FROM unnest(${ends.map(({ version }) => version)}::text[], ${ends.map(({ endsOn }) => endsOn)}::date[])))`.execute(
      db,
    )
  ).rows[0]?.count ?? 0;

import { sql, type RawBuilder } from 'kysely';
import type { LifecycleRecord, Mark } from '#domain/lifecycle/mark.js';
import type { Db, Tx } from './connection.js';

/** A database as a deprecation sweep looks at it. */
export interface LifecycleTarget extends LifecycleRecord {
  readonly id: string;
  readonly handle: string;
  readonly environmentId: string;
}

interface TargetRow {
  readonly id: string;
  readonly handle: string;
  readonly environment_id: string;
  readonly version: string;
  readonly mark: Mark | null;
  readonly mark_version: string | null;
  readonly reason: string | null;
  readonly ends_on: string | null;
}

/**
 * Marks and exemptions of some databases. The LIMIT makes each a look-up of its own: a join would read all marks for every page, which makes
 * ten times the databases a hundred times the work.
 */
const targetsOf = (some: RawBuilder<unknown>) => sql<TargetRow>`
  SELECT d.id, d.handle, d.environment_id, d.version, m.lifecycle AS mark, m.version AS mark_version,
    e.reason, to_char(e.ends_on, 'YYYY-MM-DD') AS ends_on
  FROM (${some}) d
  LEFT JOIN LATERAL (SELECT lifecycle, version FROM lifecycle_marks WHERE database_id = d.id LIMIT 1) m ON true
  LEFT JOIN LATERAL (SELECT reason, ends_on FROM lifecycle_exemptions WHERE database_id = d.id LIMIT 1) e ON true
  ORDER BY d.id`;

const toTarget = (row: TargetRow): LifecycleTarget => ({
  id: row.id,
  handle: row.handle,
  environmentId: row.environment_id,
  version: row.version,
  mark: row.mark !== null && row.mark_version !== null ? { lifecycle: row.mark, version: row.mark_version } : null,
  exemption: row.reason !== null && row.ends_on !== null ? { reason: row.reason, endsOn: row.ends_on } : null,
});

/** In the order of their ids, those that are not deprovisioned. */
export const pageLifecycleTargets = async (
  db: Db,
  after: string | null,
  limit: number,
): Promise<readonly LifecycleTarget[]> => {
  const page = sql`
    SELECT id, handle, environment_id, version FROM databases
    WHERE status <> 'deprovisioned' AND id > ${after ?? '00000000-0000-0000-0000-000000000000'}::uuid ORDER BY id LIMIT ${limit}`;
  const { rows } = await targetsOf(page).execute(db);
  return rows.map(toTarget);
};

/**
 * Holds these databases for the rest of the transaction and reads them as they are then. Those that somebody else holds are left out, not
 * waited for: who holds many and waits can stop an operation that waits for one of them. One alone may be waited for.
 */
export const lockLifecycleTargets = async (
  tx: Tx,
  ids: readonly string[],
  held: 'skip' | 'wait',
): Promise<readonly LifecycleTarget[]> => {
  const { rows: locked } = await sql<{ id: string }>`
    SELECT id FROM databases WHERE id = ANY(${[...ids]}::uuid[]) AND status <> 'deprovisioned'
    ORDER BY id FOR NO KEY UPDATE ${held === 'skip' ? sql`SKIP LOCKED` : sql``}`.execute(tx);
  // A statement of its own: the first one sees marks and exemptions as they were before it held the rows.
  const lockedIds = locked.map(({ id }) => id);
  const { rows } = await targetsOf(sql`SELECT * FROM databases WHERE id = ANY(${lockedIds}::uuid[])`).execute(tx);
  return rows.map(toTarget);
};

export interface NewMark {
  readonly databaseId: string;
  readonly lifecycle: Mark;
  readonly version: string;
}

/** The caller holds the databases. */
export const writeMarks = async (tx: Tx, marks: readonly NewMark[], at: Date): Promise<void> => {
  if (marks.length === 0) return;
  await sql`
    INSERT INTO lifecycle_marks (database_id, lifecycle, version, marked_at)
    SELECT id, lifecycle, version, ${at} FROM unnest(${marks.map(({ databaseId }) => databaseId)}::uuid[],
      ${marks.map(({ lifecycle }) => lifecycle)}::text[], ${marks.map(({ version }) => version)}::text[]) AS mark (id, lifecycle, version)
    ON CONFLICT (database_id) DO UPDATE
      SET lifecycle = excluded.lifecycle, version = excluded.version, marked_at = excluded.marked_at`.execute(tx);
};

/** The caller holds the databases. */
export const removeMarks = async (tx: Tx, databaseIds: readonly string[]): Promise<void> => {
  if (databaseIds.length === 0) return;
  await sql`DELETE FROM lifecycle_marks WHERE database_id = ANY(${[...databaseIds]}::uuid[])`.execute(tx);
};

export interface VersionCount {
  readonly version: string;
  readonly databases: number;
}

/** How many databases have each version; deprovisioned ones do not count. */
export const countVersions = async (db: Db): Promise<readonly VersionCount[]> =>
  (
    await sql<VersionCount>`
      SELECT version, count(*)::integer AS databases FROM databases WHERE status <> 'deprovisioned' GROUP BY version`.execute(
      db,
    )
  ).rows;

/** How many databases bear each mark. */
export const countMarks = async (db: Db): Promise<readonly { readonly mark: Mark; readonly databases: number }[]> =>
  (
    await sql<{ mark: Mark; databases: number }>`
      SELECT lifecycle AS mark, count(*)::integer AS databases FROM lifecycle_marks
      JOIN databases ON databases.id = database_id WHERE status <> 'deprovisioned' GROUP BY lifecycle`.execute(db)
  ).rows;

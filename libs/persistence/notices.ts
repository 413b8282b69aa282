import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';
import type { PageRequest } from './pages/page.js';

/** What people should hear of: once for each change, written with it. */
export interface Notice {
  readonly id: string;
  /** The action of the audit event that tells the same. */
  readonly event: string;
  readonly environmentId: string;
  readonly databaseId: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** In the transaction of the change. */
export const insertNotices = async (tx: Tx, notices: readonly Notice[], at: Date): Promise<void> => {
  if (notices.length === 0) return;
  await sql`
    INSERT INTO notices (id, event, environment_id, database_id, detail, created_at)
    SELECT id, event, environment_id, database_id, detail::jsonb, ${at}
    FROM unnest(${notices.map(({ id }) => id)}::uuid[], ${notices.map(({ event }) => event)}::text[],
      ${notices.map(({ environmentId }) => environmentId)}::uuid[], ${notices.map(({ databaseId }) => databaseId)}::uuid[],
      ${notices.map(({ detail }) => JSON.stringify(detail))}::text[]) AS notice (id, event, environment_id, database_id, detail)`.execute(
    tx,
  );
};

export interface NoticeRow {
  readonly id: string;
  readonly event: string;
  readonly environment: string;
  readonly database_id: string;
  readonly handle: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly created_at: Date;
}

/** Newest first. */
export const pageNotices = async (
  db: Db,
  filter: { readonly environmentId?: string; readonly databaseId?: string },
  page: PageRequest,
): Promise<readonly NoticeRow[]> => {
  const [environmentId, databaseId] = [filter.environmentId ?? null, filter.databaseId ?? null];
  const { rows } = await sql<NoticeRow>`
    SELECT notices.id, event, environments.name AS environment, database_id, handle, detail, notices.created_at FROM notices
    JOIN databases ON databases.id = database_id JOIN environments ON environments.id = notices.environment_id
    WHERE (${environmentId}::uuid IS NULL OR notices.environment_id = ${environmentId}::uuid)
      AND (${databaseId}::uuid IS NULL OR database_id = ${databaseId}::uuid)
      AND (${page.after ?? null}::uuid IS NULL OR notices.id < ${page.after ?? null}::uuid)
    ORDER BY notices.id DESC LIMIT ${page.limit}`.execute(db);
  return rows;
};

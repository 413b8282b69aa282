import type { ChainEntry, ChainPosition } from '#domain/audit/chain.js';
import type { AuditEvent } from '#domain/audit/event.js';
import type { Db } from '../connection.js';

export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly environmentId?: string | undefined;
  readonly databaseId?: string | undefined;
  readonly operationId?: string | undefined;
}

export type StoredAuditEvent = AuditEvent & {
  readonly seq: number;
  readonly hash: string;
  /** What the database is called today; the entry itself has its id only. */
  readonly database: string | null;
};

/** One page, newest first; `beforeSeq` is where the page before it ended. */
export const pageAudit = async (
  db: Db,
  filter: AuditFilter,
  page: { limit: number; beforeSeq: number | null },
): Promise<StoredAuditEvent[]> => {
  let query = db
    .selectFrom('audit_events')
    .select(['seq', 'body', 'hash'])
    .select((e) =>
      e
        .selectFrom('databases')
        .select('databases.handle')
        .whereRef('databases.id', '=', 'audit_events.database_id')
        .as('database'),
    )
    .orderBy('seq', 'desc')
    .limit(page.limit);
  if (page.beforeSeq !== null) query = query.where('seq', '<', String(page.beforeSeq));
  if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor);
  if (filter.action !== undefined) query = query.where('action', '=', filter.action);
  if (filter.environmentId !== undefined) query = query.where('environment_id', '=', filter.environmentId);
  if (filter.databaseId !== undefined) query = query.where('database_id', '=', filter.databaseId);
  if (filter.operationId !== undefined) query = query.where('operation_id', '=', filter.operationId);
  return (await query.execute()).map((row) => ({
    ...(JSON.parse(row.body) as AuditEvent),
    seq: Number(row.seq),
    hash: row.hash,
    database: row.database,
  }));
};

const batchSize = 10_000;

/** Every entry after `afterSeq`, oldest first, in batches, so that a history of any length fits in memory. */
export async function* readChain(db: Db, afterSeq = 0): AsyncGenerator<readonly ChainEntry[]> {
  let last = String(afterSeq);
  for (;;) {
    const rows = await db
      .selectFrom('audit_events')
      .select(['seq', 'body', 'hash'])
      .where('seq', '>', last)
      .orderBy('seq')
      .limit(batchSize)
      .execute();
    if (rows.length > 0) yield rows.map((row) => ({ seq: Number(row.seq), body: row.body, hash: row.hash }));
    if (rows.length < batchSize) return;
    last = rows.at(-1)?.seq ?? last;
  }
}

/** Where the database itself says that the chain ends. */
export const readHead = async (db: Db): Promise<ChainPosition> => {
  const row = await db.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirstOrThrow();
  return { seq: Number(row.seq), hash: row.hash };
};

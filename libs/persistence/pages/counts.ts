import { sql } from 'kysely';
import type { DatabaseHealth, DatabaseStatus } from '#domain/database/status.js';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { OperationStatus } from '#domain/operation/state-machine.js';
import type { Db } from '../connection.js';

export const countOperations = (db: Db): Promise<{ kind: OperationKind; status: OperationStatus; count: number }[]> =>
  db
    .selectFrom('operations')
    .select(['kind', 'status', sql<number>`count(*)::integer`.as('count')])
    .groupBy(['kind', 'status'])
    .execute();

export const countDatabases = (db: Db): Promise<{ status: DatabaseStatus; count: number }[]> =>
  db
    .selectFrom('databases')
    .select(['status', sql<number>`count(*)::integer`.as('count')])
    .groupBy('status')
    .execute();

export const countHealth = (db: Db): Promise<{ health: DatabaseHealth; count: number }[]> =>
  db
    .selectFrom('databases')
    .select(['health', sql<number>`count(*)::integer`.as('count')])
    .where('status', '=', 'provisioned')
    .groupBy('health')
    .execute();

export interface Backlog {
  /** Wake-ups that are due and not sent yet. */
  readonly due: number;
  readonly oldestQueuedSeconds: number;
}

export const readBacklog = async (db: Db): Promise<Backlog> => {
  const { rows } = await sql<Backlog>`
    SELECT (SELECT count(*)::integer FROM outbox WHERE dispatched_at IS NULL AND due_at <= now()) AS due,
      (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM operations WHERE status = 'queued')
        AS "oldestQueuedSeconds"`.execute(db);
  return rows[0] ?? { due: 0, oldestQueuedSeconds: 0 };
};

import { sql } from 'kysely';
import type { OperationKind } from '#domain/operation/kinds.js';
import type { Db, Tx } from '../connection.js';
import { itsTurn } from './turn.js';

export interface WakeUp {
  readonly operationId: string;
  readonly kind: OperationKind;
  readonly dispatchNo: number;
}

/**
 * Locks the wake-ups that are owed and due, oldest first, and numbers each dispatch. Only operations whose turn it is. Of a kind with a limit no
 * more than may run: a thousand backups that are due at once would otherwise go round between the queue and the workers. Concurrent relays
 * skip each other's rows.
 */
export const takeDueWakeUps = async (tx: Tx, limit: number): Promise<readonly WakeUp[]> => {
  const { rows } = await sql<WakeUp>`
    WITH room AS (
      SELECT kind, most - (
        SELECT count(*) FROM operations LEFT JOIN outbox ON outbox.operation_id = operations.id
        WHERE operations.kind = operation_limits.kind AND operations.status IN ('queued', 'running', 'waiting')
          AND (operations.status = 'running' OR outbox.dispatched_at IS NOT NULL)) AS places
      FROM operation_limits
    ), line AS (
      SELECT outbox.operation_id, row_number() OVER (PARTITION BY kind ORDER BY outbox.due_at, outbox.operation_id) AS place, places
      FROM outbox JOIN operations ON operations.id = outbox.operation_id JOIN room USING (kind)
      WHERE places > 0 AND outbox.dispatched_at IS NULL AND outbox.due_at <= now() AND ${itsTurn}
    )
    UPDATE outbox SET dispatch_no = outbox.dispatch_no + 1, dispatched_at = now()
    FROM (
      SELECT outbox.operation_id, operations.kind FROM outbox JOIN operations ON operations.id = outbox.operation_id
      WHERE outbox.dispatched_at IS NULL AND outbox.due_at <= now() AND CASE
        WHEN operations.kind IN (SELECT kind FROM operation_limits) THEN outbox.operation_id IN (SELECT operation_id FROM line WHERE place <= places)
        ELSE ${itsTurn} END
      ORDER BY outbox.due_at LIMIT ${limit} FOR UPDATE OF outbox SKIP LOCKED
    ) due
    WHERE outbox.operation_id = due.operation_id
    RETURNING outbox.operation_id AS "operationId", due.kind, outbox.dispatch_no AS "dispatchNo"`.execute(tx);
  return rows;
};

/** How long until the next wake-up falls due, in ms; null when none is owed at a later time. */
export const nextDueInMs = async (db: Db): Promise<number | null> => {
  const { rows } = await sql<{ ms: number | null }>`
    SELECT (extract(epoch FROM min(due_at) - now()) * 1000)::float8 AS ms FROM outbox WHERE dispatched_at IS NULL AND due_at > now()`.execute(
    db,
  );
  return rows[0]?.ms ?? null;
};

/** Wake-ups that were sent a while ago and claimed by nobody: the queue may have lost them. */
export const unansweredWakeUps = async (db: Db, olderThanMs: number, limit: number): Promise<readonly WakeUp[]> => {
  const { rows } = await sql<WakeUp>`
    SELECT outbox.operation_id AS "operationId", operations.kind, outbox.dispatch_no AS "dispatchNo"
    FROM outbox JOIN operations ON operations.id = outbox.operation_id
    WHERE operations.status IN ('queued', 'waiting') AND outbox.dispatched_at < now() - ${olderThanMs} * interval '1 millisecond'
    ORDER BY outbox.dispatched_at LIMIT ${limit}`.execute(db);
  return rows;
};

/** Owes the wake-up again, unless it was dispatched anew or claimed meanwhile. */
export const oweAgain = async (db: Db, wakeUps: readonly WakeUp[]): Promise<void> => {
  if (wakeUps.length === 0) return;
  await sql`
    UPDATE outbox SET dispatched_at = NULL, due_at = now()
    FROM unnest(${wakeUps.map((w) => w.operationId)}::uuid[], ${wakeUps.map((w) => w.dispatchNo)}::integer[]) lost (operation_id, dispatch_no), operations
    WHERE outbox.operation_id = lost.operation_id AND outbox.dispatch_no = lost.dispatch_no
      AND operations.id = lost.operation_id AND operations.status IN ('queued', 'waiting')`.execute(db);
};

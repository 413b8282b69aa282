import { sql, type RawBuilder } from 'kysely';
import { isUniqueViolation, type Db } from '../connection.js';
import type { OperationRow } from '../tables.js';
import { itsTurn } from './turn.js';

export interface Lease {
  readonly operationId: string;
  readonly owner: string;
  readonly attempt: number;
}

/**
 * Takes an operation for one attempt: a guarded update with a lease. Returns null when somebody else has it, when it is over, when it is not
 * its turn, or when as many of its kind run as may. The unique index on active targets is the last guard.
 */
export const claimOperation = async (
  db: Db,
  operationId: string,
  owner: string,
  leaseMs: number,
): Promise<OperationRow | null> => {
  try {
    const unlimited = sql`SELECT FROM operation_limits WHERE operation_limits.kind = operations.kind`;
    const claimed = await claim(db, { operationId, owner, leaseMs, unless: unlimited });
    return claimed ?? (await claimWithinLimit(db, operationId, owner, leaseMs));
  } catch (error) {
    if (isUniqueViolation(error, 'operation_targets_active')) return null;
    throw error;
  }
};

/** Workers that claim operations of one limited kind do so one after another: each counts what the others have taken. */
const claimWithinLimit = (db: Db, operationId: string, owner: string, leaseMs: number): Promise<OperationRow | null> =>
  db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      SELECT most FROM operation_limits JOIN operations USING (kind)
      WHERE operations.id = ${operationId} FOR UPDATE OF operation_limits`.execute(tx);
    if (rows.length === 0) return null;
    const full = sql`
      SELECT FROM operation_limits WHERE operation_limits.kind = operations.kind AND most <= (
        SELECT count(*) FROM operations other WHERE other.kind = operations.kind AND other.status = 'running')`;
    return claim(tx, { operationId, owner, leaseMs, unless: full });
  });

const claim = async (
  db: Db,
  {
    operationId,
    owner,
    leaseMs,
    unless,
  }: { operationId: string; owner: string; leaseMs: number; unless: RawBuilder<unknown> },
): Promise<OperationRow | null> => {
  const { rows } = await sql<OperationRow>`
    WITH claimed AS (
      UPDATE operations SET status = 'running', attempt = attempt + 1, lease_owner = ${owner},
        lease_expires_at = now() + ${leaseMs} * interval '1 millisecond', started_at = coalesce(started_at, now()), error = NULL
      WHERE id = ${operationId} AND status IN ('queued', 'waiting') AND NOT EXISTS (${unless}) AND ${itsTurn}
      RETURNING *
    ), held AS (
      UPDATE operation_targets SET active = exclusive FROM claimed WHERE operation_id = claimed.id
    )
    SELECT * FROM claimed`.execute(db);
  return rows[0] ?? null;
};

/** A wake-up that could not be answered yet, because it was not the operation's turn, is owed again. */
export const oweUnclaimed = async (db: Db, operationId: string): Promise<void> => {
  await sql`
    UPDATE outbox SET dispatched_at = NULL FROM operations
    WHERE outbox.operation_id = ${operationId} AND operations.id = outbox.operation_id AND operations.status IN ('queued', 'waiting')`.execute(
    db,
  );
};

/** Extends the lease. Returns null when the lease is lost, else whether a cancel was asked for. */
export const renewLease = async (
  db: Db,
  lease: Lease,
  leaseMs: number,
): Promise<{ cancelRequested: boolean } | null> => {
  const row = await db
    .updateTable('operations')
    .set({ lease_expires_at: sql<Date>`now() + ${leaseMs} * interval '1 millisecond'` })
    .where('id', '=', lease.operationId)
    .where('attempt', '=', lease.attempt)
    .where('lease_owner', '=', lease.owner)
    .where('status', '=', 'running')
    .returning('cancel_requested_at')
    .executeTakeFirst();
  return row ? { cancelRequested: row.cancel_requested_at !== null } : null;
};

/** Running operations whose worker is gone go back to the queue. Returns their ids. */
export const rescueLostLeases = async (db: Db): Promise<readonly string[]> => {
  const { rows } = await sql<{ id: string }>`
    WITH lost AS (
      UPDATE operations SET status = 'queued', lease_owner = NULL, lease_expires_at = NULL, losses = losses + 1
      WHERE status = 'running' AND lease_expires_at < now() RETURNING id
    ), steps AS (
      UPDATE operation_steps SET status = 'interrupted', finished_at = now()
      FROM lost WHERE operation_id = lost.id AND operation_steps.status = 'running'
    ), noted AS (
      INSERT INTO operation_log (operation_id, level, message)
      SELECT id, 'warn', 'The worker that ran this operation is gone; another one goes on.' FROM lost
    ), owed AS (
      UPDATE outbox SET dispatched_at = NULL, due_at = now() FROM lost WHERE operation_id = lost.id
    )
    SELECT id FROM lost`.execute(db);
  return rows.map((row) => row.id);
};

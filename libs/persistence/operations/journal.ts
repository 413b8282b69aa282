import { sql } from 'kysely';
import type { Db, Tx } from '../connection.js';
import type { Lease } from './claim.js';
import { LeaseLost } from './transition.js';

export type StepEnd = 'succeeded' | 'failed' | 'interrupted';

/** Records that a step begins. Guarded by attempt: a worker that lost its lease cannot write. Errors: `LeaseLost`. */
export const beginStep = async (
  db: Db,
  lease: Lease,
  ordinal: number,
  name: string,
  startedAt: Date,
): Promise<void> => {
  const { numAffectedRows } = await sql`
    INSERT INTO operation_steps (operation_id, attempt, ordinal, name, status, started_at)
    SELECT id, attempt, ${ordinal}, ${name}, 'running', ${startedAt} FROM operations
    WHERE id = ${lease.operationId} AND attempt = ${lease.attempt} AND lease_owner = ${lease.owner} AND status = 'running'`.execute(
    db,
  );
  if (numAffectedRows !== 1n) throw new LeaseLost();
};

/** Errors: `LeaseLost`. */
export const endStep = async (
  tx: Tx,
  lease: Lease,
  ordinal: number,
  status: StepEnd,
  finishedAt: Date,
): Promise<void> => {
  const { numAffectedRows } = await sql`
    UPDATE operation_steps step SET status = ${status}, finished_at = ${finishedAt} FROM operations
    WHERE operations.id = ${lease.operationId} AND operations.attempt = ${lease.attempt} AND operations.lease_owner = ${lease.owner}
      AND operations.status = 'running' AND step.operation_id = operations.id AND step.attempt = operations.attempt
      AND step.ordinal = ${ordinal}`.execute(tx);
  if (numAffectedRows !== 1n) throw new LeaseLost();
};

export const appendLog = async (
  db: Db | Tx,
  operationId: string,
  level: 'info' | 'warn' | 'error',
  message: string,
): Promise<void> => {
  await db.insertInto('operation_log').values({ operation_id: operationId, level, message }).execute();
};

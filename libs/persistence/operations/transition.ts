import { sql } from 'kysely';
import { isFinished, nextStatus, type OperationEvent } from '#domain/operation/state-machine.js';
import type { Tx } from '../connection.js';
import type { OperationError, OperationReceipt } from '../operation-documents.js';
import type { Lease } from './claim.js';

export interface AttemptEnd {
  readonly event: Exclude<OperationEvent, 'claim' | 'rescue'>;
  readonly error?: OperationError | null;
  readonly receipt?: OperationReceipt;
  /** With `wait`: when it is due again. */
  readonly dueAt?: Date;
}

/** Thrown by every write of a worker whose lease has passed to another one. It writes nothing more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** Keeps the lease from passing on until the transaction ends. Errors: `LeaseLost`. */
export const requireLease = async (tx: Tx, lease: Lease): Promise<void> => {
  const held = await tx
    .selectFrom('operations')
    .select('id')
    .where('id', '=', lease.operationId)
    .where('attempt', '=', lease.attempt)
    .where('lease_owner', '=', lease.owner)
    .where('status', '=', 'running')
    .forShare()
    .executeTakeFirst();
  if (!held) throw new LeaseLost();
};

/** Ends an attempt. Guarded by attempt and status. Errors: `LeaseLost`. */
export const endAttempt = async (tx: Tx, lease: Lease, end: AttemptEnd): Promise<void> => {
  const status = nextStatus('running', end.event);
  if (status === null) throw new Error(`A running operation knows no event "${end.event}"`);
  const updated = await tx
    .updateTable('operations')
    .set({
      status,
      lease_owner: null,
      lease_expires_at: null,
      error: end.error ? JSON.stringify(end.error) : null,
      ...(end.receipt ? { receipt: JSON.stringify(end.receipt) } : {}),
      ...(isFinished(status) ? { finished_at: sql<Date>`now()` } : {}),
    })
    .where('id', '=', lease.operationId)
    .where('attempt', '=', lease.attempt)
    .where('lease_owner', '=', lease.owner)
    .where('status', '=', 'running')
    .executeTakeFirst();
  if (updated.numUpdatedRows !== 1n) throw new LeaseLost();
  await (isFinished(status)
    ? releaseTargets(tx, lease.operationId)
    : oweWakeUp(tx, lease.operationId, end.dueAt ?? null));
};

/** Sets the databases free and tells the relay that the next operation in line may be due. */
export const releaseTargets = async (tx: Tx, operationId: string): Promise<void> => {
  await sql`UPDATE operation_targets SET active = false, finished = true WHERE operation_id = ${operationId}`.execute(
    tx,
  );
  await sql`DELETE FROM outbox WHERE operation_id = ${operationId}`.execute(tx);
  await sql`SELECT pg_notify('holdfast_outbox', '')`.execute(tx);
};

export const oweWakeUp = async (tx: Tx, operationId: string, dueAt: Date | null): Promise<void> => {
  await sql`UPDATE outbox SET dispatched_at = NULL, due_at = coalesce(${dueAt}, now()) WHERE operation_id = ${operationId}`.execute(
    tx,
  );
};

import { sql } from 'kysely';
import type { BackupFinding } from '#domain/backup/finding.js';
import type { Finding } from '#domain/drift/finding.js';
import type { SweepKind, SweepStatus } from '#domain/drift/sweep.js';
import type { LifecycleFinding } from '#domain/lifecycle/finding.js';
import type { KeyFinding } from '#domain/secrets/finding.js';
import { isUniqueViolation, type Db, type Tx } from './connection.js';
import type { PageRequest } from './pages/page.js';

export interface SweepCounts {
  readonly databases: number;
  /** Left alone because an operation holds them, or is about to do the same. */
  readonly skipped: number;
  readonly byFinding: Readonly<Record<string, number>>;
  /** These are the drift sweep's. */
  readonly byHealth?: Readonly<Record<string, number>>;
  readonly healthChanges?: number;
  readonly repairsRequested?: number;
  /** Operations on backups. */
  readonly requested?: number;
  readonly alertChanges?: number;
  /** These two are the deprecation sweep's. */
  readonly marked?: number;
  readonly unmarked?: number;
  readonly durationMs: number;
}

export type DatabaseFinding = (Finding | LifecycleFinding) & {
  readonly databaseId: string;
  readonly handle: string;
};
export type SweepFinding = DatabaseFinding | BackupFinding | KeyFinding;

/** What a sweep may be told. */
export interface SweepScope {
  /** It says what it would do, and does nothing. */
  readonly dry_run: boolean;
  /** As if it were then; only of a dry run. */
  readonly as_of: Date | null;
}

export interface SweepRow extends SweepScope {
  readonly id: string;
  readonly kind: SweepKind;
  readonly status: SweepStatus;
  readonly requested_by: string;
  readonly counts: SweepCounts | null;
  readonly findings: readonly SweepFinding[];
  readonly error: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/** Wakes whoever runs sweeps, when the transaction commits. */
export const insertSweep = async (
  tx: Tx,
  id: string,
  kind: SweepKind,
  requestedBy: string,
  { dry_run: dryRun, as_of: asOf }: SweepScope = { dry_run: false, as_of: null },
): Promise<SweepRow> => {
  const { rows } = await sql<SweepRow>`
    INSERT INTO sweeps (id, kind, status, requested_by, dry_run, as_of)
    VALUES (${id}, ${kind}, 'queued', ${requestedBy}, ${dryRun}, ${asOf}) RETURNING *`.execute(tx);
  await sql`SELECT pg_notify('holdfast_sweep', ${kind})`.execute(tx);
  if (!rows[0]) throw new Error('An inserted sweep was not returned');
  return rows[0];
};

export interface SweepLease {
  readonly id: string;
  readonly kind: SweepKind;
  readonly owner: string;
  readonly leaseMs: number;
}

/** Ends sweeps whose worker is gone, so that others may begin. What they had written stands. */
const giveUpLost = async (db: Db, kind: SweepKind): Promise<void> => {
  await sql`
    UPDATE sweeps SET status = 'failed', error = 'The worker that ran this sweep is gone.', finished_at = now(), lease_owner = NULL
    WHERE kind = ${kind} AND status = 'running' AND lease_expires_at < now()`.execute(db);
};

/** The oldest sweep that somebody asked for. Null when there is none, or one runs already. */
export const claimQueuedSweep = (db: Db, { kind, owner, leaseMs }: Omit<SweepLease, 'id'>): Promise<SweepRow | null> =>
  alone(db, kind, async () => {
    const { rows } = await sql<SweepRow>`
      UPDATE sweeps SET status = 'running', started_at = now(), lease_owner = ${owner},
        lease_expires_at = now() + ${leaseMs} * interval '1 millisecond'
      WHERE id = (SELECT id FROM sweeps WHERE kind = ${kind} AND status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING *`.execute(db);
    return rows[0] ?? null;
  });

/**
 * A sweep that nobody asked for. Null when one runs, or began less than `notWithinMs` ago: late wake-ups must not pile up. One that failed, or
 * only said what it would do, stands in the way of none.
 */
export const beginSweep = (
  db: Db,
  { id, kind, owner, leaseMs }: SweepLease,
  requestedBy: string,
  notWithinMs: number,
): Promise<SweepRow | null> =>
  alone(db, kind, async () => {
    const { rows } = await sql<SweepRow>`
      INSERT INTO sweeps (id, kind, status, requested_by, started_at, lease_owner, lease_expires_at)
      SELECT ${id}, ${kind}, 'running', ${requestedBy}, now(), ${owner}, now() + ${leaseMs} * interval '1 millisecond'
      WHERE NOT EXISTS (SELECT FROM sweeps WHERE kind = ${kind}
        AND (status = 'running' OR status <> 'failed' AND NOT dry_run AND started_at > now() - ${notWithinMs} * interval '1 millisecond'))
      RETURNING *`.execute(db);
    return rows[0] ?? null;
  });

const alone = async (db: Db, kind: SweepKind, claim: () => Promise<SweepRow | null>): Promise<SweepRow | null> => {
  await giveUpLost(db, kind);
  try {
    return await claim();
  } catch (error) {
    if (isUniqueViolation(error, 'sweeps_running')) return null;
    throw error;
  }
};

/** False when the sweep has been given up. */
export const renewSweep = async (db: Db, { id, owner, leaseMs }: SweepLease): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    UPDATE sweeps SET lease_expires_at = now() + ${leaseMs} * interval '1 millisecond'
    WHERE id = ${id} AND lease_owner = ${owner} AND status = 'running'`.execute(db);
  return numAffectedRows === 1n;
};

export type SweepEnd =
  { readonly counts: SweepCounts; readonly findings: readonly SweepFinding[] } | { readonly error: string };

/** Guarded by the lease: a worker that comes too late changes nothing. Only so many ended sweeps of a kind are kept. */
export const endSweep = async (db: Db, lease: SweepLease, end: SweepEnd, kept: number): Promise<void> => {
  const { id, owner, kind } = lease;
  const [status, counts, findings, error] =
    'error' in end ? ['failed', null, [], end.error] : ['succeeded', end.counts, end.findings, null];
  await sql`
    UPDATE sweeps SET status = ${status}, counts = ${counts && JSON.stringify(counts)}::jsonb, findings = ${JSON.stringify(findings)}::jsonb,
      error = ${error}, finished_at = now(), lease_owner = NULL, lease_expires_at = NULL
    WHERE id = ${id} AND lease_owner = ${owner} AND status = 'running'`.execute(db);
  await sql`
    DELETE FROM sweeps WHERE kind = ${kind} AND finished_at IS NOT NULL AND id NOT IN (
      SELECT id FROM sweeps WHERE kind = ${kind} AND finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT ${kept})`.execute(
    db,
  );
};

export const findSweep = async (db: Db | Tx, id: string): Promise<SweepRow | undefined> =>
  (await sql<SweepRow>`SELECT * FROM sweeps WHERE id = ${id}`.execute(db)).rows[0];

/** Newest first, without their findings. */
export const pageSweeps = async (
  db: Db,
  kind: SweepKind | undefined,
  page: PageRequest,
): Promise<readonly SweepRow[]> => {
  const { rows } = await sql<SweepRow>`
    SELECT id, kind, status, requested_by, dry_run, as_of, counts, '[]'::jsonb AS findings, error, created_at, started_at, finished_at FROM sweeps
    WHERE (${kind ?? null}::text IS NULL OR kind = ${kind ?? null}) AND (${page.after ?? null}::uuid IS NULL OR id < ${page.after ?? null}::uuid)
    ORDER BY id DESC LIMIT ${page.limit}`.execute(db);
  return rows;
};

/** The last one that came to its end and was none that only says what it would do. */
export const lastSweep = async (db: Db, kind: SweepKind): Promise<SweepRow | undefined> =>
  (
    await sql<SweepRow>`
      SELECT * FROM sweeps WHERE kind = ${kind} AND status = 'succeeded' AND NOT dry_run ORDER BY finished_at DESC LIMIT 1`.execute(
      db,
    )
  ).rows[0];

import { sql } from 'kysely';
import { scheduled } from './backup-schedules.js';
import type { Db, Tx } from './connection.js';

/** One that somebody cancelled is not meant. Each wait is as long as the time that has been lost by then, so that it doubles. */
const dueAgain = (since: ReturnType<typeof sql.ref>, now: Date) => sql`
  failed.status = 'failed' AND failed.kind = 'automatic' AND operations.status = 'failed'
  AND failed.created_at + greatest(interval '1 hour', failed.created_at - ${since}) <= ${now}`;

/**
 * Databases whose last automatic backup failed an hour ago or longer, with no moment of the schedule since. Those of the last day: then
 * there has been another moment, or the alert tells.
 */
export const databasesToBackUpAgain = async (
  db: Db | Tx,
  now: Date,
  only: string | null = null,
): Promise<readonly string[]> =>
  (
    await sql<{ id: string }>`
      SELECT failed.database_id AS id FROM backups failed JOIN operations ON operations.id = failed.operation_id
        JOIN backup_schedules schedule ON schedule.database_id = failed.database_id
        JOIN databases ON databases.id = failed.database_id
      WHERE ${scheduled} AND ${dueAgain(sql.ref('schedule.served_at'), now)} AND failed.copy_of IS NULL
        AND failed.created_at > ${new Date(now.getTime() - dayMs)}
        AND (${only}::uuid IS NULL OR failed.database_id = ${only}::uuid)
        AND NOT EXISTS (SELECT FROM backups later WHERE later.database_id = failed.database_id AND later.kind = 'automatic'
          AND later.copy_of IS NULL AND later.id > failed.id)
      ORDER BY failed.id`.execute(db)
  ).rows.map(({ id }) => id);

export interface WantedCopy {
  /** Of the original. */
  readonly id: string;
  readonly store: string;
}

/** Backups that the policy wants a copy of, and whose copying failed an hour ago or longer; for a week. */
export const backupsToCopyAgain = async (
  db: Db | Tx,
  now: Date,
  only: string | null = null,
): Promise<readonly WantedCopy[]> =>
  (
    await sql<WantedCopy>`
      SELECT original.id, failed.store FROM backups failed JOIN operations ON operations.id = failed.operation_id
        JOIN backups original ON original.id = failed.copy_of AND original.status = 'complete'
        JOIN backup_policies policy ON policy.environment_id = original.environment_id
          AND policy.make_copy AND policy.copy_store = failed.store
      WHERE ${dueAgain(sql.ref('original.completed_at'), now)}
        AND failed.created_at > ${new Date(now.getTime() - 7 * dayMs)}
        AND (${only}::uuid IS NULL OR original.id = ${only}::uuid)
        AND NOT EXISTS (SELECT FROM backups other WHERE other.copy_of = original.id AND other.store = failed.store
          AND (other.status <> 'failed' OR other.id > failed.id))
      ORDER BY failed.id`.execute(db)
  ).rows;

const dayMs = 86_400_000;

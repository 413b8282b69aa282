import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';

export interface BackupAge {
  readonly id: string;
  readonly environment_id: string;
  readonly environment: string;
  readonly handle: string;
  /** Moment of the data of the newest verified backup. */
  readonly verified_at: Date | null;
  /** What the promise counts from: that moment, or when the database was provisioned or came under its schedule, if that is later. */
  readonly proven_at: Date;
  /** Null while there is no alert. */
  readonly overdue_since: Date | null;
  /** The newest backup holds no key and an older one does, and the first one without is less than thirty days older than the newest. */
  readonly emptied: boolean;
}

/** Of the databases under a schedule; of one of them, when an id is given. */
export const backupAges = async (db: Db | Tx, databaseId: string | null = null): Promise<readonly BackupAge[]> =>
  (
    await sql<BackupAge>`
      SELECT databases.id, environment_id, environments.name AS environment, handle, newest.verified_at,
        greatest(newest.verified_at, provisioned_at, schedule.since) AS proven_at, alert.since AS overdue_since,
        coalesce(last.keys = 0 AND (
          SELECT min(backups.snapshot_at) FROM backups, (
            SELECT max(snapshot_at) AS filled_at FROM backups
            WHERE backups.database_id = databases.id AND status = 'complete' AND copy_of IS NULL AND (keys IS NULL OR keys > 0)) filled
          WHERE backups.database_id = databases.id AND status = 'complete' AND copy_of IS NULL AND snapshot_at > filled_at
        ) > last.snapshot_at - interval '30 days', false) AS emptied
      FROM backup_schedules schedule
      JOIN databases ON databases.id = schedule.database_id
      JOIN environments ON environments.id = environment_id
      LEFT JOIN backup_alerts alert ON alert.database_id = databases.id
      LEFT JOIN LATERAL (
        SELECT max(snapshot_at) AS verified_at FROM backups
        WHERE backups.database_id = databases.id AND status = 'complete' AND verification = 'verified') newest ON true
      LEFT JOIN LATERAL (
        SELECT keys, snapshot_at FROM backups WHERE backups.database_id = databases.id AND status = 'complete' AND copy_of IS NULL
        ORDER BY snapshot_at DESC LIMIT 1) last ON true
      WHERE ${databaseId}::uuid IS NULL OR databases.id = ${databaseId}::uuid
      ORDER BY databases.id`.execute(db)
  ).rows;

/** False when there is one. */
export const raiseAlert = async (tx: Tx, databaseId: string, since: Date): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    INSERT INTO backup_alerts (database_id, since) VALUES (${databaseId}, ${since}) ON CONFLICT DO NOTHING`.execute(tx);
  return numAffectedRows === 1n;
};

/** False when there is none. */
export const endAlert = async (tx: Tx, databaseId: string): Promise<boolean> => {
  const { numAffectedRows } = await sql`DELETE FROM backup_alerts WHERE database_id = ${databaseId}`.execute(tx);
  return numAffectedRows === 1n;
};

export interface StaleAlert {
  readonly database_id: string;
  readonly environment_id: string;
}

/** Alerts of databases that nothing is promised for any more. */
export const alertsWithoutSchedule = async (db: Db): Promise<readonly StaleAlert[]> =>
  (
    await sql<StaleAlert>`
      SELECT database_id, environment_id FROM backup_alerts JOIN databases ON databases.id = database_id
      WHERE NOT EXISTS (SELECT FROM backup_schedules WHERE backup_schedules.database_id = backup_alerts.database_id)`.execute(
      db,
    )
  ).rows;

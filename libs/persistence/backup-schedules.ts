import { sql } from 'kysely';
import type { Db, Tx } from './connection.js';

/** Those that get automatic backups: a replica has the data of its primary, and a fenced server is nobody's. */
export const scheduled = sql`databases.status = 'provisioned' AND databases.backups_enabled AND databases.role = 'primary'`;

/**
 * Takes databases under their schedule, and others out of it. A new one waits for the first moment after `now`. One that is being deprovisioned
 * stays in it: should it be left as it was, what was promised counts from when it did before.
 */
export const arrangeSchedules = async (db: Db, now: Date): Promise<void> => {
  await sql`
    INSERT INTO backup_schedules (database_id, served_at, since) SELECT id, ${now}, ${now} FROM databases WHERE ${scheduled}
    ON CONFLICT DO NOTHING`.execute(db);
  await sql`
    DELETE FROM backup_schedules USING databases WHERE databases.id = database_id
      AND databases.status <> 'deprovisioning' AND NOT (${scheduled})`.execute(db);
};

export interface ScheduledDatabase {
  readonly id: string;
  readonly environment_id: string;
  readonly served_at: Date;
}

/** Those that wait longest come first. */
export const scheduledDatabases = async (db: Db): Promise<readonly ScheduledDatabase[]> =>
  (
    await sql<ScheduledDatabase>`
      SELECT databases.id, environment_id, served_at FROM backup_schedules JOIN databases ON databases.id = database_id
      WHERE ${scheduled} ORDER BY served_at, databases.id`.execute(db)
  ).rows;

/** False when the moment was served by somebody else, or the database is not under a schedule any more. */
export const serveMoment = async (tx: Tx, databaseId: string, moment: Date): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    UPDATE backup_schedules SET served_at = ${moment} FROM databases
    WHERE database_id = ${databaseId} AND databases.id = database_id AND served_at < ${moment} AND ${scheduled}`.execute(
    tx,
  );
  return numAffectedRows === 1n;
};

/** Whether an automatic backup of the database is on its way. */
export const isBeingBackedUp = async (tx: Tx, databaseId: string): Promise<boolean> => {
  const { rows } = await sql`
    SELECT FROM backups JOIN operations ON operations.id = operation_id
    WHERE backups.database_id = ${databaseId} AND backups.kind = 'automatic' AND copy_of IS NULL AND backups.status = 'running'
      AND operations.status IN ('queued', 'running', 'waiting') LIMIT 1`.execute(tx);
  return rows.length > 0;
};

/** Of a schedule that was changed, moments before the change are not made up for: all its databases would begin at once. */
export const restartSchedules = async (
  tx: Tx,
  of: { readonly environmentId: string } | { readonly databaseId: string },
  now: Date,
): Promise<void> => {
  const chosen =
    'databaseId' in of
      ? sql`database_id = ${of.databaseId}`
      : sql`database_id IN (SELECT id FROM databases WHERE environment_id = ${of.environmentId})`;
  await sql`UPDATE backup_schedules SET served_at = greatest(served_at, ${now}) WHERE ${chosen}`.execute(tx);
};

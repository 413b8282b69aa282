import type { BackupPolicy } from '#domain/backup/policy.js';
import { decideRetention, type RetainableBackup } from '#domain/backup/retention.js';
import { retainableBackups } from '#persistence/backup-retention.js';
import type { Db, Tx } from '#persistence/connection.js';
import type { DatabaseRow } from '#persistence/tables.js';

/** The backups of a database that go by a policy, oldest first. */
export const backupsToPurge = async (
  db: Db | Tx,
  database: Pick<DatabaseRow, 'id' | 'status' | 'backups_enabled'>,
  policy: BackupPolicy,
  now: Date,
): Promise<readonly RetainableBackup[]> => {
  const rows = await retainableBackups(db, database.id);
  const backups = rows.map(({ snapshot_at, ...row }) => ({ ...row, snapshotAt: snapshot_at }));
  const subject = { backupsEnabled: database.backups_enabled, deprovisioned: database.status === 'deprovisioned' };
  const { purge } = decideRetention(backups, subject, policy, now);
  const byId = new Map(backups.map((backup) => [backup.id, backup]));
  return purge.flatMap((id) => byId.get(id) ?? []);
};

-- Since when a database is under its schedule: what its policy promises counts from then.
ALTER TABLE backup_schedules ADD COLUMN since timestamptz NOT NULL DEFAULT now();

-- Databases that have had no verified backup for longer than their policy promises.
CREATE TABLE backup_alerts (
  database_id uuid PRIMARY KEY REFERENCES databases,
  since timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON backup_alerts TO holdfast_app;

-- Newest verified backup of each database.
CREATE INDEX backups_verified ON backups (database_id, snapshot_at) WHERE status = 'complete' AND verification = 'verified';

-- Which operations need a backup.
CREATE INDEX operations_backup ON operations ((parameters ->> 'backupId')) WHERE (parameters ->> 'backupId') IS NOT NULL;

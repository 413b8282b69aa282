-- What the schedule asks for again.
CREATE INDEX backups_failed ON backups (created_at) WHERE status = 'failed' AND kind = 'automatic';

-- Backups: what lies in an object store, and what is known of it. A row outlives its object: the history stays readable.
CREATE TABLE backups (
  id uuid PRIMARY KEY,
  database_id uuid NOT NULL REFERENCES databases,
  environment_id uuid NOT NULL REFERENCES environments,
  kind text NOT NULL,
  status text NOT NULL,
  -- A copy in another store carries the same bytes, and names what it was copied from.
  copy_of uuid REFERENCES backups,
  store text NOT NULL,
  -- Where its objects lie in the store; nothing else lies below it.
  prefix text NOT NULL,
  -- Of the database when it was asked for; a restore makes one like it.
  handle text NOT NULL,
  version text NOT NULL,
  image text NOT NULL,
  tls_protocols text[] NOT NULL,
  persistence text NOT NULL,
  memory_mb integer NOT NULL,
  disk_gb integer NOT NULL,
  tls_only boolean NOT NULL,
  maxmemory_policy text NOT NULL,
  -- Null until it is complete.
  manifest jsonb,
  manifest_key text,
  envelope text,
  stored_bytes bigint,
  keys bigint,
  -- Moment of the data.
  snapshot_at timestamptz,
  completed_at timestamptz,
  error text,
  verification text NOT NULL DEFAULT 'unverified',
  verification_detail text,
  -- The last verification that came to an end, and the last that succeeded.
  checked_at timestamptz,
  verified_at timestamptz,
  restore_ms integer,
  value_digest text,
  -- While it is held, nothing may delete it.
  hold_reason text,
  held_by text,
  held_at timestamptz,
  -- Its database is deprovisioned.
  orphaned boolean NOT NULL DEFAULT false,
  requested_by text NOT NULL,
  operation_id uuid REFERENCES operations,
  created_at timestamptz NOT NULL DEFAULT now(),
  purged_at timestamptz
);
CREATE INDEX backups_environment ON backups (environment_id, id) WHERE status <> 'purged';
CREATE INDEX backups_database ON backups (database_id, id) WHERE status <> 'purged';
CREATE INDEX backups_kind ON backups (kind, id) WHERE status <> 'purged';
CREATE INDEX backups_present ON backups (id) WHERE status <> 'purged';
CREATE INDEX backups_verification ON backups (verification, id) WHERE status <> 'purged';
CREATE INDEX backups_orphaned ON backups (id) WHERE orphaned AND status <> 'purged';
CREATE INDEX backups_copies ON backups (copy_of) WHERE copy_of IS NOT NULL;
CREATE INDEX backups_checked ON backups (checked_at NULLS FIRST, id) WHERE status = 'complete';

-- What an environment promises. An environment without a row has the default.
CREATE TABLE backup_policies (
  environment_id uuid PRIMARY KEY REFERENCES environments,
  daily integer NOT NULL,
  monthly integer NOT NULL,
  yearly integer NOT NULL,
  make_copy boolean NOT NULL,
  keep_final boolean NOT NULL,
  schedule text NOT NULL,
  time_zone text NOT NULL,
  store text,
  copy_store text,
  maximum_age_hours integer NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- What a database has otherwise than its environment; a null is the environment's.
CREATE TABLE database_backup_policies (
  database_id uuid PRIMARY KEY REFERENCES databases,
  daily integer,
  monthly integer,
  yearly integer,
  schedule text,
  time_zone text,
  maximum_age_hours integer,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Of each database: the moment of the schedule that was last served, so that a missed one is made up for once.
CREATE TABLE backup_schedules (
  database_id uuid PRIMARY KEY REFERENCES databases,
  served_at timestamptz NOT NULL
);

-- Some operations only read a database: they stand in line among themselves and keep no other from running, nor wait for it.
ALTER TABLE operation_targets ADD COLUMN exclusive boolean NOT NULL DEFAULT true;

GRANT SELECT, INSERT, UPDATE, DELETE ON backups, backup_policies, database_backup_policies, backup_schedules TO holdfast_app;

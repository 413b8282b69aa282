-- What Holdfast knows. Postgres holds the truth: the queue only wakes, Docker and Redis are looked at.

CREATE TABLE installation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL,
  name text NOT NULL,
  ca_certificate_pem text NOT NULL,
  ca_private_key_sealed text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE environments (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  network_index integer NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE databases (
  id uuid PRIMARY KEY,
  environment_id uuid NOT NULL REFERENCES environments,
  handle text NOT NULL,
  version text NOT NULL,
  image text NOT NULL,
  tls_protocols text[] NOT NULL,
  persistence text NOT NULL,
  memory_mb integer NOT NULL,
  disk_gb integer NOT NULL,
  tls_only boolean NOT NULL,
  maxmemory_policy text NOT NULL,
  deletion_protection boolean NOT NULL,
  backups_enabled boolean NOT NULL DEFAULT true,
  status text NOT NULL,
  role text NOT NULL DEFAULT 'primary',
  health text NOT NULL DEFAULT 'unknown',
  health_reason text,
  -- Raised by whatever replaces the server; a worker with an older one is refused.
  generation integer NOT NULL DEFAULT 1,
  source_id uuid REFERENCES databases,
  address_index integer NOT NULL,
  certificate_not_after timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  provisioned_at timestamptz,
  deprovisioned_at timestamptz
);
CREATE UNIQUE INDEX databases_handle ON databases (environment_id, handle) WHERE status <> 'deprovisioned';
CREATE UNIQUE INDEX databases_address ON databases (environment_id, address_index) WHERE status <> 'deprovisioned';
CREATE INDEX databases_source ON databases (source_id) WHERE source_id IS NOT NULL;

-- The addresses of each environment, handed out with SKIP LOCKED so that concurrent requests never wait for each other.
CREATE TABLE environment_addresses (
  environment_id uuid NOT NULL REFERENCES environments ON DELETE CASCADE,
  address_index integer NOT NULL,
  database_id uuid,
  PRIMARY KEY (environment_id, address_index)
);
CREATE INDEX environment_addresses_free ON environment_addresses (environment_id, address_index) WHERE database_id IS NULL;
CREATE INDEX environment_addresses_database ON environment_addresses (database_id) WHERE database_id IS NOT NULL;

CREATE TABLE credentials (
  database_id uuid NOT NULL REFERENCES databases,
  username text NOT NULL,
  -- 1 is the oldest password that still works; two while a rotation's grace time runs.
  ordinal integer NOT NULL DEFAULT 1,
  password_sealed text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (database_id, username, ordinal)
);

-- The edge's ports. A port that was given back rests for a while, because clients may remember it.
CREATE TABLE doors (
  port integer PRIMARY KEY,
  database_id uuid REFERENCES databases,
  type text,
  follows text,
  released_at timestamptz,
  CHECK ((database_id IS NULL) = (type IS NULL) AND (type IS NULL) = (follows IS NULL))
);
CREATE INDEX doors_free ON doors (released_at NULLS FIRST, port) WHERE database_id IS NULL;
CREATE UNIQUE INDEX doors_database ON doors (database_id, follows, type) WHERE database_id IS NOT NULL;

CREATE TABLE operations (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  status text NOT NULL,
  environment_id uuid NOT NULL REFERENCES environments,
  parameters jsonb NOT NULL DEFAULT '{}',
  requested_by text NOT NULL,
  retry_of uuid REFERENCES operations,
  -- Raised by every claim; a worker that lost its lease holds an older one and cannot write.
  attempt integer NOT NULL DEFAULT 0,
  lease_owner text,
  lease_expires_at timestamptz,
  cancel_requested_at timestamptz,
  cancel_requested_by text,
  error jsonb,
  receipt jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz
);
CREATE INDEX operations_unfinished ON operations (status, lease_expires_at) WHERE status IN ('queued', 'running', 'waiting');
CREATE INDEX operations_environment ON operations (environment_id, id);

CREATE TABLE operation_targets (
  operation_id uuid NOT NULL REFERENCES operations,
  database_id uuid NOT NULL REFERENCES databases,
  -- Held from the first claim until the operation has ended: one operation at a time touches a database.
  active boolean NOT NULL DEFAULT false,
  finished boolean NOT NULL DEFAULT false,
  PRIMARY KEY (operation_id, database_id)
);
CREATE UNIQUE INDEX operation_targets_active ON operation_targets (database_id) WHERE active;
CREATE INDEX operation_targets_unfinished ON operation_targets (database_id, operation_id) WHERE NOT finished;
CREATE INDEX operation_targets_database ON operation_targets (database_id, operation_id);

CREATE TABLE operation_steps (
  operation_id uuid NOT NULL REFERENCES operations,
  attempt integer NOT NULL,
  ordinal integer NOT NULL,
  name text NOT NULL,
  status text NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  PRIMARY KEY (operation_id, attempt, ordinal)
);

CREATE TABLE operation_log (
  id bigint GENERATED ALWAYS AS IDENTITY,
  operation_id uuid NOT NULL REFERENCES operations,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  level text NOT NULL,
  message text NOT NULL,
  PRIMARY KEY (operation_id, id)
);

-- One row for each wake-up that the queue still owes; written with the change, relayed after it.
CREATE TABLE outbox (
  operation_id uuid PRIMARY KEY REFERENCES operations,
  dispatch_no integer NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  dispatched_at timestamptz
);
CREATE INDEX outbox_pending ON outbox (due_at) WHERE dispatched_at IS NULL;

CREATE TABLE idempotency_keys (
  actor text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  status integer,
  location text,
  body jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE tokens (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  secret_hash text NOT NULL UNIQUE,
  permissions text[] NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);

-- A live stream of what happens to operations: the payload is the operation's id.
CREATE FUNCTION announce_operation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('holdfast_operation', coalesce(NEW.operation_id, OLD.operation_id)::text);
  RETURN NULL;
END $$;
CREATE FUNCTION announce_operation_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('holdfast_operation', NEW.id::text);
  RETURN NULL;
END $$;
CREATE TRIGGER operations_announce AFTER UPDATE ON operations FOR EACH ROW EXECUTE FUNCTION announce_operation_row();
CREATE TRIGGER operation_log_announce AFTER INSERT ON operation_log FOR EACH ROW EXECUTE FUNCTION announce_operation();

CREATE TRIGGER operation_steps_announce AFTER INSERT OR UPDATE ON operation_steps FOR EACH ROW EXECUTE FUNCTION announce_operation();

CREATE FUNCTION announce_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('holdfast_outbox', '');
  RETURN NULL;
END $$;
CREATE TRIGGER outbox_announce AFTER INSERT OR UPDATE OF due_at ON outbox FOR EACH STATEMENT EXECUTE FUNCTION announce_outbox();

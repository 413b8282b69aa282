-- A dry run says what it would do, for now or for another time, and writes nothing but its row. A forecast marks nothing, whoever asks.
ALTER TABLE sweeps
  ADD COLUMN dry_run boolean NOT NULL DEFAULT false,
  ADD COLUMN as_of timestamptz,
  ADD CONSTRAINT sweeps_forecast CHECK (as_of IS NULL OR dry_run);

-- Databases whose version passed a date, as the last sweep noticed it. How a database is now is computed.
CREATE TABLE lifecycle_marks (
  database_id uuid PRIMARY KEY REFERENCES databases,
  lifecycle text NOT NULL CHECK (lifecycle IN ('end-of-life', 'deprecated')),
  version text NOT NULL,
  marked_at timestamptz NOT NULL
);

-- Databases that somebody lets off, up to and with a day in UTC. One that is over stays until it is replaced, and counts no more.
CREATE TABLE lifecycle_exemptions (
  database_id uuid PRIMARY KEY REFERENCES databases,
  reason text NOT NULL,
  ends_on date NOT NULL,
  granted_by text NOT NULL,
  granted_at timestamptz NOT NULL
);
CREATE INDEX lifecycle_exemptions_end ON lifecycle_exemptions (ends_on);

-- What people should hear of, written in the transaction of the change that it tells of. Whoever delivers it reads it from here.
CREATE TABLE notices (
  id uuid PRIMARY KEY,
  event text NOT NULL,
  environment_id uuid NOT NULL REFERENCES environments,
  database_id uuid NOT NULL REFERENCES databases,
  detail jsonb NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX notices_database ON notices (database_id, id);

-- The version catalogue as the history last saw it: so that a change is told once, however many processes read the file.
CREATE TABLE catalogue_record (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  entries jsonb NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);

-- Which databases a date of a version concerns.
CREATE INDEX databases_version ON databases (version, id) WHERE status <> 'deprovisioned';

GRANT SELECT, INSERT, UPDATE, DELETE ON lifecycle_marks, lifecycle_exemptions, notices, catalogue_record TO holdfast_app;

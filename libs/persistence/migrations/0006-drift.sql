-- Sweeps look at many databases and change none; `counts` and `findings` say what they saw. Ended ones are forgotten after a while.
CREATE TABLE sweeps (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  status text NOT NULL,
  requested_by text NOT NULL,
  lease_owner text,
  lease_expires_at timestamptz,
  counts jsonb,
  findings jsonb NOT NULL DEFAULT '[]',
  error text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz
);
-- One at a time: two would only do the same work twice.
CREATE UNIQUE INDEX sweeps_running ON sweeps (kind) WHERE status = 'running';
CREATE INDEX sweeps_queued ON sweeps (kind, id) WHERE status = 'queued';

-- What was seen of each database when it was last looked at.
CREATE TABLE observations (
  database_id uuid PRIMARY KEY REFERENCES databases,
  at timestamptz NOT NULL,
  -- When its server last answered; the server's own figures in the document are from then.
  answered_at timestamptz,
  document jsonb NOT NULL,
  findings jsonb NOT NULL DEFAULT '[]'
);
GRANT SELECT, INSERT, UPDATE, DELETE ON sweeps, observations TO holdfast_app;

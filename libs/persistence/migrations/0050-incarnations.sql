-- Servers of a database besides the one that serves it: one that is to take over, and those that were replaced and are kept for a while.
ALTER TABLE databases ADD COLUMN incarnation integer NOT NULL DEFAULT 1;

CREATE TABLE incarnations (
  database_id uuid NOT NULL REFERENCES databases,
  -- Part of the names of its container and volume.
  incarnation integer NOT NULL,
  state text NOT NULL CHECK (state IN ('successor', 'kept')),
  -- The operation that makes the one or has replaced the other.
  operation_id uuid NOT NULL REFERENCES operations,
  version text NOT NULL,
  image text NOT NULL,
  tls_protocols text[] NOT NULL,
  address_index integer NOT NULL,
  certificate_not_after timestamptz,
  -- Of one that is kept: until then it is the way back.
  keep_until timestamptz,
  PRIMARY KEY (database_id, incarnation),
  CHECK ((state = 'kept') = (keep_until IS NOT NULL))
);
-- One at a time takes over.
CREATE UNIQUE INDEX incarnations_successor ON incarnations (database_id) WHERE state = 'successor';
CREATE INDEX incarnations_due ON incarnations (keep_until) WHERE state = 'kept';
GRANT SELECT, INSERT, UPDATE, DELETE ON incarnations TO holdfast_app;

-- The history: append-only by grant and by trigger, chained in the transaction of the change that it records.
--
-- Writers insert into audit_intake. A deferred trigger moves the entry into audit_events when the transaction commits, so the
-- head of the chain is locked only for the commit itself and not for the length of the transaction.

CREATE UNLOGGED TABLE audit_intake (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  body text NOT NULL
);

CREATE TABLE audit_events (
  seq bigint PRIMARY KEY,
  -- Exactly the bytes that were hashed. The columns below are computed from it, so they cannot tell another story.
  body text NOT NULL,
  hash text NOT NULL,
  id uuid NOT NULL GENERATED ALWAYS AS ((body::jsonb ->> 'id')::uuid) STORED,
  actor text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'actor') STORED,
  action text NOT NULL GENERATED ALWAYS AS (body::jsonb ->> 'action') STORED,
  environment_id uuid GENERATED ALWAYS AS ((body::jsonb ->> 'environmentId')::uuid) STORED,
  database_id uuid GENERATED ALWAYS AS ((body::jsonb ->> 'databaseId')::uuid) STORED,
  operation_id uuid GENERATED ALWAYS AS ((body::jsonb ->> 'operationId')::uuid) STORED
);
CREATE INDEX audit_events_actor ON audit_events (actor, seq);
CREATE INDEX audit_events_action ON audit_events (action, seq);
CREATE INDEX audit_events_environment ON audit_events (environment_id, seq) WHERE environment_id IS NOT NULL;
CREATE INDEX audit_events_database ON audit_events (database_id, seq) WHERE database_id IS NOT NULL;
CREATE INDEX audit_events_operation ON audit_events (operation_id, seq) WHERE operation_id IS NOT NULL;

CREATE TABLE audit_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seq bigint NOT NULL,
  hash text NOT NULL
);
INSERT INTO audit_head (seq, hash) VALUES (0, repeat('0', 64));

-- Runs with the owner's rights: the role of the apps may write to the intake and to nothing else here.
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head audit_head;
  next_hash text;
BEGIN
  SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
  next_hash := encode(sha256(convert_to(head.hash || ':' || (head.seq + 1) || ':' || NEW.body, 'UTF8')), 'hex');
  INSERT INTO audit_events (seq, body, hash) VALUES (head.seq + 1, NEW.body, next_hash);
  UPDATE audit_head SET seq = head.seq + 1, hash = next_hash;
  DELETE FROM audit_intake WHERE id = NEW.id;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_intake
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_events is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'holdfast_app') THEN CREATE ROLE holdfast_app NOLOGIN; END IF;
END $$;
DO $$ BEGIN EXECUTE format('GRANT holdfast_app TO %I', current_user); EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
GRANT USAGE ON SCHEMA public TO holdfast_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON installation, environments, databases, environment_addresses, credentials, doors, operations,
  operation_targets, operation_steps, operation_log, outbox, idempotency_keys, tokens TO holdfast_app;
GRANT INSERT ON audit_intake TO holdfast_app;
GRANT SELECT ON audit_events, audit_head TO holdfast_app;

-- Certificates that operators have brought. One is `coming` while servers are told of it, and `current` when it is the one that is shown.
-- The chain begins with the server's certificate and ends with the root.
CREATE TABLE own_certificates (
  database_id uuid NOT NULL REFERENCES databases,
  state text NOT NULL CHECK (state IN ('coming', 'current')),
  chain_pem text NOT NULL,
  private_key_sealed text NOT NULL,
  subject text NOT NULL,
  names text[] NOT NULL,
  fingerprint256 text NOT NULL,
  not_after timestamptz NOT NULL,
  PRIMARY KEY (database_id, state)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON own_certificates TO holdfast_app;

-- Databases whose certificate ends soon and was not renewed.
CREATE TABLE certificate_alerts (
  database_id uuid PRIMARY KEY REFERENCES databases,
  since timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON certificate_alerts TO holdfast_app;
CREATE INDEX databases_certificate ON databases (certificate_not_after) WHERE status = 'provisioned';

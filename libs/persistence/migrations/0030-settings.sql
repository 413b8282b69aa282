-- What a tenant has chosen beyond the defaults, by the names of the allow-list. A backup keeps what its database had.
ALTER TABLE databases ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';
ALTER TABLE backups ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';

-- Who chose what, when. Written with the end of the operation that carried it out, and never changed.
CREATE TABLE settings_history (
  id uuid PRIMARY KEY,
  database_id uuid NOT NULL REFERENCES databases,
  operation_id uuid REFERENCES operations,
  actor text NOT NULL,
  at timestamptz NOT NULL,
  changes jsonb NOT NULL,
  settings jsonb NOT NULL
);
CREATE INDEX settings_history_of ON settings_history (database_id, id);
GRANT SELECT, INSERT ON settings_history TO holdfast_app;

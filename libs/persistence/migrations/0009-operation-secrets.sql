-- What an operation needs and nobody may read, such as the URL of an import's source: sealed under the master key, and gone with the operation's end.
CREATE TABLE operation_secrets (
  operation_id uuid PRIMARY KEY REFERENCES operations,
  sealed text NOT NULL
);
GRANT SELECT, INSERT, DELETE ON operation_secrets TO holdfast_app;

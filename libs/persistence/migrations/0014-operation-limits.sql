-- How many operations of a kind run at a time, whatever the number of workers. A kind without a row has no limit.
CREATE TABLE operation_limits (
  kind text PRIMARY KEY,
  most integer NOT NULL CHECK (most > 0)
);
GRANT SELECT, INSERT, UPDATE ON operation_limits TO holdfast_app;

-- Those that count.
CREATE INDEX operations_running ON operations (kind) WHERE status = 'running';

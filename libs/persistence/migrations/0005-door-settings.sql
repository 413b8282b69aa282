-- Who may use a door, and how. They stay with the door when it goes over to another database of its tree, and end when its port is given back.
ALTER TABLE doors
  ADD COLUMN allow text[] NOT NULL DEFAULT '{}',
  ADD COLUMN connection_limit integer,
  ADD COLUMN idle_timeout_seconds integer,
  ADD COLUMN bind_address text;
ALTER TABLE doors ADD CHECK (
  database_id IS NOT NULL
  OR (allow = '{}' AND connection_limit IS NULL AND idle_timeout_seconds IS NULL AND bind_address IS NULL)
);

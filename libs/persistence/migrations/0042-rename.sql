-- Handles that a database had before: its container answers to them on its network until it is replaced, and until then nobody else may have them.
ALTER TABLE databases ADD COLUMN former_handles text[] NOT NULL DEFAULT '{}';
CREATE INDEX databases_former_handles ON databases USING gin (former_handles) WHERE former_handles <> '{}';

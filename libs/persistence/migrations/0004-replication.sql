-- An operation may touch several databases. The first of its targets is its subject: the one whose status it changes.
ALTER TABLE operation_targets ADD COLUMN ordinal smallint NOT NULL DEFAULT 0;

-- A password is `coming` while servers are told of it and nobody is, `current` when it is the one that is shown, and `going` when another
-- has taken its place; that one works until `expires_at`. Servers take all of them.
ALTER TABLE credentials
  ADD COLUMN state text NOT NULL DEFAULT 'current' CHECK (state IN ('coming', 'current', 'going')),
  ADD COLUMN expires_at timestamptz,
  ADD CHECK ((state = 'going') = (expires_at IS NOT NULL));
CREATE UNIQUE INDEX credentials_current ON credentials (database_id, username) WHERE state = 'current';
CREATE UNIQUE INDEX credentials_coming ON credentials (database_id, username) WHERE state = 'coming';
CREATE INDEX credentials_going ON credentials (expires_at) WHERE state = 'going';

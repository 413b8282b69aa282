-- What a kept server is taken back by. Null of one that was kept before this was written down: nobody can tell, so it is not taken back.
ALTER TABLE incarnations
  -- Its last moment: what was written since is not in it.
  ADD COLUMN kept_at timestamptz,
  -- What its files are. A server that starts on them in another mode would look for its data in others.
  ADD COLUMN persistence text;

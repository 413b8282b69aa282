-- A deleted environment keeps its row, because the history of its databases and operations stays readable for ever.
-- Its name and its network are free again.
ALTER TABLE environments ADD COLUMN deleted_at timestamptz;
ALTER TABLE environments DROP CONSTRAINT environments_name_key, DROP CONSTRAINT environments_network_index_key;
CREATE UNIQUE INDEX environments_name_key ON environments (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX environments_network_index_key ON environments (network_index) WHERE deleted_at IS NULL;

-- What tells the place of a store from another one that is found under its path.
CREATE TABLE store_identities (
  store text PRIMARY KEY,
  identity text NOT NULL,
  seen_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON store_identities TO holdfast_app;

-- Tokens by which workers that are no nodes show who they are. `hash` is the SHA-256 of the token.
CREATE TABLE worker_tokens (
  name           TEXT PRIMARY KEY,
  org            TEXT NOT NULL REFERENCES orgs (id),
  actor          TEXT NOT NULL,           -- who made it
  hash           BLOB NOT NULL UNIQUE,
  created_at     INTEGER NOT NULL
) STRICT;

-- Organisations, devices, tokens and pairing.
CREATE TABLE orgs (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT;

-- Organisations, devices, tokens, pairing and the audit trail. Times are milliseconds since the Unix epoch.
CREATE TABLE orgs (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT;
INSERT INTO orgs VALUES ('default', unixepoch() * 1000);

-- A paired device: a public key that somebody let in.
CREATE TABLE devices (
  id             TEXT PRIMARY KEY,        -- hex SHA-256 of the raw public key
  public_key     TEXT NOT NULL,           -- base64url of the raw 32 bytes
  display_name   TEXT,                    -- what the device calls itself
  label          TEXT,                    -- what people call it
  platform       TEXT,
  device_family  TEXT,
  client_id      TEXT,
  client_mode    TEXT,
  approved_via   TEXT NOT NULL,           -- silent, owner, bootstrap
  created_at     INTEGER NOT NULL,
  approved_at    INTEGER NOT NULL,
  last_seen_at   INTEGER,
  org            TEXT NOT NULL REFERENCES orgs (id),
  actor          TEXT NOT NULL            -- who approved it last
) STRICT;

-- What a device may be, and the hashes of the tokens that prove it. No token is stored.
CREATE TABLE device_grants (
  device_id      TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
  role           TEXT NOT NULL,           -- operator, node
  scopes         TEXT NOT NULL,           -- names joined by spaces
  owed_until     INTEGER NOT NULL,        -- until then the key alone is enough to fetch a token
  token_hash     BLOB,                    -- SHA-256
  previous_hash  BLOB,
  issued_at      INTEGER,
  rotated_at     INTEGER,
  revoked_at     INTEGER,
  used_at        INTEGER,
  org            TEXT NOT NULL REFERENCES orgs (id),
  actor          TEXT NOT NULL,
  PRIMARY KEY (device_id, role)
) STRICT, WITHOUT ROWID;

-- Devices that wait for somebody's yes. A row never changes but for its times.
CREATE TABLE pairing_requests (
  id             TEXT PRIMARY KEY,        -- digest of what was asked
  device_id      TEXT NOT NULL UNIQUE,
  request        TEXT NOT NULL,           -- what was asked, as JSON
  knew_secret    INTEGER NOT NULL,        -- 1: it showed the shared token
  expires_at     INTEGER NOT NULL,
  org            TEXT NOT NULL REFERENCES orgs (id),
  actor          TEXT NOT NULL
) STRICT;

-- Setup codes and one-time links that nobody used yet.
CREATE TABLE bootstraps (
  id             TEXT PRIMARY KEY,
  token_hash     BLOB NOT NULL,
  kind           TEXT NOT NULL,           -- browser, or a setup code's access: full, limited, node
  expires_at     INTEGER NOT NULL,
  org            TEXT NOT NULL REFERENCES orgs (id),
  actor          TEXT NOT NULL            -- who made it, and so answers for what it grants
) STRICT;

-- Who did what. Each row's hash covers the one before; the sequence is never reused, so that a missing end
-- shows as well.
CREATE TABLE audit (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  at             INTEGER NOT NULL,
  org            TEXT NOT NULL REFERENCES orgs (id),
  actor          TEXT NOT NULL,
  action         TEXT NOT NULL,
  target         TEXT NOT NULL,
  outcome        TEXT NOT NULL,           -- ok, denied
  detail         TEXT NOT NULL,
  prev_hash      BLOB NOT NULL,
  hash           BLOB NOT NULL
) STRICT;

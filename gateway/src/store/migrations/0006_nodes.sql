-- Nodes: what each offers, what of that was approved, what was left for it.

-- `about`, `declared`, `approved` and `stats` are JSON. `pending_id` is the digest of node and declared surface while
-- that waits for approval.
CREATE TABLE nodes (
  node_id        TEXT PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
  org            TEXT NOT NULL REFERENCES orgs (id),
  actor          TEXT NOT NULL,           -- who decided last, else the node
  label          TEXT,                    -- what people call it
  about          TEXT NOT NULL,
  declared       TEXT NOT NULL,
  approved       TEXT,
  pending_id     TEXT,
  pending_at     INTEGER,
  created_at     INTEGER NOT NULL,
  approved_at    INTEGER,
  connected_at   INTEGER,
  seen_at        INTEGER,
  seen_reason    TEXT,
  stats          TEXT,
  revision       INTEGER NOT NULL         -- grows with each change of its work
) STRICT;

-- Work that waits for a node. `kind` is `status.request`, `location.request`, or `command` for what its app can do
-- in the foreground only; `payload` is JSON.
CREATE TABLE node_work (
  seq            INTEGER PRIMARY KEY,
  id             TEXT NOT NULL UNIQUE,
  node_id        TEXT NOT NULL REFERENCES nodes (node_id) ON DELETE CASCADE,
  org            TEXT NOT NULL REFERENCES orgs (id),
  actor          TEXT NOT NULL,           -- who left it
  kind           TEXT NOT NULL,
  priority       TEXT NOT NULL,
  payload        TEXT,
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX node_work_node ON node_work (node_id, seq);

-- Webhooks, and by what repeats of their calls are known.
--
-- `definition` is what the owner said, as JSON. `secret` is the key that calls are signed with: to check a signature
-- takes the key itself, so it stands here, in a file that its owner alone can read.
CREATE TABLE hooks (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    org TEXT NOT NULL,
    actor TEXT NOT NULL,
    definition TEXT NOT NULL,
    secret TEXT,
    created_at INTEGER NOT NULL,
    calls INTEGER NOT NULL DEFAULT 0,
    last_at INTEGER
) STRICT;
CREATE TABLE hook_calls (
    hook INTEGER NOT NULL,
    key BLOB NOT NULL,
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (hook, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_calls_in_order ON hook_calls (hook, seq);

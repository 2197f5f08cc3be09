-- Answers of methods that carry an idempotency key and make no task.
CREATE TABLE kept_answers (
    seq INTEGER PRIMARY KEY,
    org TEXT NOT NULL,
    actor TEXT NOT NULL,
    method TEXT NOT NULL,
    key TEXT NOT NULL,
    hash BLOB NOT NULL,
    answer BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- Sessions, messages, tasks, runs and their audit.
--
-- Everything that a run writes is appended by integer key, so a commit touches few pages. Every row carries
-- the organisation and, where somebody acted, the actor.

-- A conversation under its key. `agent` and `model` are set when a person chose others than the key's own.
CREATE TABLE sessions (
    no INTEGER PRIMARY KEY,
    org TEXT NOT NULL,
    key TEXT NOT NULL,
    transcript INTEGER NOT NULL,
    agent TEXT,
    model TEXT,
    label TEXT,
    title TEXT,
    preview TEXT,
    archived INTEGER NOT NULL DEFAULT 0,
    pinned INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0,
    cost REAL NOT NULL DEFAULT 0,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (org, key)
) STRICT;

-- What was said under one session id. A reset begins the next one; the earlier ones stay readable.
-- `conversation` is the agent's own memory of it; `cause` is the task that asked for the reset, so that a
-- repeated run of that task does not reset again.
CREATE TABLE transcripts (
    no INTEGER PRIMARY KEY,
    org TEXT NOT NULL,
    session INTEGER NOT NULL,
    session_id TEXT NOT NULL UNIQUE,
    conversation TEXT NOT NULL,
    resumable INTEGER NOT NULL DEFAULT 0,
    conversation_cost REAL,
    cause INTEGER,
    started_at INTEGER NOT NULL
) STRICT;
CREATE INDEX transcripts_of_session ON transcripts (session, no);

CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    transcript INTEGER NOT NULL,
    org TEXT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    body TEXT NOT NULL,
    run_id TEXT,
    idempotency_key TEXT,
    at INTEGER NOT NULL
) STRICT;

-- The messages of each transcript up to `done`. Filled for many messages at once: an index would have every
-- commit touch a page for each conversation that it has a message of. What comes after `done` is few.
CREATE TABLE messages_of_transcript (
    transcript INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (transcript, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE messages_progress (one INTEGER PRIMARY KEY CHECK (one = 1), done INTEGER NOT NULL) STRICT;
INSERT INTO messages_progress VALUES (1, 0);

-- `request` is the whole of what was asked; a run needs nothing else to be repeated. `joined_into` is the
-- task whose run answers this one as well. `stopping` is set once somebody asked to stop a live run.
--
-- The present attempt is part of the row: `fence` counts them, only the present one may end the task, and
-- `lease_until` is when it counts as lost. An attempt that ends its task needs no row of its own.
CREATE TABLE tasks (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    org TEXT NOT NULL,
    actor TEXT NOT NULL,
    run_id TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    kind TEXT NOT NULL,
    session INTEGER NOT NULL,
    agent TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    wait_reason TEXT,
    wait_until INTEGER,
    stopping TEXT,
    joined_into INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    transport TEXT,
    lease_until INTEGER,
    conversation TEXT,
    attempt_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    outcome TEXT
) STRICT;
CREATE INDEX tasks_open ON tasks (seq) WHERE ended_at IS NULL;
CREATE INDEX tasks_joined ON tasks (joined_into, seq) WHERE joined_into IS NOT NULL;

-- Attempts that did not end their task: interrupted, failed and tried again, not taken.
CREATE TABLE runs (
    task INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    transport TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    conversation TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    end_reason TEXT NOT NULL,
    PRIMARY KEY (task, fence)
) STRICT, WITHOUT ROWID;

-- One row for each change of a task, in the transaction that makes it; answers to permission requests too.
CREATE TABLE task_events (
    seq INTEGER PRIMARY KEY,
    task INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT,
    reason TEXT NOT NULL
) STRICT;

-- The words of messages up to `done`; filled when somebody searches, never while a run commits.
CREATE VIRTUAL TABLE search USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2"
);
CREATE TABLE search_progress (one INTEGER PRIMARY KEY CHECK (one = 1), done INTEGER NOT NULL) STRICT;
INSERT INTO search_progress VALUES (1, 0);

-- What lists of dispatched work are filtered by. `dead` is set when it was given up after its retries.
CREATE TABLE work (
    task INTEGER PRIMARY KEY,
    org TEXT NOT NULL,
    target TEXT NOT NULL,
    team TEXT,
    parent BLOB,
    dead INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX work_of_team ON work (org, team, task) WHERE team IS NOT NULL;
CREATE INDEX work_of_parent ON work (parent, task) WHERE parent IS NOT NULL;
CREATE INDEX work_dead ON work (org, task) WHERE dead = 1;

-- What runs of dispatched work left besides their answers: a patch, or the name of a branch.
CREATE TABLE artifacts (
    task INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    truncated INTEGER NOT NULL
) STRICT;

-- What dispatched work said and did: a row is a batch of steps, a JSON document a line. `no` is the task's number and
-- the number of the batch's first step within the task (`store/output.rs`), so that any step is found by one look.
-- `first` is that step's number within the run `fence`; `span` is how many steps of the run the batch stands for,
-- more than its `count` where a marker takes the place of what is not kept; `total` counts the bytes up to the end of the batch.
CREATE TABLE task_output (
    no INTEGER PRIMARY KEY,
    fence INTEGER NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    span INTEGER NOT NULL,
    total INTEGER NOT NULL,
    at INTEGER NOT NULL,
    steps TEXT NOT NULL
) STRICT;

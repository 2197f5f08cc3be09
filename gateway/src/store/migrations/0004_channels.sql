-- Chat platforms: what came in, what goes out, who may talk.
--
-- `lane` is one conversation on a platform: its chat and, within it, its thread.

-- How far an account has read, as its channel wrote it; stored with what was read.
CREATE TABLE channel_cursors (
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    org TEXT NOT NULL,
    cursor TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (channel, account)
) STRICT, WITHOUT ROWID;

-- Everything that a platform told, once. `message` is the platform's id of the message that it is or is about.
-- `express` marks what overtakes messages that wait: commands and pressed buttons. `state` is `new`, then
-- `dropped`, `noted`, `context`, `read` (context that an agent was shown), `merged` (part of another row) or
-- `accepted`, which ends as `answered` or `failed`. `draft` is the message that shows the answer while it is
-- written; an empty one may have been sent, and nobody knows.
CREATE TABLE inbound (
    seq INTEGER PRIMARY KEY,
    org TEXT NOT NULL,
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    lane TEXT NOT NULL,
    event_id TEXT NOT NULL,
    message TEXT,
    express INTEGER NOT NULL,
    sender TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    session_key TEXT,
    task INTEGER,
    draft TEXT,
    stored_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (channel, account, event_id)
) STRICT;
CREATE INDEX inbound_new ON inbound (channel, account, express, lane, seq) WHERE state = 'new';
CREATE INDEX inbound_accepted ON inbound (channel, account, seq) WHERE state = 'accepted';
CREATE INDEX inbound_context ON inbound (channel, account, lane, seq) WHERE state = 'context';
CREATE INDEX inbound_message ON inbound (channel, account, lane, message) WHERE message IS NOT NULL;

-- Conversations that go on under another id: sessions keep the first one.
CREATE TABLE moved_chats (
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    chat TEXT NOT NULL,
    origin TEXT NOT NULL,
    PRIMARY KEY (channel, account, chat)
) STRICT, WITHOUT ROWID;

-- Conversations of several people that were told when to answer: always, or when the bot is named. `lane` has the
-- chat's first id.
CREATE TABLE activations (
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    lane TEXT NOT NULL,
    always INTEGER NOT NULL,
    actor TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (channel, account, lane)
) STRICT, WITHOUT ROWID;

-- Everything that is to be done on a platform, in order within a lane. `key` names the cause, so that the same
-- cause makes the row once. `instead` is what to do when the platform refuses `body` for good. `started` is
-- committed before an attempt: a row that is found so after a crash may have been done.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    org TEXT NOT NULL,
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    lane TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    cause INTEGER,
    actor TEXT NOT NULL,
    body TEXT NOT NULL,
    instead TEXT,
    repeatable INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    away INTEGER NOT NULL DEFAULT 0,
    platform_id TEXT,
    receipt TEXT,
    error TEXT,
    stored_at INTEGER NOT NULL,
    started_at INTEGER,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_open ON outbox (channel, account, lane, seq) WHERE state IN ('queued', 'started');
CREATE INDEX outbox_due ON outbox (next_at) WHERE state = 'queued';
CREATE INDEX outbox_troubled ON outbox (channel, account, seq) WHERE state IN ('unknown', 'failed');

-- People who asked to talk to the bot, those who may, and the owners who wrote to it. `code` is what an owner
-- confirms.
CREATE TABLE peers (
    seq INTEGER PRIMARY KEY,
    org TEXT NOT NULL,
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    peer TEXT NOT NULL,
    name TEXT NOT NULL,
    handle TEXT,
    chat TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    asked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    UNIQUE (channel, account, peer)
) STRICT;

-- People on chat platforms: those who wait with a code, those whom an owner let in or turned away.
CREATE TABLE peers (
    org TEXT NOT NULL,
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    sender TEXT NOT NULL,
    name TEXT NOT NULL,
    handle TEXT,
    chat TEXT NOT NULL,
    state TEXT NOT NULL,
    code TEXT,
    asked_at INTEGER NOT NULL,
    expires_at INTEGER,
    decided_at INTEGER,
    actor TEXT NOT NULL,
    PRIMARY KEY (org, channel, account, sender)
) STRICT, WITHOUT ROWID;

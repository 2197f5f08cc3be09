-- Requests for permission: who asked for what, and what became of it.
--
-- `request` is what approvers were shown, as JSON. `binding` is the digest of exactly what is to be done: an approval
-- counts for that alone. `state` is `pending`, then `allowed`, `denied`, `expired` or `cancelled`; `reason` says why.
-- `spent_at` is set when what was allowed is done, which is once.
CREATE TABLE approvals (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    org TEXT NOT NULL,
    request TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    binding TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    decision TEXT,
    reason TEXT,
    decided_by TEXT,
    decided_at INTEGER,
    spent_at INTEGER
) STRICT;
CREATE INDEX approvals_pending ON approvals (seq) WHERE state = 'pending';
CREATE INDEX approvals_of_org ON approvals (org, seq);

-- Jobs that start runs by the clock, and what became of each instant.
--
-- `definition` is what was asked for, as JSON. `next_at` is the next instant that nothing was decided about yet; null
-- means that there is none, or that the job is switched off. It moves on in the transaction that stores the run's task.
CREATE TABLE schedules (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    org TEXT NOT NULL,
    actor TEXT NOT NULL,
    definition TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    next_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    last_at INTEGER,
    last_status TEXT,
    last_error TEXT,
    last_ms INTEGER,
    errors INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;

-- One row for an instant that a run was started for or that was left out, and for a run that a person asked for.
-- `task` is the run's task; `status` is null while it has not ended.
CREATE TABLE schedule_runs (
    seq INTEGER PRIMARY KEY,
    schedule INTEGER NOT NULL,
    instant INTEGER NOT NULL,
    by_hand INTEGER NOT NULL,
    run_id TEXT NOT NULL UNIQUE,
    session_key TEXT NOT NULL,
    task INTEGER,
    ended_at INTEGER,
    took INTEGER,
    status TEXT,
    error TEXT,
    summary TEXT
) STRICT;
CREATE INDEX schedule_runs_of ON schedule_runs (schedule, seq);
CREATE INDEX schedule_runs_open ON schedule_runs (task) WHERE status IS NULL;

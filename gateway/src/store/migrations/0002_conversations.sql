-- Sessions, messages, tasks, runs and their audit.
CREATE TABLE placeholder (id INTEGER PRIMARY KEY) STRICT;

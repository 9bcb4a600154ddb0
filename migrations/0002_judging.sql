-- What asking for verdicts used: a row for each sample (or batch, under its first sample) that was asked about. Kept when the
-- verdict is made again, since it was paid for: budgets and costs are sums over these rows.
CREATE TABLE judging (
    id                 INTEGER PRIMARY KEY,
    verifier_id        INTEGER NOT NULL REFERENCES verifier(id) ON DELETE CASCADE,
    problem_id         INTEGER NOT NULL REFERENCES problem(id),
    sample_index       INTEGER NOT NULL,
    at_ms              INTEGER NOT NULL,      -- when it was stored
    requests           INTEGER NOT NULL,      -- attempts at requests, the first ones too
    prompt_tokens      INTEGER,               -- null: unknown, never 0
    completion_tokens  INTEGER,
    cost_usd           REAL,
    attempts           TEXT NOT NULL          -- JSON: [result, HTTP status or null, latency in ms, message or null] of each
) STRICT;

CREATE INDEX judging_by_verifier ON judging (verifier_id, problem_id, sample_index);

-- What a verifier says of itself as a whole (position bias, members dropped): those of its last session.
CREATE TABLE verifier_remark (
    id           INTEGER PRIMARY KEY,
    verifier_id  INTEGER NOT NULL REFERENCES verifier(id) ON DELETE CASCADE,
    text         TEXT NOT NULL
) STRICT;

CREATE INDEX verifier_remark_by_verifier ON verifier_remark (verifier_id);

-- What a model chose among samples that it was shown together (kind = "fusion").
CREATE TABLE choice (
    id                 INTEGER PRIMARY KEY,
    verifier_id        INTEGER NOT NULL REFERENCES verifier(id) ON DELETE CASCADE,
    problem_id         INTEGER NOT NULL REFERENCES problem(id),
    size               INTEGER NOT NULL,      -- samples shown
    number             INTEGER NOT NULL,      -- which group of that size
    members            TEXT NOT NULL,         -- JSON: sample indices in the order shown
    picked             INTEGER,               -- sample index
    form               TEXT,                  -- of what was written
    text               TEXT,
    status             TEXT,                  -- the oracle's on what was written; unjudged: try again
    detail             TEXT,                  -- why there is no choice
    completion_tokens  INTEGER,
    UNIQUE (verifier_id, problem_id, size, number)
) STRICT;

-- What a verifier's model wrote for its own use (tests), by a hash of all that decides it.
CREATE TABLE kept (
    key    TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

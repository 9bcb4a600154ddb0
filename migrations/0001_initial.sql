-- A problem set is known by the hash of its file's content. The problems that runs took from it are stored once, so that a
-- run can be judged again without the file.
CREATE TABLE problem_set (
    hash        TEXT PRIMARY KEY,             -- blake3 of all problems of the file as they were parsed
    path        TEXT NOT NULL,                -- as the experiment named it
    format      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE problem (
    id          INTEGER PRIMARY KEY,
    set_hash    TEXT NOT NULL REFERENCES problem_set(hash),
    ordinal     INTEGER NOT NULL,             -- place in the file
    name        TEXT NOT NULL,                -- the id that the data set gives
    group_name  TEXT,
    body        BLOB NOT NULL,                -- zstd of the problem as JSON
    UNIQUE (set_hash, name),
    UNIQUE (set_hash, ordinal)
) STRICT;

CREATE TABLE run (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL UNIQUE,
    created_at_ms  INTEGER NOT NULL,          -- unix time
    ended_at_ms    INTEGER,
    state          TEXT NOT NULL,             -- running | stopped | finished | failed
    state_reason   TEXT,
    set_hash       TEXT NOT NULL REFERENCES problem_set(hash),
    samples        INTEGER NOT NULL,          -- N asked for, per problem
    seed           INTEGER NOT NULL,
    sampling       TEXT NOT NULL,             -- fixed | until-success | adaptive
    model_key      TEXT NOT NULL,             -- what must not change when a run goes on: hash of model, prompt and seed
    config         TEXT NOT NULL,             -- JSON of the resolved experiment, never a key
    identity       TEXT,                      -- JSON: what the endpoint said of itself
    version        TEXT NOT NULL              -- nbest's
) STRICT;

-- The problems of a run (a run may take a part of the set).
CREATE TABLE run_problem (
    run_id      INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    problem_id  INTEGER NOT NULL REFERENCES problem(id),
    closed      TEXT,                         -- why no more samples are drawn: success, width, absent
    PRIMARY KEY (run_id, problem_id)
) STRICT, WITHOUT ROWID;

-- Small columns only, so that a million rows are read in a moment; the texts stand in `completion` under the same id.
-- Ids grow with time: whoever watches asks for ids beyond the last one seen.
CREATE TABLE sample (
    id                 INTEGER PRIMARY KEY,
    run_id             INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    problem_id         INTEGER NOT NULL REFERENCES problem(id),
    sample_index       INTEGER NOT NULL,
    outcome            TEXT NOT NULL,         -- ok | truncated | refused | empty | failed
    finish_reason      TEXT,
    text_hash          INTEGER NOT NULL,      -- of the completion; equal within a problem: duplicates
    prompt_tokens      INTEGER,
    cached_tokens      INTEGER,
    completion_tokens  INTEGER,
    usage_apportioned  INTEGER NOT NULL,
    cost_usd           REAL,                  -- null: unknown, never 0
    latency_ms         REAL,
    first_token_ms     REAL,
    logprob            REAL,
    seed               INTEGER,
    endpoint           TEXT,
    error              TEXT,                  -- of a failed one
    stored_at_ms       INTEGER NOT NULL,
    UNIQUE (run_id, problem_id, sample_index)
) STRICT;

CREATE TABLE completion (
    id         INTEGER PRIMARY KEY,           -- the sample's
    form       TEXT NOT NULL,                 -- continuation | solution | chat
    text       TEXT NOT NULL,
    reasoning  TEXT
) STRICT;

CREATE TRIGGER sample_deleted AFTER DELETE ON sample BEGIN
    DELETE FROM completion WHERE id = OLD.id;
END;

-- Every try at a request, the first one too.
CREATE TABLE attempt (
    run_id         INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    problem_id     INTEGER NOT NULL REFERENCES problem(id),
    first_index    INTEGER NOT NULL,          -- of the request
    at_ms          INTEGER NOT NULL,          -- when the request ended
    attempt        INTEGER NOT NULL,          -- 1, 2, ...
    n              INTEGER NOT NULL,
    http_status    INTEGER,
    result         TEXT NOT NULL,
    message        TEXT,
    latency_ms     REAL NOT NULL,
    retry_after_ms REAL,
    PRIMARY KEY (run_id, problem_id, first_index, at_ms, attempt)
) STRICT, WITHOUT ROWID;

-- A verifier of a run: same name with other settings or version is another row; the newest one is shown.
CREATE TABLE verifier (
    id             INTEGER PRIMARY KEY,
    run_id         INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    name           TEXT NOT NULL,
    kind           TEXT NOT NULL,
    role           TEXT NOT NULL,             -- selector | oracle | observer
    version        TEXT NOT NULL,
    settings       TEXT NOT NULL,             -- JSON
    settings_hash  TEXT NOT NULL,
    current        INTEGER NOT NULL,          -- 1: the one that tables use
    UNIQUE (run_id, name, settings_hash, version)
) STRICT;

CREATE TABLE verdict (
    id            INTEGER PRIMARY KEY,
    verifier_id   INTEGER NOT NULL REFERENCES verifier(id) ON DELETE CASCADE,
    problem_id    INTEGER NOT NULL REFERENCES problem(id),
    sample_index  INTEGER NOT NULL,
    status        TEXT,                       -- null: a score without a threshold
    score         REAL,
    steps         TEXT,                       -- JSON array of step scores or votes
    answer        TEXT,
    detail        TEXT,
    duration_ms   REAL NOT NULL,
    sandbox       TEXT,                       -- strong | landlock-only | none
    weak          INTEGER NOT NULL,
    flaky         INTEGER NOT NULL,
    UNIQUE (verifier_id, problem_id, sample_index)
) STRICT;

CREATE TABLE event (
    id       INTEGER PRIMARY KEY,
    run_id   INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    at_ms    INTEGER NOT NULL,
    level    TEXT NOT NULL,                   -- info | warn | error
    message  TEXT NOT NULL
) STRICT;

-- Live numbers of a running run, one row, replaced a few times a second; for watch in another process.
CREATE TABLE live (
    run_id   INTEGER PRIMARY KEY REFERENCES run(id) ON DELETE CASCADE,
    at_ms    INTEGER NOT NULL,
    pid      INTEGER NOT NULL,
    body     TEXT NOT NULL                    -- JSON: harness::runner::Progress
) STRICT;

-- Wishes of whoever watches: pause, resume, stop, concurrency. The runner reads and deletes them in order.
CREATE TABLE control (
    id       INTEGER PRIMARY KEY,
    run_id   INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    at_ms    INTEGER NOT NULL,
    command  TEXT NOT NULL,                   -- pause | resume | stop | concurrency
    value    INTEGER
) STRICT;

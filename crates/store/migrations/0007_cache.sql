-- Answers that are given again to whoever asks exactly the same, and runs that were answered so.

CREATE TABLE cache_entry (
    id         INTEGER PRIMARY KEY,
    -- Of the request and of whoever may be given the answer.
    key        BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
    -- The run that was answered first: erasing its conversation erases this. Runs are stored behind, so this
    -- may be here before they are.
    run_uid    BLOB NOT NULL CHECK (length(run_uid) = 16),
    -- What the answer is, as JSON, and how it was said, as zstd.
    head       TEXT NOT NULL,
    body       BLOB NOT NULL,
    -- Bytes of both.
    size       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX cache_entry_run ON cache_entry (run_uid);
CREATE INDEX cache_entry_used ON cache_entry (used_at, size);

-- Whether the answer came from there, and what it had cost then; NULL there is unknown.
ALTER TABLE run ADD COLUMN cached TEXT CHECK (cached IN ('hit', 'offline'));
ALTER TABLE run ADD COLUMN saved_nano INTEGER;

-- Judging --------------------------------------------------------------------------------------

-- A pair is two answers beside each other, a best is one (♥) of several.
ALTER TABLE vote ADD COLUMN kind TEXT NOT NULL DEFAULT 'pair' CHECK (kind IN ('pair', 'best'));
-- Names were hidden when it was given.
ALTER TABLE vote ADD COLUMN blind INTEGER NOT NULL DEFAULT 0 CHECK (blind IN (0, 1));
-- The first and the second of a pair; the best, then the others.
ALTER TABLE vote_on ADD COLUMN ord INTEGER NOT NULL DEFAULT 0;

-- Two answers that a model was asked about. Its run is of kind 'judge', and of their conversation.
CREATE TABLE judgement (
    id         INTEGER PRIMARY KEY,
    uid        BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    run_id     INTEGER NOT NULL UNIQUE REFERENCES run (id),
    a_id       INTEGER NOT NULL REFERENCES message (id),
    b_id       INTEGER NOT NULL REFERENCES message (id),
    rubric     TEXT NOT NULL,
    -- What it came to: a vote that is the judge's.
    vote_id    INTEGER REFERENCES vote (id),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX judgement_a ON judgement (a_id);
CREATE INDEX judgement_b ON judgement (b_id);
CREATE INDEX judgement_vote ON judgement (vote_id) WHERE vote_id IS NOT NULL;

-- What it said of them in one order.
CREATE TABLE opinion (
    completion_id INTEGER PRIMARY KEY REFERENCES completion (id),
    judgement_id  INTEGER NOT NULL REFERENCES judgement (id),
    -- It saw the second answer first.
    swapped       INTEGER NOT NULL CHECK (swapped IN (0, 1)),
    -- Of the answers as they are in the judgement, whichever it saw first.
    verdict       TEXT CHECK (verdict IN ('a', 'b', 'tie', 'bothBad')),
    reason        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX opinion_of ON opinion (judgement_id);

-- Finding --------------------------------------------------------------------------------------

-- For searches within a span of time: which contents were said then.
CREATE INDEX message_time ON message (created_at, content_id);
-- Which models have answered.
CREATE INDEX completion_served ON completion (served) WHERE served IS NOT NULL;

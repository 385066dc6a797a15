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

-- Which trigrams there are: what a rare word of one or two characters can begin.
CREATE VIRTUAL TABLE search_term USING fts5vocab (search_text, row);

-- For searches within a span of time: which contents were said then.
CREATE INDEX message_time ON message (created_at, content_id);
-- Which models have answered.
CREATE INDEX completion_served ON completion (served) WHERE served IS NOT NULL;

-- Attaching ------------------------------------------------------------------------------------

-- Files that were attached and not sent yet, by whichever process: no draft may name them so far.
CREATE TABLE attached (
    hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
    at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Trees ----------------------------------------------------------------------------------------

-- Who takes a deletion back names it.
ALTER TABLE deletion ADD COLUMN uid BLOB CHECK (length(uid) = 16);
ALTER TABLE deletion ADD COLUMN conversation_id INTEGER REFERENCES conversation (id);
ALTER TABLE deletion ADD COLUMN branches INTEGER NOT NULL DEFAULT 0;
-- The branch that was active, where it went too.
ALTER TABLE deletion ADD COLUMN head_id INTEGER REFERENCES branch (id);
UPDATE deletion SET uid = randomblob(16),
    conversation_id = (SELECT max(conversation.id) FROM conversation WHERE conversation.deletion_id = deletion.id);
CREATE UNIQUE INDEX deletion_uid ON deletion (uid);
CREATE INDEX deletion_of ON deletion (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX deletion_head ON deletion (head_id) WHERE head_id IS NOT NULL;

-- Branches that were led elsewhere because their tip went, so that they can be led back.
CREATE TABLE deletion_move (
    deletion_id INTEGER NOT NULL REFERENCES deletion (id),
    branch_id   INTEGER NOT NULL REFERENCES branch (id),
    from_id     INTEGER NOT NULL REFERENCES message (id),
    to_id       INTEGER REFERENCES message (id),
    PRIMARY KEY (deletion_id, branch_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deletion_move_branch ON deletion_move (branch_id);
CREATE INDEX deletion_move_from ON deletion_move (from_id);
CREATE INDEX deletion_move_to ON deletion_move (to_id) WHERE to_id IS NOT NULL;

-- Whether it is one of the columns.
ALTER TABLE branch ADD COLUMN shown INTEGER NOT NULL DEFAULT 1 CHECK (shown IN (0, 1));
-- Where the window was in it, as the window says.
ALTER TABLE branch ADD COLUMN scroll INTEGER NOT NULL DEFAULT 0;
UPDATE branch SET shown = 0 WHERE kind = 'named' AND id NOT IN
    (SELECT head_branch_id FROM conversation WHERE head_branch_id IS NOT NULL);

-- A copy of another node, made by an edit further up or by opening its path as a new conversation: its
-- completion, which it shares with that node, did not write it.
ALTER TABLE message ADD COLUMN copied INTEGER NOT NULL DEFAULT 0 CHECK (copied IN (0, 1));

-- What a merge node was made of, the first included. Never part of a prompt. A source that was erased, or
-- is of the conversation that this node was copied from, leaves its hash: the node's own hash holds it.
CREATE TABLE message_source_2 (
    message_id INTEGER NOT NULL REFERENCES message (id),
    ord        INTEGER NOT NULL,
    source_id  INTEGER REFERENCES message (id),
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (message_id, ord)
) STRICT, WITHOUT ROWID;
INSERT INTO message_source_2 (message_id, ord, source_id, hash)
    SELECT message_source.message_id, message_source.ord, message_source.source_id, message.hash
    FROM message_source JOIN message ON message.id = message_source.source_id;
DROP TABLE message_source;
ALTER TABLE message_source_2 RENAME TO message_source;
CREATE INDEX message_source_source ON message_source (source_id) WHERE source_id IS NOT NULL;

-- How a merge was asked of a model.
CREATE TABLE synthesis (
    completion_id INTEGER PRIMARY KEY REFERENCES completion (id),
    how           TEXT NOT NULL CHECK (how IN ('fuse', 'checklist', 'table', 'custom')),
    instruction   TEXT NOT NULL DEFAULT ''
) STRICT;

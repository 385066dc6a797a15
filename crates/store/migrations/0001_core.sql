-- The core: trees of messages, acts of asking, and what was observed of them.
--
-- Times are milliseconds since 1970 UTC, money is nano-USD, ids are rowids inside (INTEGER) and
-- UUIDv7 outside (uid, 16 bytes). No cascades: what is deleted is deleted by name, in chunks.
-- Later tables and columns come by further migrations; this file is never edited once released.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Contents ------------------------------------------------------------------------------------

-- What messages say, stored once: JSON text, and the BLAKE3 of exactly these bytes. A content
-- belongs to nobody. Messages and system texts hold an array of parts, tools an array of tools.
CREATE TABLE content (
    id    INTEGER PRIMARY KEY,
    hash  BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    parts TEXT NOT NULL
) STRICT;

CREATE TABLE blob (
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    media_type TEXT NOT NULL,
    size       INTEGER NOT NULL,
    bytes      BLOB NOT NULL
) STRICT;

CREATE TABLE content_blob (
    content_id INTEGER NOT NULL REFERENCES content (id),
    blob_id    INTEGER NOT NULL REFERENCES blob (id),
    PRIMARY KEY (content_id, blob_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX content_blob_blob ON content_blob (blob_id);

-- The tree ------------------------------------------------------------------------------------

-- One act of deleting, and until when it can be undone.
CREATE TABLE deletion (
    id          INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('conversation', 'messages', 'branch')),
    nodes       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    erase_after INTEGER NOT NULL
) STRICT;

CREATE TABLE folder (
    id        INTEGER PRIMARY KEY,
    uid       BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    parent_id INTEGER REFERENCES folder (id),
    name      TEXT NOT NULL,
    ord       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX folder_parent ON folder (parent_id);

CREATE TABLE conversation (
    id                INTEGER PRIMARY KEY,
    uid               BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    title             TEXT NOT NULL,
    title_by          TEXT NOT NULL DEFAULT 'auto' CHECK (title_by IN ('auto', 'user')),
    folder_id         INTEGER REFERENCES folder (id),
    pinned            INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    archived          INTEGER NOT NULL DEFAULT 0 CHECK (archived IN (0, 1)),
    source            TEXT NOT NULL CHECK (source IN ('window', 'cli', 'gateway', 'import')),
    head_branch_id    INTEGER REFERENCES branch (id),
    system_content_id INTEGER REFERENCES content (id),
    -- Where it was imported from: the program, and its id there.
    source_system     TEXT,
    source_id         TEXT,
    deletion_id       INTEGER REFERENCES deletion (id),
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_list ON conversation (archived, pinned, updated_at) WHERE deletion_id IS NULL;
CREATE INDEX conversation_head ON conversation (head_branch_id);
CREATE INDEX conversation_folder ON conversation (folder_id) WHERE folder_id IS NOT NULL;
CREATE INDEX conversation_system ON conversation (system_content_id) WHERE system_content_id IS NOT NULL;
CREATE INDEX conversation_deletion ON conversation (deletion_id) WHERE deletion_id IS NOT NULL;
CREATE INDEX conversation_source ON conversation (source_system, source_id) WHERE source_id IS NOT NULL;

CREATE TABLE message (
    id              INTEGER PRIMARY KEY,
    uid             BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    conversation_id INTEGER NOT NULL REFERENCES conversation (id),
    parent_id       INTEGER REFERENCES message (id),
    depth           INTEGER NOT NULL,
    -- Skew-binary jump pointer: an ancestor, so that any other is found in O(log n) steps. NULL at
    -- a root. Not declared as a reference: it always is an ancestor, which parent_id protects, and
    -- an index only for that check would cost every insert.
    jump_id         INTEGER,
    role            TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant', 'tool')),
    status          TEXT NOT NULL CHECK (status IN ('streaming', 'complete', 'stopped', 'interrupted', 'failed')),
    -- NULL says nothing: an answer that has not begun, or failed without a word.
    content_id      INTEGER REFERENCES content (id),
    -- domain::node_hash, from the terminal state on.
    hash            BLOB CHECK (length(hash) = 32),
    -- What a stateless client sends again; only on captured nodes.
    prefix_key      BLOB CHECK (length(prefix_key) = 16),
    completion_id   INTEGER REFERENCES completion (id),
    -- Which of the choices of its completion.
    choice          INTEGER NOT NULL DEFAULT 0,
    continues_id    INTEGER REFERENCES message (id),
    hidden          INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
    source_id       TEXT,
    deletion_id     INTEGER REFERENCES deletion (id),
    created_at      INTEGER NOT NULL,
    CHECK ((parent_id IS NULL) = (depth = 0)),
    CHECK ((hash IS NULL) = (status = 'streaming'))
) STRICT;
CREATE INDEX message_child ON message (parent_id, conversation_id);
CREATE INDEX message_of ON message (conversation_id, deletion_id, content_id);
CREATE INDEX message_content ON message (content_id) WHERE content_id IS NOT NULL;
CREATE INDEX message_completion ON message (completion_id, choice) WHERE completion_id IS NOT NULL;
CREATE INDEX message_continues ON message (continues_id) WHERE continues_id IS NOT NULL;
CREATE INDEX message_streaming ON message (conversation_id) WHERE status = 'streaming';
CREATE INDEX message_deletion ON message (deletion_id) WHERE deletion_id IS NOT NULL;
CREATE INDEX message_prefix ON message (prefix_key) WHERE prefix_key IS NOT NULL;

-- What a merge node was made of, the first included. Never part of a prompt.
CREATE TABLE message_source (
    message_id INTEGER NOT NULL REFERENCES message (id),
    ord        INTEGER NOT NULL,
    source_id  INTEGER NOT NULL REFERENCES message (id),
    PRIMARY KEY (message_id, ord)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_source_source ON message_source (source_id);

CREATE TABLE branch (
    id                INTEGER PRIMARY KEY,
    uid               BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    conversation_id   INTEGER NOT NULL REFERENCES conversation (id),
    name              TEXT NOT NULL,
    kind              TEXT NOT NULL CHECK (kind IN ('main', 'column', 'named')),
    tip_id            INTEGER REFERENCES message (id),
    target            TEXT,
    params            TEXT NOT NULL DEFAULT '{}',
    system_content_id INTEGER REFERENCES content (id),
    pinned            INTEGER NOT NULL DEFAULT 0 CHECK (pinned IN (0, 1)),
    ord               INTEGER NOT NULL DEFAULT 0,
    deletion_id       INTEGER REFERENCES deletion (id)
) STRICT;
CREATE INDEX branch_of ON branch (conversation_id, ord);
CREATE INDEX branch_tip ON branch (tip_id);
CREATE INDEX branch_system ON branch (system_content_id) WHERE system_content_id IS NOT NULL;
CREATE INDEX branch_deletion ON branch (deletion_id) WHERE deletion_id IS NOT NULL;

-- Which of the siblings below a node was looked at last, and where in it.
CREATE TABLE sibling_view (
    message_id INTEGER PRIMARY KEY REFERENCES message (id),
    tip_id     INTEGER NOT NULL REFERENCES message (id),
    scroll     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX sibling_view_tip ON sibling_view (tip_id);

CREATE TABLE draft (
    id              INTEGER PRIMARY KEY,
    -- NULL is the prompt box of a conversation that does not exist yet.
    conversation_id INTEGER UNIQUE REFERENCES conversation (id),
    parts           TEXT NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE bookmark (
    id         INTEGER PRIMARY KEY,
    uid        BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    message_id INTEGER NOT NULL REFERENCES message (id),
    note       TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX bookmark_message ON bookmark (message_id);

CREATE TABLE tag (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE conversation_tag (
    conversation_id INTEGER NOT NULL REFERENCES conversation (id),
    tag_id          INTEGER NOT NULL REFERENCES tag (id),
    PRIMARY KEY (conversation_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_tag_tag ON conversation_tag (tag_id);

-- Asking --------------------------------------------------------------------------------------

-- A process that has the store open. It is alive while it holds the lock on locks/<uid>.
CREATE TABLE instance (
    id         INTEGER PRIMARY KEY,
    uid        BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    kind       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    -- It left in good order, or what it left behind has been taken care of.
    gone       INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1))
) STRICT;
CREATE INDEX instance_here ON instance (gone) WHERE gone = 0;

CREATE TABLE run (
    id              INTEGER PRIMARY KEY,
    uid             BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    conversation_id INTEGER REFERENCES conversation (id),
    kind            TEXT NOT NULL CHECK (kind IN
        ('ask', 'regenerate', 'continue', 'merge', 'replay', 'judge', 'title', 'embed', 'count')),
    origin          TEXT NOT NULL CHECK (origin IN ('window', 'cli', 'gateway', 'import')),
    instance_id     INTEGER NOT NULL REFERENCES instance (id),
    -- Number of its last batch; stays when the journal is folded.
    last_seq        INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX run_of ON run (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX run_instance ON run (instance_id);

CREATE TABLE completion (
    id                INTEGER PRIMARY KEY,
    uid               BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    run_id            INTEGER NOT NULL REFERENCES run (id),
    ord               INTEGER NOT NULL,
    branch_id         INTEGER REFERENCES branch (id),
    requested         TEXT NOT NULL,
    served            TEXT,
    -- Without tools, which are a content of their own.
    params            TEXT NOT NULL DEFAULT '{}',
    system_content_id INTEGER REFERENCES content (id),
    tools_content_id  INTEGER REFERENCES content (id),
    state             TEXT NOT NULL CHECK (state IN
        ('queued', 'streaming', 'complete', 'failed', 'stopped', 'interrupted')),
    stop              TEXT,
    error_kind        TEXT,
    error_text        TEXT,
    retry_after_ms    INTEGER,
    ttft_ms           INTEGER,
    duration_ms       INTEGER,
    -- Tokens, in disjoint buckets.
    input             INTEGER,
    output            INTEGER,
    cached_read       INTEGER,
    cached_write      INTEGER,
    reasoning         INTEGER,
    usage_by          TEXT CHECK (usage_by IN ('reported', 'estimated')),
    -- NULL is unknown, which is not free.
    cost_nano         INTEGER,
    cost_estimated    INTEGER CHECK (cost_estimated IN (0, 1)),
    created_at        INTEGER NOT NULL,
    ended_at          INTEGER,
    UNIQUE (run_id, ord),
    CHECK ((state = 'complete') = (stop IS NOT NULL)),
    CHECK ((state = 'failed') = (error_kind IS NOT NULL)),
    CHECK ((cost_nano IS NULL) = (cost_estimated IS NULL))
) STRICT;
CREATE INDEX completion_branch ON completion (branch_id) WHERE branch_id IS NOT NULL;
CREATE INDEX completion_system ON completion (system_content_id) WHERE system_content_id IS NOT NULL;
CREATE INDEX completion_tools ON completion (tools_content_id) WHERE tools_content_id IS NOT NULL;
CREATE INDEX completion_live ON completion (run_id) WHERE state IN ('queued', 'streaming');

-- Why this target; order and candidates are JSON arrays.
CREATE TABLE decision (
    completion_id INTEGER PRIMARY KEY REFERENCES completion (id),
    requested     TEXT NOT NULL,
    targets       TEXT NOT NULL,
    reason        TEXT NOT NULL,
    candidates    TEXT NOT NULL
) STRICT;

CREATE TABLE attempt (
    id            INTEGER PRIMARY KEY,
    uid           BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    completion_id INTEGER NOT NULL REFERENCES completion (id),
    ord           INTEGER NOT NULL,
    provider      TEXT NOT NULL,
    model         TEXT NOT NULL,
    http_status   INTEGER,
    outcome       TEXT NOT NULL CHECK (outcome IN ('running', 'complete', 'failed', 'cancelled', 'interrupted')),
    error_kind    TEXT,
    started_at    INTEGER NOT NULL,
    headers_ms    INTEGER,
    first_ms      INTEGER,
    ended_ms      INTEGER,
    input         INTEGER,
    output        INTEGER,
    cached_read   INTEGER,
    cached_write  INTEGER,
    reasoning     INTEGER,
    usage_by      TEXT CHECK (usage_by IN ('reported', 'estimated')),
    cost_nano     INTEGER,
    UNIQUE (completion_id, ord)
) STRICT;

-- What went over the wire, keys redacted; bodies are zstd.
CREATE TABLE wire (
    attempt_id       INTEGER PRIMARY KEY REFERENCES attempt (id),
    method           TEXT NOT NULL,
    url              TEXT NOT NULL,
    request_headers  TEXT NOT NULL,
    request_body     BLOB NOT NULL,
    status           INTEGER,
    response_headers TEXT NOT NULL,
    response_body    BLOB NOT NULL,
    response_cut     INTEGER NOT NULL CHECK (response_cut IN (0, 1)),
    -- When retention may drop it; NULL keeps it as long as its attempt.
    keep_until       INTEGER
) STRICT;

-- Batches of answers being written: committed before they are shown, gone once the answer is whole.
CREATE TABLE journal (
    completion_id INTEGER NOT NULL REFERENCES completion (id),
    seq           INTEGER NOT NULL,
    -- JSON array of event items.
    data          TEXT NOT NULL,
    PRIMARY KEY (completion_id, seq)
) STRICT, WITHOUT ROWID;

-- One line for each upstream call, numbers only: it outlives what was asked and answered.
CREATE TABLE ledger (
    id           INTEGER PRIMARY KEY,
    attempt_uid  BLOB NOT NULL UNIQUE CHECK (length(attempt_uid) = 16),
    at           INTEGER NOT NULL,
    provider     TEXT NOT NULL,
    model        TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    input        INTEGER,
    output       INTEGER,
    cached_read  INTEGER,
    cached_write INTEGER,
    reasoning    INTEGER,
    usage_by     TEXT CHECK (usage_by IN ('reported', 'estimated')),
    cost_nano    INTEGER
) STRICT;
CREATE INDEX ledger_at ON ledger (at);

CREATE TABLE vote (
    id         INTEGER PRIMARY KEY,
    uid        BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    -- The run whose answers were compared.
    run_id     INTEGER NOT NULL REFERENCES run (id),
    by         TEXT NOT NULL CHECK (by IN ('user', 'judge')),
    reason     TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX vote_run ON vote (run_id);

CREATE TABLE vote_on (
    vote_id    INTEGER NOT NULL REFERENCES vote (id),
    message_id INTEGER NOT NULL REFERENCES message (id),
    score      REAL NOT NULL,
    PRIMARY KEY (vote_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX vote_on_message ON vote_on (message_id);

-- What providers said they offer; model is the JSON that the engine stores.
CREATE TABLE model_seen (
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    data     TEXT NOT NULL,
    seen_at  INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
) STRICT, WITHOUT ROWID;

-- Searching -----------------------------------------------------------------------------------

-- The one definition of what can be found in a content. The index is filled from it, and asks it for
-- the old text when a row is to be forgotten ('delete' needs it): FTS5 itself may not read a view that
-- uses json_each, so it is given no content table.
CREATE VIEW search_source (id, text) AS
SELECT content.id,
    (SELECT group_concat(json_extract(part.value, '$.text'), char(10))
        FROM json_each(content.parts) AS part
        WHERE json_extract(part.value, '$.type') IN ('text', 'toolResult'))
FROM content;

CREATE VIRTUAL TABLE search_text USING fts5 (text, content = '', tokenize = 'trigram');

-- Two-character words of scripts without spaces, which trigrams cannot find. The last character of
-- a run of them stands alone, so that one character is a prefix of some gram too.
CREATE TABLE search_bigram (
    gram       TEXT NOT NULL,
    content_id INTEGER NOT NULL REFERENCES content (id),
    PRIMARY KEY (gram, content_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_bigram_content ON search_bigram (content_id);

-- Contents too long to be indexed within the transaction that stores them.
CREATE TABLE search_queue (
    content_id INTEGER PRIMARY KEY REFERENCES content (id)
) STRICT;

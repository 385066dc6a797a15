-- The gateway: whom it lets in, what they may spend, and what it remembers for them.

-- Virtual keys ---------------------------------------------------------------------------------

-- A key that a caller of the gateway shows. The key itself is nowhere. Never deleted, only revoked:
-- what it was used for still names it.
CREATE TABLE virtual_key (
    id         INTEGER PRIMARY KEY,
    uid        BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
    -- The part of the key that may be shown, and that it is found by.
    public_id  TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    -- BLAKE3 of the whole key.
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    -- JSON arrays of patterns; an empty one allows all.
    routes     TEXT NOT NULL DEFAULT '[]',
    targets    TEXT NOT NULL DEFAULT '[]',
    -- Requests and tokens within any minute, and calls at a time; NULL is without limit.
    rpm        INTEGER CHECK (rpm > 0),
    tpm        INTEGER CHECK (tpm > 0),
    parallel   INTEGER CHECK (parallel > 0),
    -- What is kept of its calls.
    capture    TEXT NOT NULL CHECK (capture IN ('full', 'metadata', 'off')),
    created_by TEXT NOT NULL CHECK (created_by IN ('window', 'cli', 'gateway', 'import')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

-- How much may be spent in one period after the other. Money and tokens that are NULL have no cap.
CREATE TABLE budget (
    id             INTEGER PRIMARY KEY,
    -- NULL is that of all calls together, whose caps are in config.toml.
    virtual_key_id INTEGER REFERENCES virtual_key (id),
    period         TEXT NOT NULL CHECK (period IN ('day', 'month', 'total')),
    -- Where its days begin: an IANA name.
    zone           TEXT NOT NULL,
    nano           INTEGER CHECK (nano >= 0),
    tokens         INTEGER CHECK (tokens >= 0)
) STRICT;
CREATE UNIQUE INDEX budget_of ON budget (coalesce(virtual_key_id, 0), period);

-- What was spent of a budget in one of its periods, and what processes have set aside of it. A period
-- begins without a row, and its row is never begun anew, whatever the clock does.
CREATE TABLE spending (
    budget_id     INTEGER NOT NULL REFERENCES budget (id),
    -- When the period begins; 0 where it never ends.
    period        INTEGER NOT NULL,
    -- The sum of its lines in the ledger.
    nano          INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    -- The sum of its leases.
    leased_nano   INTEGER NOT NULL DEFAULT 0,
    leased_tokens INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (budget_id, period)
) STRICT, WITHOUT ROWID;

-- The slice of a period's budget that one process spends from without asking. What it has spent leaves
-- the slice with its line in the ledger. Below zero where a call came out dearer than it could be.
CREATE TABLE lease (
    instance_id INTEGER NOT NULL REFERENCES instance (id),
    budget_id   INTEGER NOT NULL REFERENCES budget (id),
    period      INTEGER NOT NULL,
    nano        INTEGER NOT NULL,
    tokens      INTEGER NOT NULL,
    PRIMARY KEY (instance_id, budget_id, period)
) STRICT, WITHOUT ROWID;

ALTER TABLE ledger ADD COLUMN virtual_key_id INTEGER REFERENCES virtual_key (id);
-- Which period it counts in: when the call was let in. NULL is when it began.
ALTER TABLE ledger ADD COLUMN counted_at INTEGER;
-- What budgets count: the cost and all tokens, or what was set aside where they are not known. NULL is
-- from before there were budgets.
ALTER TABLE ledger ADD COLUMN charged_nano INTEGER;
ALTER TABLE ledger ADD COLUMN charged_tokens INTEGER;
CREATE INDEX ledger_key ON ledger (virtual_key_id, at) WHERE virtual_key_id IS NOT NULL;

-- Calls ----------------------------------------------------------------------------------------

-- The key that asked; its client, as it calls itself; what it sent to be answered once; its own word for
-- what this is about.
ALTER TABLE run ADD COLUMN virtual_key_id INTEGER REFERENCES virtual_key (id);
ALTER TABLE run ADD COLUMN client TEXT;
ALTER TABLE run ADD COLUMN idempotency_key TEXT;
ALTER TABLE run ADD COLUMN tag TEXT;
CREATE INDEX run_key ON run (virtual_key_id) WHERE virtual_key_id IS NOT NULL;

-- The key whose calls are captured here: what others send again is not looked for.
ALTER TABLE conversation ADD COLUMN scope_id INTEGER REFERENCES virtual_key (id);
ALTER TABLE message ADD COLUMN scope_id INTEGER REFERENCES virtual_key (id);

-- Answers of the Responses API that can be followed by their id.
CREATE TABLE response (
    id             INTEGER PRIMARY KEY,
    -- As callers know it, with its prefix.
    name           TEXT NOT NULL UNIQUE,
    -- Who may follow it; NULL where nobody has to show a key.
    virtual_key_id INTEGER REFERENCES virtual_key (id),
    completion_id  INTEGER NOT NULL REFERENCES completion (id),
    message_id     INTEGER NOT NULL REFERENCES message (id),
    created_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX response_completion ON response (completion_id);
CREATE INDEX response_message ON response (message_id);

-- Requests that are to be carried out once, however often they come. Failures are not kept.
CREATE TABLE idempotency (
    id             INTEGER PRIMARY KEY,
    virtual_key_id INTEGER REFERENCES virtual_key (id),
    key            TEXT NOT NULL,
    -- BLAKE3 of the request's body: another one under the same key is refused.
    body_hash      BLOB NOT NULL CHECK (length(body_hash) = 32),
    -- Who carries it out.
    instance_id    INTEGER NOT NULL REFERENCES instance (id),
    -- What it became, so that erasing that erases this.
    run_id         INTEGER REFERENCES run (id),
    -- The answer: its head, and its body as zstd. NULL while it is being carried out.
    status         INTEGER,
    headers        TEXT,
    body           BLOB,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX idempotency_key ON idempotency (coalesce(virtual_key_id, 0), key);
CREATE INDEX idempotency_run ON idempotency (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX idempotency_expires ON idempotency (expires_at);

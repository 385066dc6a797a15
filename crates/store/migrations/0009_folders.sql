-- Budgets of folders; what was learned of a vote; responses by key.

-- A folder by its id and not by its row: what was spent in one that has gone stays spent. NULL is no folder's.
ALTER TABLE budget ADD COLUMN folder BLOB CHECK (folder IS NULL OR length(folder) = 16);
DROP INDEX budget_of;
CREATE UNIQUE INDEX budget_of ON budget (coalesce(virtual_key_id, 0), coalesce(folder, x''), period);

-- The folders that a call's conversation was in when it was let in: its own, and those around it. Only while some
-- folder has a budget.
CREATE TABLE ledger_folder (
    ledger_id INTEGER NOT NULL REFERENCES ledger (id),
    folder    BLOB NOT NULL CHECK (length(folder) = 16),
    PRIMARY KEY (ledger_id, folder)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_folder_of ON ledger_folder (folder);

-- When routes learned from a vote; NULL is not yet. And of each of its answers what they learned: the class of
-- its prompt, and how much it was liked.
ALTER TABLE vote ADD COLUMN learned_at INTEGER;
ALTER TABLE vote_on ADD COLUMN class TEXT;
ALTER TABLE vote_on ADD COLUMN liked REAL;

-- Providers of two keys may give their answers the same name. No row refers to a response.
CREATE TABLE response_by_key (
    id             INTEGER PRIMARY KEY,
    -- As callers know it, with its prefix.
    name           TEXT NOT NULL,
    -- Who may follow it; NULL where nobody has to show a key.
    virtual_key_id INTEGER REFERENCES virtual_key (id),
    completion_id  INTEGER NOT NULL REFERENCES completion (id),
    message_id     INTEGER NOT NULL REFERENCES message (id),
    created_at     INTEGER NOT NULL
) STRICT;
INSERT INTO response_by_key (id, name, virtual_key_id, completion_id, message_id, created_at)
SELECT id, name, virtual_key_id, completion_id, message_id, created_at FROM response;
DROP TABLE response;
ALTER TABLE response_by_key RENAME TO response;
CREATE UNIQUE INDEX response_of ON response (name, coalesce(virtual_key_id, 0));
CREATE INDEX response_completion ON response (completion_id);
CREATE INDEX response_message ON response (message_id);

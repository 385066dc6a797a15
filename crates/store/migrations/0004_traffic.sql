-- Traffic: calls of the gateway as their callers saw them.

-- As in `x-orchesity-request-id`; the path of the gateway; whether a stream was asked for; the HTTP status
-- that the caller got.
ALTER TABLE run ADD COLUMN request TEXT;
ALTER TABLE run ADD COLUMN route TEXT;
ALTER TABLE run ADD COLUMN stream INTEGER NOT NULL DEFAULT 0 CHECK (stream IN (0, 1));
ALTER TABLE run ADD COLUMN status INTEGER;

-- The caller's own body, zstd, where the request was made of it. What was sent then begins with so many
-- bytes of it, goes on with `request_body`, and ends with so many bytes of it.
ALTER TABLE wire ADD COLUMN heard BLOB;
ALTER TABLE wire ADD COLUMN heard_head INTEGER;
ALTER TABLE wire ADD COLUMN heard_tail INTEGER;

-- Calls by time, newest first.
CREATE INDEX completion_time ON completion (created_at);
-- What was captured, oldest first: for retention.
CREATE INDEX conversation_captured ON conversation (updated_at) WHERE source = 'gateway';

-- When somebody has first looked at it, of those that were captured: retention leaves it alone from then on.
ALTER TABLE conversation ADD COLUMN opened_at INTEGER;

-- What schema 3 adds to the rows of schemas 1 and 2.
INSERT INTO virtual_key (id, uid, public_id, name, hash, routes, targets, rpm, tpm, parallel, capture, created_by,
    created_at, expires_at, revoked_at) VALUES
    (1, randomblob(16), 'abcdefghijkl', 'a tool', randomblob(32), '["/v1/*"]', '[]', 60, NULL, 2, 'full', 'cli', 4, NULL, 9);
INSERT INTO budget (id, virtual_key_id, period, zone, nano, tokens) VALUES
    (1, 1, 'day', 'Europe/Berlin', 500, NULL), (2, NULL, 'month', 'UTC', NULL, NULL);
INSERT INTO spending (budget_id, period, nano, tokens, leased_nano, leased_tokens) VALUES (1, 0, 6, 15, 3, 0);
INSERT INTO lease (instance_id, budget_id, period, nano, tokens) VALUES (1, 1, 0, 3, 0);
UPDATE ledger SET virtual_key_id = 1, counted_at = 3, charged_nano = 6, charged_tokens = 15 WHERE id = 1;
UPDATE run SET virtual_key_id = 1, client = 'probe/1', idempotency_key = 'once', tag = 'nightly' WHERE id = 1;
UPDATE conversation SET scope_id = 1 WHERE id = 1;
UPDATE message SET scope_id = 1 WHERE id = 1;
INSERT INTO response (id, name, virtual_key_id, completion_id, message_id, created_at) VALUES (1, 'resp_1', 1, 1, 2, 5);
INSERT INTO idempotency (id, virtual_key_id, key, body_hash, instance_id, run_id, status, headers, body, created_at,
    expires_at) VALUES (1, 1, 'once', randomblob(32), 1, 1, 200, '[]', x'00', 5, 10);

-- A row in every table of schema 1, and a value in every column that refers to another.
INSERT INTO meta (key, value) VALUES ('home_id', 'fixture');
INSERT INTO content (id, hash, parts) VALUES
    (1, zeroblob(32), '[{"type":"text","text":"be brief"}]'),
    (2, randomblob(32), '[{"type":"text","text":"a question"}]'),
    (3, randomblob(32), '[{"type":"text","text":"an answer"}]'),
    (4, randomblob(32), '[]');
INSERT INTO blob (id, hash, media_type, size, bytes) VALUES (1, randomblob(32), 'image/png', 3, x'010203');
INSERT INTO content_blob (content_id, blob_id) VALUES (2, 1);
INSERT INTO deletion (id, kind, nodes, created_at, erase_after) VALUES
    (1, 'conversation', 1, 5, 6), (2, 'messages', 1, 5, 6), (3, 'branch', 0, 5, 6);
INSERT INTO folder (id, uid, parent_id, name, ord) VALUES
    (1, randomblob(16), NULL, 'outer', 0), (2, randomblob(16), 1, 'inner', 1);
INSERT INTO conversation (id, uid, title, title_by, folder_id, pinned, archived, source, head_branch_id,
    system_content_id, source_system, source_id, deletion_id, created_at, updated_at) VALUES
    (1, randomblob(16), 'a talk', 'user', 2, 1, 0, 'import', NULL, 1, 'chatgpt', 'x', NULL, 1, 2),
    (2, randomblob(16), 'gone', 'auto', NULL, 0, 1, 'window', NULL, NULL, NULL, NULL, 1, 1, 2);
INSERT INTO instance (id, uid, kind, pid, started_at, gone) VALUES (1, randomblob(16), 'app', 7, 1, 1);
INSERT INTO run (id, uid, conversation_id, kind, origin, instance_id, last_seq, created_at) VALUES
    (1, randomblob(16), 1, 'ask', 'window', 1, 9, 3), (2, randomblob(16), NULL, 'embed', 'cli', 1, 0, 3);
INSERT INTO branch (id, uid, conversation_id, name, kind, tip_id, target, params, system_content_id, pinned, ord,
    deletion_id) VALUES
    (1, randomblob(16), 1, 'main', 'main', NULL, 'chat/a', '{"maxTokens":5}', 1, 0, 0, NULL),
    (2, randomblob(16), 1, 'other', 'named', NULL, NULL, '{}', NULL, 1, 1, 3);
INSERT INTO completion (id, uid, run_id, ord, branch_id, requested, served, params, system_content_id,
    tools_content_id, state, stop, error_kind, error_text, retry_after_ms, ttft_ms, duration_ms, input, output,
    cached_read, cached_write, reasoning, usage_by, cost_nano, cost_estimated, created_at, ended_at) VALUES
    (1, randomblob(16), 1, 0, 1, 'fast', 'chat/a', '{}', 1, 4, 'complete', 'stop', NULL, NULL, NULL, 10, 20, 1, 2, 3,
        4, 5, 'reported', 6, 0, 3, 4),
    (2, randomblob(16), 1, 1, NULL, 'chat/b', NULL, '{}', NULL, NULL, 'failed', NULL, 'timeout', 'late', 7, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, 4);
INSERT INTO message (id, uid, conversation_id, parent_id, depth, jump_id, role, status, content_id, hash, prefix_key,
    completion_id, choice, continues_id, hidden, source_id, deletion_id, created_at) VALUES
    (1, randomblob(16), 1, NULL, 0, NULL, 'user', 'complete', 2, randomblob(32), randomblob(16), NULL, 0, NULL, 0, 'm1',
        NULL, 3),
    (2, randomblob(16), 1, 1, 1, 1, 'assistant', 'complete', 3, randomblob(32), NULL, 1, 0, NULL, 0, NULL, NULL, 3),
    (3, randomblob(16), 1, 1, 1, 1, 'assistant', 'stopped', 3, randomblob(32), NULL, NULL, 1, 2, 1, NULL, 2, 3),
    (4, randomblob(16), 2, NULL, 0, NULL, 'user', 'complete', NULL, randomblob(32), NULL, NULL, 0, NULL, 0, NULL, NULL,
        3);
UPDATE branch SET tip_id = 2 WHERE id = 1;
UPDATE conversation SET head_branch_id = 1 WHERE id = 1;
INSERT INTO message_source (message_id, ord, source_id) VALUES (2, 0, 2), (2, 1, 3);
INSERT INTO sibling_view (message_id, tip_id, scroll) VALUES (1, 2, 40);
INSERT INTO draft (id, conversation_id, parts, updated_at) VALUES (1, 1, '[]', 4), (2, NULL, '[]', 4);
INSERT INTO bookmark (id, uid, message_id, note, created_at) VALUES (1, randomblob(16), 2, 'good', 4);
INSERT INTO tag (id, name) VALUES (1, 'work');
INSERT INTO conversation_tag (conversation_id, tag_id) VALUES (1, 1);
INSERT INTO decision (completion_id, requested, targets, reason, candidates) VALUES (1, 'fast', '[]', 'because', '[]');
INSERT INTO attempt (id, uid, completion_id, ord, provider, model, http_status, outcome, error_kind, started_at,
    headers_ms, first_ms, ended_ms, input, output, cached_read, cached_write, reasoning, usage_by, cost_nano) VALUES
    (1, randomblob(16), 1, 0, 'chat', 'a', 200, 'complete', NULL, 3, 1, 2, 3, 1, 2, 3, 4, 5, 'reported', 6);
INSERT INTO wire (attempt_id, method, url, request_headers, request_body, status, response_headers, response_body,
    response_cut, keep_until) VALUES (1, 'POST', 'http://x', '[]', x'00', 200, '[]', x'01', 0, 99);
INSERT INTO journal (completion_id, seq, data) VALUES (2, 1, '[]');
INSERT INTO ledger (id, attempt_uid, at, provider, model, outcome, input, output, cached_read, cached_write, reasoning,
    usage_by, cost_nano) SELECT 1, uid, 3, 'chat', 'a', 'complete', 1, 2, 3, 4, 5, 'reported', 6 FROM attempt;
INSERT INTO vote (id, uid, run_id, by, reason, created_at) VALUES (1, randomblob(16), 1, 'user', 'better', 4);
INSERT INTO vote_on (vote_id, message_id, score) VALUES (1, 2, 1.0), (1, 3, 0.0);
INSERT INTO model_seen (provider, model, data, seen_at) VALUES ('chat', 'a', '{}', 1);
INSERT INTO search_text (rowid, text) VALUES (2, 'a question'), (3, 'an answer');
INSERT INTO search_bigram (gram, content_id) VALUES ('漢字', 2);
INSERT INTO search_queue (content_id) VALUES (4);

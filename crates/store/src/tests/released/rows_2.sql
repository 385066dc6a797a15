-- What schema 2 adds to the rows of schema 1.
INSERT INTO judgement (id, uid, run_id, a_id, b_id, rubric, vote_id, created_at) VALUES
    (1, randomblob(16), 2, 2, 3, 'which is better', 1, 5);
INSERT INTO opinion (completion_id, judgement_id, swapped, verdict, reason) VALUES (1, 1, 1, 'tie', 'alike');
INSERT INTO attached (hash, at) SELECT hash, 5 FROM blob;
UPDATE deletion SET head_id = 1, branches = 2 WHERE id = 1;
UPDATE deletion SET conversation_id = 1 WHERE id = 2;
INSERT INTO deletion_move (deletion_id, branch_id, from_id, to_id) VALUES (2, 1, 3, 2);
UPDATE branch SET shown = 0, scroll = 7 WHERE id = 2;
UPDATE message SET copied = 1 WHERE id = 3;
UPDATE vote SET kind = 'best', blind = 1;
UPDATE vote_on SET ord = 1 WHERE message_id = 3;
INSERT INTO synthesis (completion_id, how, instruction) VALUES (1, 'custom', 'short');

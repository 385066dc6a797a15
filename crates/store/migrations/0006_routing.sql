-- Routing: what a route went by, and what was learned of targets.

-- What a decision went by (domain::Routed as JSON), and of it what figures are drawn by: the policy's name, the
-- prompt's class, and the target that one would have pinned. NULL where no route was asked for.
ALTER TABLE decision ADD COLUMN routed TEXT;
ALTER TABLE decision ADD COLUMN policy TEXT;
ALTER TABLE decision ADD COLUMN class TEXT;
ALTER TABLE decision ADD COLUMN fixed TEXT;
CREATE INDEX decision_policy ON decision (policy) WHERE policy IS NOT NULL;

-- What was observed of a target: sums of values and of their weights, faded up to a time. An empty class is all
-- of them together.
CREATE TABLE learned (
    target  TEXT NOT NULL,
    class   TEXT NOT NULL,
    measure TEXT NOT NULL,
    sum     REAL NOT NULL,
    weight  REAL NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (target, class, measure)
) STRICT, WITHOUT ROWID;

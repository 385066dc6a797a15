-- How what was learned moved.

-- How a measure of a target stood when an hour was over, or stands in the present one; only hours in which something was
-- observed. An empty class is all of them together. Old hours go.
CREATE TABLE learned_hour (
    -- When the hour began, in milliseconds since 1970.
    hour    INTEGER NOT NULL,
    target  TEXT NOT NULL,
    class   TEXT NOT NULL,
    measure TEXT NOT NULL,
    mean    REAL NOT NULL,
    -- About how many observations counted.
    weight  REAL NOT NULL,
    PRIMARY KEY (hour, target, class, measure)
) STRICT, WITHOUT ROWID;

-- The catalog as synced: what public lists say of models, on top of what is bundled.

-- A list: where it is from, its version as its server calls it, when it was taken, when it was last
-- tried and how often that failed since; and what is wrong with it.
CREATE TABLE catalog_source (
    source TEXT PRIMARY KEY,
    url TEXT,
    etag TEXT,
    synced_at INTEGER,
    tried_at INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    problem TEXT
) STRICT;

-- What a list says of a model of a provider (or of a leaderboard), as JSON of the engine's.
CREATE TABLE catalog_fact (
    source TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (source, provider, model)
) STRICT, WITHOUT ROWID;

-- Prices that jumped more than tenfold: they wait for a yes, and what was known stays.
CREATE TABLE catalog_held (
    source TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    held_at INTEGER NOT NULL,
    PRIMARY KEY (source, provider, model)
) STRICT, WITHOUT ROWID;

-- The user's word on which model a name means.
CREATE TABLE catalog_alias (
    name TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Prices as they changed, newest last; pruned by number.
CREATE TABLE catalog_change (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

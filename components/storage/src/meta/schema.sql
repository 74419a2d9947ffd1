-- Bytes that a page stored, or a fetch. Ids are never used twice.
CREATE TABLE bodies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- How many bytes are durable.
    length INTEGER NOT NULL,
    -- 0: the bytes are in inline_bodies; 1: in the file bodies/<id>.
    in_file INTEGER NOT NULL,
    -- 1: nothing will be appended any more.
    sealed INTEGER NOT NULL,
    -- JSON: how readers that follow the body end, if not normally.
    error TEXT,
    -- Bytes at the end that were durable once, and are gone.
    lost INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Apart, so that a change of a body's row does not write its bytes again.
CREATE TABLE inline_bodies (
    body INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- Who refers to a body: kind 1 request (a = background fetch, b = record), 2 response (the same),
-- 3 pending (a = b = 0), 4 cache entry (a = entry, b = 0).
CREATE TABLE owners (
    body INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    PRIMARY KEY (body, kind, a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX owners_by_owner ON owners (kind, a);

-- Background fetches; json is StoredBackgroundFetch without records. size is json's length in bytes.
CREATE TABLE fetches (
    id INTEGER PRIMARY KEY,
    json TEXT NOT NULL,
    size INTEGER NOT NULL
) STRICT;

CREATE TABLE records (
    fetch INTEGER NOT NULL,
    position INTEGER NOT NULL,
    json TEXT NOT NULL,
    size INTEGER NOT NULL,
    UNIQUE (fetch, position)
) STRICT;

CREATE TABLE registrations (
    id INTEGER PRIMARY KEY,
    json TEXT NOT NULL,
    size INTEGER NOT NULL
) STRICT;

-- name is NULL once the cache was deleted while somebody held it.
CREATE TABLE caches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT UNIQUE
) STRICT;

CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    cache INTEGER NOT NULL,
    -- The request's URL without fragment, and without query.
    url TEXT NOT NULL,
    path TEXT NOT NULL,
    -- RequestHead, ResponseHead, PolicyContainer.
    request TEXT NOT NULL,
    response TEXT NOT NULL,
    policy TEXT NOT NULL,
    -- NULL: a null body.
    body INTEGER,
    size INTEGER NOT NULL
) STRICT;
CREATE INDEX entries_by_url ON entries (cache, url);
CREATE INDEX entries_by_path ON entries (cache, path);

-- Rows that could not be read, as they were.
CREATE TABLE damaged (
    id INTEGER PRIMARY KEY,
    -- 'background fetch', 'registration' or 'cache entry', and its id.
    kind TEXT NOT NULL,
    subject INTEGER NOT NULL,
    json TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Seconds since 1970.
    time INTEGER NOT NULL,
    size INTEGER NOT NULL
) STRICT;

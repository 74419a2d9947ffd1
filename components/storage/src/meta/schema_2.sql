-- Version 2: localStorage. Lone surrogates are escaped; keys are in the order of their places.
CREATE TABLE local_storage (
    key TEXT PRIMARY KEY,
    place INTEGER NOT NULL,
    value TEXT NOT NULL,
    -- Bytes of key and value.
    size INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

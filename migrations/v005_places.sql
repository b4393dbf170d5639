-- Where the agent has put a certificate's files. What earlier settings named is still on disk when
-- the settings no longer name it: `kvagent prune` finds it here. States and not a ledger.

-- The directory that holds the certificate's own, with `current` and `versions`.
CREATE TABLE placement (
    certificate TEXT NOT NULL REFERENCES certificate (name),
    location TEXT NOT NULL CHECK (location GLOB '/*'),
    -- The access that the live files were given: what differs from this has changed on the disk,
    -- what only differs from the settings was changed there.
    access TEXT NOT NULL CHECK (access <> ''),
    PRIMARY KEY (certificate, location)
) STRICT, WITHOUT ROWID;

-- A symlink or a copy outside of it. What lies there may be replaced, as the agent has put it there.
CREATE TABLE target (
    path TEXT NOT NULL PRIMARY KEY CHECK (path GLOB '/*'),
    certificate TEXT NOT NULL REFERENCES certificate (name),
    kind TEXT NOT NULL CHECK (kind IN ('link', 'copy')),
    -- What was written there last; NULL for a link, and until a copy is in its place.
    sha256 TEXT CHECK (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
    CHECK (kind = 'copy' OR sha256 IS NULL)
) STRICT, WITHOUT ROWID;

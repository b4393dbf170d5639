-- What kvagent remembers: which versions a vault has shown, what was done with each of them,
-- and what is still owed. No column holds a key or a token.
--
-- Every table is STRICT: SQLite would otherwise keep the text 'soon' in an INTEGER column and
-- hand it back years later. Times are RFC 3339 in UTC with milliseconds, always 24 characters,
-- so the order of the text is the order of time and `sqlite3` shows them to a person.

-- "kvag", which file(1) shows and which tells our file from another program's.
PRAGMA application_id = 0x6b766167;

-- An entry of observedCertificates. It stays when the entry goes from the settings: the ledger
-- below still speaks of it.
CREATE TABLE certificate (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> '' AND name NOT GLOB '*/*'),
    url TEXT NOT NULL CHECK (url <> ''),
    first_seen_at TEXT NOT NULL CHECK (first_seen_at GLOB '????-??-??T??:??:??.???Z'),
    url_since TEXT NOT NULL CHECK (url_since GLOB '????-??-??T??:??:??.???Z')
) STRICT, WITHOUT ROWID;

-- Every version ever fetched, as it was at its first fetch. Key Vault's versions do not change,
-- so neither does a row; but one that could not be read is completed once it can be.
--
-- With a rowid although (certificate, version) is the key: rows are long, which WITHOUT ROWID
-- is bad at, and the id says in which order they came even when the clock was set back.
CREATE TABLE version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL REFERENCES certificate (name),
    version TEXT NOT NULL CHECK (length(version) = 32 AND version NOT GLOB '*[^0-9a-f]*'),
    -- NULL, like the facts below, where the secret could not be read as a certificate.
    thumbprint TEXT CHECK (length(thumbprint) = 40 AND thumbprint NOT GLOB '*[^0-9A-F]*'),
    sha256 TEXT CHECK (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
    subject TEXT,
    issuer TEXT,
    serial_number TEXT,
    dns_names TEXT NOT NULL CHECK (json_valid(dns_names) AND json_type(dns_names) = 'array'),
    key_type TEXT,
    not_before TEXT CHECK (not_before GLOB '????-??-??T??:??:??.???Z'),
    not_after TEXT CHECK (not_after GLOB '????-??-??T??:??:??.???Z'),
    content_type TEXT,
    fetched_at TEXT NOT NULL CHECK (fetched_at GLOB '????-??-??T??:??:??.???Z'),
    UNIQUE (certificate, version)
) STRICT;

-- The id comes along at the end of every index: this one is "of a certificate, newest first".
CREATE INDEX version_by_certificate ON version (certificate);

-- What a version's files on disk must hash to, before a rollback trusts them.
--
-- A table and not a JSON column, so that SQLite checks each digest.
CREATE TABLE version_file (
    version_id INTEGER NOT NULL REFERENCES version (id),
    name TEXT NOT NULL CHECK (name <> '' AND name NOT GLOB '*/*'),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
    PRIMARY KEY (version_id, name)
) STRICT, WITHOUT ROWID;

-- The ledger: one attempt to make a version current, or the decision not to.
--
-- It is written before anything is switched, with outcome NULL, and closed after the last hook.
-- A row still open at a start was under way when the process died.
--
-- `version` refers to no row of the version table: a version that could not be fetched has none,
-- and its failure is history all the same. AUTOINCREMENT, so that an id is never used twice.
CREATE TABLE deployment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL REFERENCES certificate (name),
    version TEXT NOT NULL CHECK (length(version) = 32 AND version NOT GLOB '*[^0-9a-f]*'),
    previous_version TEXT
        CHECK (length(previous_version) = 32 AND previous_version NOT GLOB '*[^0-9a-f]*'),
    "trigger" TEXT NOT NULL
        CHECK ("trigger" IN ('poll', 'sync', 'rollback', 'drift', 'recovery')),
    actor TEXT NOT NULL,
    run_id TEXT NOT NULL,
    started_at TEXT NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??.???Z'),
    outcome TEXT CHECK (
        outcome IN (
            'deployed', 'held', 'rejected', 'rolledBack', 'failed', 'interrupted', 'ignored'
        )
    ),
    reason TEXT,
    error TEXT,
    finished_at TEXT CHECK (finished_at GLOB '????-??-??T??:??:??.???Z'),
    CHECK ((outcome IS NULL) = (finished_at IS NULL))
) STRICT;

-- The order that counts is the id's: what is newest, and what came after what, must not depend
-- on a clock that can be set back. Each index serves one question, none of which may slow down
-- with the years.
CREATE INDEX deployment_by_certificate ON deployment (certificate);
-- Is this version refused? What became of it last?
CREATE INDEX deployment_by_version ON deployment (certificate, version);
-- Which version served last without trouble?
CREATE INDEX deployment_by_result ON deployment (certificate, outcome);
-- What is open? What was rolled back, anywhere?
CREATE INDEX deployment_by_outcome ON deployment (outcome);
-- What happened since?
CREATE INDEX deployment_by_start ON deployment (started_at);

-- Every run of a hook that a deployment brought about; a hook that was owed adds its later runs
-- to the deployment that owes it, closed as that is.
CREATE TABLE hook_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    deployment_id INTEGER NOT NULL REFERENCES deployment (id),
    name TEXT NOT NULL CHECK (name <> ''),
    -- 'verify' is a look at a server instead of a hook, with exit code 0 or 1.
    phase TEXT NOT NULL CHECK (phase IN ('check', 'deploy', 'reload', 'verify', 'failure')),
    started_at TEXT NOT NULL CHECK (started_at GLOB '????-??-??T??:??:??.???Z'),
    -- Both NULL where the hook could not be started, or its end is not known.
    exit_code INTEGER CHECK (exit_code BETWEEN 0 AND 255),
    signal INTEGER CHECK (signal > 0),
    timed_out INTEGER NOT NULL CHECK (timed_out IN (0, 1)),
    duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
    -- A hook may print what it likes. History takes private keys out of it before it writes; that
    -- this holds is not left to the program alone.
    output TEXT NOT NULL CHECK (instr(output, 'PRIVATE KEY-----') = 0),
    error TEXT CHECK (instr(error, 'PRIVATE KEY-----') = 0),
    CHECK (exit_code IS NULL OR signal IS NULL)
) STRICT;

CREATE INDEX hook_run_by_deployment ON hook_run (deployment_id);

-- `kvagent retry`: no refusal of this certificate up to and including that deployment counts.
--
-- The refusals themselves stay as they are: what was refused, and that it was, is history.
CREATE TABLE retry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL REFERENCES certificate (name),
    through_deployment_id INTEGER NOT NULL REFERENCES deployment (id),
    actor TEXT NOT NULL,
    retried_at TEXT NOT NULL CHECK (retried_at GLOB '????-??-??T??:??:??.???Z')
) STRICT;

CREATE INDEX retry_by_certificate ON retry (certificate, through_deployment_id);

-- Holds on one version. One that was lifted stays, with when and by whom.
CREATE TABLE pin (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL REFERENCES certificate (name),
    version TEXT NOT NULL CHECK (length(version) = 32 AND version NOT GLOB '*[^0-9a-f]*'),
    reason TEXT,
    actor TEXT NOT NULL,
    pinned_at TEXT NOT NULL CHECK (pinned_at GLOB '????-??-??T??:??:??.???Z'),
    pinned_until TEXT CHECK (pinned_until GLOB '????-??-??T??:??:??.???Z'),
    removed_at TEXT CHECK (removed_at GLOB '????-??-??T??:??:??.???Z'),
    removed_by TEXT,
    CHECK (removed_at IS NOT NULL OR removed_by IS NULL)
) STRICT;

-- At most one pin of a certificate holds.
CREATE UNIQUE INDEX pin_in_force ON pin (certificate) WHERE removed_at IS NULL;

-- How it stands with each certificate's vault. A state and not a ledger, so that a year of polls
-- every hour is one row.
CREATE TABLE poll (
    certificate TEXT NOT NULL PRIMARY KEY REFERENCES certificate (name),
    last_try_at TEXT NOT NULL CHECK (last_try_at GLOB '????-??-??T??:??:??.???Z'),
    last_success_at TEXT CHECK (last_success_at GLOB '????-??-??T??:??:??.???Z'),
    consecutive_failures INTEGER NOT NULL CHECK (consecutive_failures >= 0),
    error TEXT,
    error_kind TEXT,
    latest_version TEXT
        CHECK (length(latest_version) = 32 AND latest_version NOT GLOB '*[^0-9a-f]*'),
    next_poll_at TEXT CHECK (next_poll_at GLOB '????-??-??T??:??:??.???Z')
) STRICT, WITHOUT ROWID;

-- Hooks that must still run for a version that is live: written before the switch, taken away
-- after the hook, so that one cut off by a crash is found again.
CREATE TABLE owed_hook (
    certificate TEXT NOT NULL REFERENCES certificate (name),
    version TEXT NOT NULL CHECK (length(version) = 32 AND version NOT GLOB '*[^0-9a-f]*'),
    phase TEXT NOT NULL CHECK (phase IN ('check', 'deploy', 'reload', 'verify', 'failure')),
    hook TEXT NOT NULL CHECK (hook <> ''),
    since TEXT NOT NULL CHECK (since GLOB '????-??-??T??:??:??.???Z'),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    PRIMARY KEY (certificate, version, phase, hook)
) STRICT, WITHOUT ROWID;

-- What is written stays written: the triggers hold for every program that opens this file, an
-- administrator's `sqlite3` too. (Who drops them first can still change it: they stop mistakes.)
--
-- Each table has one against INSERT as well: INSERT OR REPLACE removes the old row, and tells
-- DELETE triggers of it only where recursive_triggers is on, which depends on how SQLite was
-- built. NEW.id is -1 there when SQLite is to choose it, so a plain insert passes.

CREATE TRIGGER version_is_not_replaced BEFORE INSERT ON version
WHEN EXISTS (SELECT 1 FROM version WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM version WHERE certificate = NEW.certificate AND version = NEW.version)
BEGIN SELECT RAISE (ABORT, 'a version is written once'); END;

CREATE TRIGGER version_is_not_changed BEFORE UPDATE ON version
WHEN OLD.thumbprint IS NOT NULL
    OR OLD.id <> NEW.id OR OLD.certificate <> NEW.certificate OR OLD.version <> NEW.version
    OR OLD.fetched_at <> NEW.fetched_at
BEGIN SELECT RAISE (ABORT, 'a version is written once'); END;

CREATE TRIGGER version_is_not_deleted BEFORE DELETE ON version
BEGIN SELECT RAISE (ABORT, 'a version is not deleted'); END;

CREATE TRIGGER version_file_is_not_replaced BEFORE INSERT ON version_file
WHEN EXISTS (SELECT 1 FROM version_file WHERE version_id = NEW.version_id AND name = NEW.name)
BEGIN SELECT RAISE (ABORT, 'a version is written once'); END;

CREATE TRIGGER version_file_is_not_changed BEFORE UPDATE ON version_file
BEGIN SELECT RAISE (ABORT, 'a version is written once'); END;

CREATE TRIGGER version_file_is_not_deleted BEFORE DELETE ON version_file
BEGIN SELECT RAISE (ABORT, 'a version is not deleted'); END;

CREATE TRIGGER deployment_is_not_replaced BEFORE INSERT ON deployment
WHEN EXISTS (SELECT 1 FROM deployment WHERE id = NEW.id)
BEGIN SELECT RAISE (ABORT, 'a deployment is begun once'); END;

CREATE TRIGGER deployment_is_closed_once BEFORE UPDATE ON deployment
WHEN OLD.outcome IS NOT NULL
BEGIN SELECT RAISE (ABORT, 'a closed deployment is not changed'); END;

CREATE TRIGGER deployment_is_only_closed
BEFORE UPDATE OF
    id, certificate, version, previous_version, "trigger", actor, run_id, started_at
ON deployment
BEGIN SELECT RAISE (ABORT, 'what a deployment began with is not changed'); END;

CREATE TRIGGER deployment_is_not_deleted BEFORE DELETE ON deployment
BEGIN SELECT RAISE (ABORT, 'a deployment is not deleted'); END;

CREATE TRIGGER hook_run_is_not_replaced BEFORE INSERT ON hook_run
WHEN EXISTS (SELECT 1 FROM hook_run WHERE id = NEW.id)
BEGIN SELECT RAISE (ABORT, 'a hook run is written once'); END;

CREATE TRIGGER hook_run_is_not_changed BEFORE UPDATE ON hook_run
BEGIN SELECT RAISE (ABORT, 'a hook run is written once'); END;

CREATE TRIGGER hook_run_is_not_deleted BEFORE DELETE ON hook_run
BEGIN SELECT RAISE (ABORT, 'a hook run is not deleted'); END;

CREATE TRIGGER retry_is_not_replaced BEFORE INSERT ON retry
WHEN EXISTS (SELECT 1 FROM retry WHERE id = NEW.id)
BEGIN SELECT RAISE (ABORT, 'a retry is written once'); END;

CREATE TRIGGER retry_is_not_changed BEFORE UPDATE ON retry
BEGIN SELECT RAISE (ABORT, 'a retry is written once'); END;

CREATE TRIGGER retry_is_not_deleted BEFORE DELETE ON retry
BEGIN SELECT RAISE (ABORT, 'a retry is not deleted'); END;

CREATE TRIGGER pin_is_not_replaced BEFORE INSERT ON pin
WHEN EXISTS (SELECT 1 FROM pin WHERE id = NEW.id)
    OR EXISTS (SELECT 1 FROM pin WHERE certificate = NEW.certificate AND removed_at IS NULL)
BEGIN SELECT RAISE (ABORT, 'a pin is lifted before the next is set'); END;

CREATE TRIGGER pin_is_lifted_once BEFORE UPDATE ON pin
WHEN OLD.removed_at IS NOT NULL
BEGIN SELECT RAISE (ABORT, 'a lifted pin is not changed'); END;

CREATE TRIGGER pin_is_only_lifted
BEFORE UPDATE OF id, certificate, version, reason, actor, pinned_at, pinned_until ON pin
BEGIN SELECT RAISE (ABORT, 'what a pin began with is not changed'); END;

CREATE TRIGGER pin_is_not_deleted BEFORE DELETE ON pin
BEGIN SELECT RAISE (ABORT, 'a pin is lifted, not deleted'); END;

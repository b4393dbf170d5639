-- The chain of the ledger: one entry for each thing that was written and stays written, bound to
-- the entry before it. Whoever changes, removes or adds a row by other ways than kvagent's leaves
-- a chain that no longer fits, and `kvagent history --verify` says where.
--
-- kvagent_sha256(X…) is SHA-256 over its arguments, one after the other; kvagent brings it. Another
-- program that writes to a chained table has no such function and fails, which is meant.
--
-- What a row says is put into words once, in the view ledger_text. To chain another table: give
-- the view an arm for each thing that happens to a row of it, and the table a trigger for each.
-- The words are those that hold from that moment on: what may still change has no part in them.

CREATE TABLE ledger_entry (
    -- Without gaps: an insert that is undone takes its number back with it.
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What happened, 'deployment.closed', and to which row of the table before the dot.
    subject TEXT NOT NULL CHECK (subject <> ''),
    row_id INTEGER NOT NULL,
    -- SHA-256 of the row's text. Kept, so that the chain can be followed when the row is gone.
    content BLOB NOT NULL CHECK (length(content) = 32),
    -- SHA-256 of the previous entry's chain (32 zero bytes before the first) and this content.
    chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;

CREATE TRIGGER ledger_entry_is_not_replaced BEFORE INSERT ON ledger_entry
WHEN EXISTS (SELECT 1 FROM ledger_entry WHERE seq = NEW.seq)
BEGIN SELECT RAISE (ABORT, 'an entry of the ledger is written once'); END;

CREATE TRIGGER ledger_entry_is_not_changed BEFORE UPDATE ON ledger_entry
BEGIN SELECT RAISE (ABORT, 'an entry of the ledger is written once'); END;

CREATE TRIGGER ledger_entry_is_not_deleted BEFORE DELETE ON ledger_entry
BEGIN SELECT RAISE (ABORT, 'an entry of the ledger is not deleted'); END;

-- What the ledger says of each row, and what each entry's content is the digest of. JSON, because
-- it keeps apart what stands side by side, and SQLite writes it alike in every version.
CREATE VIEW ledger_text (subject, row_id, text) AS
SELECT 'version.fetched', id,
    json_array('version.fetched', id, certificate, version, fetched_at)
FROM version
UNION ALL
-- With the files, which therefore are there before the row is completed.
SELECT 'version.completed', id,
    json_array(
        'version.completed', id, certificate, version, thumbprint, sha256, subject, issuer,
        serial_number, dns_names, key_type, not_before, not_after, content_type, fetched_at,
        (
            SELECT group_concat(name || ' ' || sha256, char(10)) FROM (
                SELECT name, sha256 FROM version_file WHERE version_id = version.id ORDER BY name
            )
        )
    )
FROM version WHERE thumbprint IS NOT NULL
UNION ALL
SELECT 'deployment.begun', id,
    json_array(
        'deployment.begun', id, certificate, version, previous_version, "trigger", actor, run_id,
        started_at
    )
FROM deployment
UNION ALL
SELECT 'deployment.closed', id,
    json_array(
        'deployment.closed', id, certificate, version, previous_version, "trigger", actor, run_id,
        started_at, outcome, reason, error, finished_at
    )
FROM deployment WHERE outcome IS NOT NULL
UNION ALL
SELECT 'hook_run.ended', id,
    json_array(
        'hook_run.ended', id, deployment_id, name, phase, started_at, exit_code, signal, timed_out,
        duration_ms, output, error
    )
FROM hook_run
UNION ALL
SELECT 'retry.asked', id,
    json_array('retry.asked', id, certificate, through_deployment_id, actor, retried_at)
FROM retry
UNION ALL
SELECT 'pin.set', id,
    json_array(
        'pin.set', id, certificate, version, reason, actor, pinned_at, pinned_until
    )
FROM pin
UNION ALL
SELECT 'pin.lifted', id,
    json_array(
        'pin.lifted', id, certificate, version, reason, actor, pinned_at, pinned_until, removed_at,
        removed_by
    )
FROM pin WHERE removed_at IS NOT NULL;

-- Where entries are written: INSERT INTO ledger (subject, row_id) puts the row into words and
-- binds them to what was last.
CREATE VIEW ledger (subject, row_id) AS SELECT subject, row_id FROM ledger_entry;

CREATE TRIGGER ledger_is_chained INSTEAD OF INSERT ON ledger
BEGIN
    INSERT INTO ledger_entry (subject, row_id, content, chain)
    SELECT NEW.subject, NEW.row_id, content,
        kvagent_sha256(
            coalesce(
                (SELECT chain FROM ledger_entry ORDER BY seq DESC LIMIT 1), zeroblob(32)
            ),
            content
        )
    FROM (
        SELECT kvagent_sha256(text) AS content FROM ledger_text
        WHERE subject = NEW.subject AND row_id = NEW.row_id
        -- Not computed twice, as it would be were this subquery made one with the query above.
        LIMIT 1
    );
END;

CREATE TRIGGER version_is_chained AFTER INSERT ON version
BEGIN
    INSERT INTO ledger (subject, row_id) VALUES ('version.fetched', NEW.id);
    INSERT INTO ledger (subject, row_id)
    SELECT 'version.completed', NEW.id WHERE NEW.thumbprint IS NOT NULL;
END;

CREATE TRIGGER completed_version_is_chained AFTER UPDATE ON version
WHEN NEW.thumbprint IS NOT NULL
BEGIN INSERT INTO ledger (subject, row_id) VALUES ('version.completed', NEW.id); END;

-- A file that came later would not be in the chain.
CREATE TRIGGER version_file_is_not_added_later BEFORE INSERT ON version_file
WHEN EXISTS (SELECT 1 FROM version WHERE id = NEW.version_id AND thumbprint IS NOT NULL)
BEGIN SELECT RAISE (ABORT, 'a version is written once'); END;

CREATE TRIGGER deployment_is_chained AFTER INSERT ON deployment
BEGIN
    INSERT INTO ledger (subject, row_id) VALUES ('deployment.begun', NEW.id);
    INSERT INTO ledger (subject, row_id)
    SELECT 'deployment.closed', NEW.id WHERE NEW.outcome IS NOT NULL;
END;

CREATE TRIGGER closed_deployment_is_chained AFTER UPDATE ON deployment
WHEN NEW.outcome IS NOT NULL
BEGIN INSERT INTO ledger (subject, row_id) VALUES ('deployment.closed', NEW.id); END;

CREATE TRIGGER hook_run_is_chained AFTER INSERT ON hook_run
BEGIN INSERT INTO ledger (subject, row_id) VALUES ('hook_run.ended', NEW.id); END;

CREATE TRIGGER retry_is_chained AFTER INSERT ON retry
BEGIN INSERT INTO ledger (subject, row_id) VALUES ('retry.asked', NEW.id); END;

CREATE TRIGGER pin_is_chained AFTER INSERT ON pin
BEGIN
    INSERT INTO ledger (subject, row_id) VALUES ('pin.set', NEW.id);
    INSERT INTO ledger (subject, row_id)
    SELECT 'pin.lifted', NEW.id WHERE NEW.removed_at IS NOT NULL;
END;

CREATE TRIGGER lifted_pin_is_chained AFTER UPDATE ON pin
WHEN NEW.removed_at IS NOT NULL
BEGIN INSERT INTO ledger (subject, row_id) VALUES ('pin.lifted', NEW.id); END;

-- What was there before the chain is chained as it stands: nothing can be said about what may
-- have happened to it until now.
INSERT INTO ledger (subject, row_id) SELECT subject, row_id FROM ledger_text;

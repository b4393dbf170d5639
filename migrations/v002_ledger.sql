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

-- What history.keepDays let go of: each time rows were removed, which, and how many. Rows of the
-- ledger can be removed only while such a row is open, and only those that the views removable_…
-- name. Their entries stay, so the chain can be followed all the same.
CREATE TABLE retention (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    begun_at TEXT NOT NULL CHECK (begun_at GLOB '????-??-??T??:??:??.???Z'),
    -- What ended then or later was not removed.
    before TEXT NOT NULL CHECK (before GLOB '????-??-??T??:??:??.???Z'),
    -- NULL, like the numbers of rows, until all is removed. No entry after this one is of a row
    -- that was.
    through_entry INTEGER,
    deployments INTEGER CHECK (deployments >= 0),
    hook_runs INTEGER CHECK (hook_runs >= 0),
    retries INTEGER CHECK (retries >= 0),
    pins INTEGER CHECK (pins >= 0),
    CHECK ((through_entry IS NULL) = (deployments IS NULL)),
    CHECK ((through_entry IS NULL) = (hook_runs IS NULL)),
    CHECK ((through_entry IS NULL) = (retries IS NULL)),
    CHECK ((through_entry IS NULL) = (pins IS NULL))
) STRICT;

-- At most one is open.
CREATE UNIQUE INDEX retention_under_way ON retention ((through_entry IS NULL))
WHERE through_entry IS NULL;

-- How many deployments that were removed had ended in which way. A state and not a ledger: it lets
-- counters go on.
CREATE TABLE removed_outcome (
    certificate TEXT NOT NULL REFERENCES certificate (name),
    outcome TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    PRIMARY KEY (certificate, outcome)
) STRICT, WITHOUT ROWID;

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
FROM pin WHERE removed_at IS NOT NULL
UNION ALL
SELECT 'retention.begun', id, json_array('retention.begun', id, begun_at, before) FROM retention
UNION ALL
SELECT 'retention.ended', id,
    json_array(
        'retention.ended', id, begun_at, before, through_entry, deployments, hook_runs, retries,
        pins
    )
FROM retention WHERE through_entry IS NOT NULL;

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

CREATE TRIGGER retention_is_chained AFTER INSERT ON retention
BEGIN
    INSERT INTO ledger (subject, row_id) VALUES ('retention.begun', NEW.id);
    INSERT INTO ledger (subject, row_id)
    SELECT 'retention.ended', NEW.id WHERE NEW.through_entry IS NOT NULL;
END;

CREATE TRIGGER ended_retention_is_chained AFTER UPDATE ON retention
WHEN NEW.through_entry IS NOT NULL
BEGIN INSERT INTO ledger (subject, row_id) VALUES ('retention.ended', NEW.id); END;

CREATE TRIGGER retention_is_not_replaced BEFORE INSERT ON retention
WHEN EXISTS (SELECT 1 FROM retention WHERE id = NEW.id OR through_entry IS NULL)
BEGIN SELECT RAISE (ABORT, 'a retention is ended before the next is begun'); END;

CREATE TRIGGER retention_is_ended_once BEFORE UPDATE ON retention
WHEN OLD.through_entry IS NOT NULL
BEGIN SELECT RAISE (ABORT, 'an ended retention is not changed'); END;

CREATE TRIGGER retention_is_only_ended BEFORE UPDATE OF id, begun_at, before ON retention
BEGIN SELECT RAISE (ABORT, 'what a retention began with is not changed'); END;

CREATE TRIGGER retention_is_not_deleted BEFORE DELETE ON retention
BEGIN SELECT RAISE (ABORT, 'a retention is not deleted'); END;

-- What the open retention may remove. Of what kvagent goes by, nothing: what is live or may be gone
-- back to, what is refused, and what something unfinished speaks of.

-- The retry that reaches furthest says which refusals count, and stays.
CREATE VIEW removable_retry (id) AS
SELECT retry.id FROM retention CROSS JOIN retry
WHERE through_entry IS NULL AND retried_at < before
    AND EXISTS (
        SELECT 1 FROM retry AS other
        WHERE other.certificate = retry.certificate
            AND (
                other.through_deployment_id > retry.through_deployment_id
                OR (
                    other.through_deployment_id = retry.through_deployment_id
                    AND other.id > retry.id
                )
            )
    );

CREATE VIEW removable_pin (id) AS
SELECT pin.id FROM retention CROSS JOIN pin WHERE through_entry IS NULL AND removed_at < before;

CREATE VIEW removable_deployment (id) AS
SELECT d.id FROM retention CROSS JOIN deployment AS d
WHERE through_entry IS NULL AND d.started_at < before AND d.finished_at < before
    -- A hook that was owed ran later.
    AND NOT EXISTS (
        SELECT 1 FROM hook_run WHERE deployment_id = d.id AND hook_run.started_at >= before
    )
    -- The last one of the certificate, and the last one of the vault's newest version.
    AND EXISTS (
        SELECT 1 FROM deployment AS later
        WHERE later.certificate = d.certificate AND later.id > d.id
            AND later.outcome IS NOT NULL
    )
    AND (
        EXISTS (
            SELECT 1 FROM deployment AS later
            WHERE later.certificate = d.certificate AND later.version = d.version
                AND later.id > d.id AND later.outcome IS NOT NULL
        )
        OR NOT EXISTS (
            SELECT 1 FROM poll
            WHERE poll.certificate = d.certificate AND poll.latest_version = d.version
        )
    )
    -- The last one that went live, and the last one of another version before it that nothing
    -- was found wrong with later.
    AND (
        d.outcome <> 'deployed'
        OR EXISTS (
            SELECT 1 FROM deployment AS later
            WHERE later.certificate = d.certificate AND later.outcome = 'deployed'
                AND later.id > d.id
                AND (
                    d.version = (
                        SELECT last.version FROM deployment AS last
                        WHERE last.certificate = d.certificate AND last.outcome = 'deployed'
                        ORDER BY last.id DESC LIMIT 1
                    )
                    OR later.version <> (
                        SELECT last.version FROM deployment AS last
                        WHERE last.certificate = d.certificate AND last.outcome = 'deployed'
                        ORDER BY last.id DESC LIMIT 1
                    )
                    AND NOT EXISTS (
                        SELECT 1 FROM deployment AS refused
                        WHERE refused.certificate = later.certificate
                            AND refused.version = later.version
                            AND +refused.outcome IN ('rejected', 'rolledBack')
                            AND refused.id > later.id
                    )
                )
        )
    )
    -- What ended a refusal that is still there.
    AND (
        d.outcome <> 'deployed'
        OR NOT EXISTS (
            SELECT 1 FROM deployment AS refused
            WHERE refused.certificate = d.certificate AND refused.version = d.version
                AND +refused.outcome IN ('rejected', 'rolledBack') AND refused.id < d.id
        )
    )
    -- A refusal that still stands.
    AND (
        d.outcome NOT IN ('rejected', 'rolledBack')
        OR d.id <= (
            SELECT max(through_deployment_id) FROM retry WHERE retry.certificate = d.certificate
        )
        OR EXISTS (
            SELECT 1 FROM deployment AS later
            WHERE later.certificate = d.certificate AND later.version = d.version
                AND +later.outcome = 'deployed' AND later.id > d.id
        )
    )
    -- What a retry, an owed hook or a deployment under way refers to.
    AND NOT EXISTS (
        SELECT 1 FROM retry
        WHERE retry.certificate = d.certificate AND through_deployment_id = d.id
    )
    AND NOT EXISTS (
        SELECT 1 FROM owed_hook
        WHERE owed_hook.certificate = d.certificate AND owed_hook.version = d.version
    )
    AND NOT EXISTS (
        SELECT 1 FROM deployment AS open
        WHERE open.certificate = d.certificate AND open.outcome IS NULL
            AND (open.version = d.version OR open.previous_version = d.version)
    );

DROP TRIGGER deployment_is_not_deleted;
CREATE TRIGGER deployment_is_not_deleted BEFORE DELETE ON deployment
WHEN NOT EXISTS (SELECT 1 FROM removable_deployment WHERE id = OLD.id)
BEGIN SELECT RAISE (ABORT, 'a deployment is not deleted'); END;

DROP TRIGGER hook_run_is_not_deleted;
CREATE TRIGGER hook_run_is_not_deleted BEFORE DELETE ON hook_run
WHEN NOT EXISTS (SELECT 1 FROM removable_deployment WHERE id = OLD.deployment_id)
BEGIN SELECT RAISE (ABORT, 'a hook run is not deleted'); END;

DROP TRIGGER retry_is_not_deleted;
CREATE TRIGGER retry_is_not_deleted BEFORE DELETE ON retry
WHEN NOT EXISTS (SELECT 1 FROM removable_retry WHERE id = OLD.id)
BEGIN SELECT RAISE (ABORT, 'a retry is not deleted'); END;

DROP TRIGGER pin_is_not_deleted;
CREATE TRIGGER pin_is_not_deleted BEFORE DELETE ON pin
WHEN NOT EXISTS (SELECT 1 FROM removable_pin WHERE id = OLD.id)
BEGIN SELECT RAISE (ABORT, 'a pin is lifted, not deleted'); END;

CREATE TRIGGER removed_deployment_is_counted AFTER DELETE ON deployment
BEGIN
    INSERT INTO removed_outcome (certificate, outcome, count)
    VALUES (OLD.certificate, OLD.outcome, 1)
    ON CONFLICT (certificate, outcome) DO UPDATE SET count = count + 1;
END;

-- What was there before the chain is chained as it stands: nothing can be said about what may
-- have happened to it until now.
INSERT INTO ledger (subject, row_id) SELECT subject, row_id FROM ledger_text;

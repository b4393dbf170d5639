-- What was found in a version before it could go live, and that a person let one through that the
-- policy holds.

-- What of a version can only be seen while its secret is at hand: the chain, the order, the key, the
-- signature. Decisions are made again at every pass, without the secret, and whenever the settings
-- say anew which of it matters. A version that was fetched by an earlier kvagent has no row.
CREATE TABLE examination (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL,
    version TEXT NOT NULL,
    -- Each with the rule that it falls under and what was found: {"rule": …, "message": …}.
    findings TEXT NOT NULL CHECK (json_valid(findings) AND json_type(findings) = 'array'),
    examined_at TEXT NOT NULL CHECK (examined_at GLOB '????-??-??T??:??:??.???Z'),
    UNIQUE (certificate, version),
    FOREIGN KEY (certificate, version) REFERENCES version (certificate, version)
) STRICT;

-- `kvagent approve`: the policy holds this version no more. Another version needs another approval.
CREATE TABLE approval (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL,
    version TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    approved_at TEXT NOT NULL CHECK (approved_at GLOB '????-??-??T??:??:??.???Z'),
    UNIQUE (certificate, version),
    FOREIGN KEY (certificate, version) REFERENCES version (certificate, version)
) STRICT;

-- Versions are never removed, and neither are these: what a version was approved for is what a
-- person looks for years later.

CREATE TRIGGER examination_is_not_replaced BEFORE INSERT ON examination
WHEN EXISTS (SELECT 1 FROM examination WHERE id = NEW.id)
    OR EXISTS (
        SELECT 1 FROM examination WHERE certificate = NEW.certificate AND version = NEW.version
    )
BEGIN SELECT RAISE (ABORT, 'an examination is written once'); END;

-- Its entry would be of no row: foreign keys may be off in another program.
CREATE TRIGGER examination_is_of_a_version BEFORE INSERT ON examination
WHEN NOT EXISTS (
    SELECT 1 FROM version WHERE certificate = NEW.certificate AND version = NEW.version
)
BEGIN SELECT RAISE (ABORT, 'an examination is of a version on record'); END;

CREATE TRIGGER examination_is_not_changed BEFORE UPDATE ON examination
BEGIN SELECT RAISE (ABORT, 'an examination is written once'); END;

CREATE TRIGGER examination_is_not_deleted BEFORE DELETE ON examination
BEGIN SELECT RAISE (ABORT, 'an examination is not deleted'); END;

CREATE TRIGGER approval_is_not_replaced BEFORE INSERT ON approval
WHEN EXISTS (SELECT 1 FROM approval WHERE id = NEW.id)
    OR EXISTS (
        SELECT 1 FROM approval WHERE certificate = NEW.certificate AND version = NEW.version
    )
BEGIN SELECT RAISE (ABORT, 'an approval is written once'); END;

CREATE TRIGGER approval_is_not_changed BEFORE UPDATE ON approval
BEGIN SELECT RAISE (ABORT, 'an approval is written once'); END;

CREATE TRIGGER approval_is_not_deleted BEFORE DELETE ON approval
BEGIN SELECT RAISE (ABORT, 'an approval is not deleted'); END;

-- As in v002_ledger, with an arm for each of the two. What was found is said of the version, which
-- is what one asks about.
DROP VIEW ledger_text;

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
FROM retention WHERE through_entry IS NOT NULL
UNION ALL
SELECT 'version.examined', version.id,
    json_array(
        'version.examined', version.id, examination.id, certificate, version, findings, examined_at
    )
FROM version JOIN examination USING (certificate, version)
UNION ALL
SELECT 'approval.given', id,
    json_array('approval.given', id, certificate, version, actor, reason, approved_at)
FROM approval;

CREATE TRIGGER examination_is_chained AFTER INSERT ON examination
BEGIN
    INSERT INTO ledger (subject, row_id)
    SELECT 'version.examined', id FROM version
    WHERE certificate = NEW.certificate AND version = NEW.version;
END;

CREATE TRIGGER approval_is_chained AFTER INSERT ON approval
BEGIN INSERT INTO ledger (subject, row_id) VALUES ('approval.given', NEW.id); END;

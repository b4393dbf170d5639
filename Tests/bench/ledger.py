"""Histories as kvagent would have written them, of any length.

The database has the real schema: its .sql files are run, and its triggers chain every row. Each
deployment has a hook run, every fifth a new version with six files.
"""

import glob
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILES = ["privkey.pem", "cert.pem", "chain.pem", "fullchain.pem", "bundle.pem", "bundle.p12"]
BEGIN = 1_480_000_000
PAUSE = 300
CERTIFICATES = 1000
SMALL, LARGE = 1000, 1_000_000
MIGRATIONS = sorted(glob.glob(f"{ROOT}/migrations/v*.sql"))


def kept(place, deployments, certificates=CERTIFICATES):
    """The directory of a history of that length, which is made where it isn't kept from before.

    In it lie state/history.db, the store and kvagent.yaml. One of another schema is removed.
    """
    mark = hashlib.sha256()
    for path in [os.path.abspath(__file__), *MIGRATIONS]:
        with open(path, "rb") as file:
            mark.update(file.read())
    what = f"{place}/history-{deployments}-{certificates}"
    directory = f"{what}-{mark.hexdigest()[:12]}"
    if not os.path.isdir(directory):
        for old in glob.glob(f"{what}-*"):
            shutil.rmtree(old)
        new = f"{what}-new"
        os.makedirs(f"{new}/state")
        began = time.monotonic()
        make(f"{new}/state/history.db", deployments, certificates)
        os.rename(new, directory)
        took = time.monotonic() - began
        print(f"made a history of {deployments:,} deployments in {took:.0f} s", file=sys.stderr)
    # The paths in the settings are those of now, wherever the checkout was then.
    live(directory, certificates)
    return directory


def connect(path):
    """The database, with the function that its triggers call."""
    db = sqlite3.connect(path, isolation_level=None)
    db.create_function("kvagent_sha256", -1, digest, deterministic=True)
    db.execute("PRAGMA journal_mode = WAL")
    return db


def text(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def digest(*values):
    return hashlib.sha256(
        b"".join(value.encode() if isinstance(value, str) else value for value in values)
    ).digest()


def version(certificate, number):
    return hashlib.md5(f"{certificate} {number}".encode()).hexdigest()


def make(path, deployments, certificates):
    """A history as kvagent would have written it, in large transactions."""
    db = connect(path)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -2000000")
    db.execute("CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
    for file in MIGRATIONS:
        with open(file, encoding="utf-8") as sql:
            db.executescript(sql.read())
        name = os.path.basename(file).removesuffix(".sql")
        db.execute("INSERT INTO grdb_migrations VALUES (?)", [name])
    names = [f"c{number:04}" for number in range(certificates)]
    db.execute("BEGIN")
    for name in names:
        url = f"https://contoso.vault.azure.net/secrets/{name}"
        db.execute("INSERT INTO certificate VALUES (?, ?, ?, ?)", [name, url, text(BEGIN), text(BEGIN)])
    newest = {}
    for number in range(deployments):
        if number % 10_000 == 0:
            db.execute("COMMIT")
            db.execute("BEGIN")
        name = names[number % certificates]
        turn = number // certificates
        at = BEGIN + number * PAUSE
        this = version(name, turn // 5)
        if turn % 5 == 0:
            record(db, name, this, at)
        outcome = ["deployed", "held", "deployed", "rolledBack", "deployed"][turn % 5]
        deploy(db, name, this, newest.get(name), outcome, number // 10, at)
        newest[name] = this
    for name in names:
        end = text(BEGIN + deployments * PAUSE)
        db.execute(
            "INSERT INTO poll VALUES (?, ?, ?, 0, NULL, NULL, ?, ?)",
            [name, end, end, newest.get(name), end],
        )
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def record(db, name, this, at):
    row = db.execute(
        "INSERT INTO version (certificate, version, dns_names, fetched_at) VALUES (?, ?, '[]', ?)",
        [name, this, text(at)],
    ).lastrowid
    for file in FILES:
        db.execute("INSERT INTO version_file VALUES (?, ?, ?)", [row, file, digest(file, this).hex()])
    db.execute(
        """
        UPDATE version SET thumbprint = ?, sha256 = ?, subject = ?, issuer = ?, serial_number = ?,
            dns_names = ?, key_type = 'EC P-256', not_before = ?, not_after = ?,
            content_type = 'application/x-pkcs12'
        WHERE id = ?
        """,
        [
            digest(this).hex()[:40].upper(),
            digest(this).hex(),
            f"CN={name}.contoso.com",
            "C=US, O=Contoso, CN=Contoso Issuing CA 1",
            this.upper(),
            json.dumps([f"{name}.contoso.com", f"www.{name}.contoso.com"], separators=(",", ":")),
            text(at),
            text(at + 86_400 * 90),
            row,
        ],
    )


def deploy(db, name, this, previous, outcome, run, at):
    row = db.execute(
        """
        INSERT INTO deployment (
            certificate, version, previous_version, "trigger", actor, run_id, started_at
        ) VALUES (?, ?, ?, 'poll', 'daemon', ?, ?)
        """,
        [name, this, previous, f"{run:08x}", text(at)],
    ).lastrowid
    db.execute(
        """
        INSERT INTO hook_run (
            deployment_id, name, phase, started_at, exit_code, timed_out, duration_ms, output
        ) VALUES (?, 'reload/50-nginx', 'reload', ?, 0, 0, 120, 'nginx: configuration is good')
        """,
        [row, text(at + 1)],
    )
    error = "reload hook reload/50-nginx: exit status 1" if outcome == "rolledBack" else None
    db.execute(
        "UPDATE deployment SET outcome = ?, error = ?, finished_at = ? WHERE id = ?",
        [outcome, error, text(at + 2), row],
    )


def live(directory, certificates):
    """The settings, and of each certificate a `current`."""
    db = sqlite3.connect(f"file:{directory}/state/history.db?mode=ro", uri=True)
    entries = []
    for number in range(certificates):
        name = f"c{number:04}"
        [latest] = db.execute("SELECT latest_version FROM poll WHERE certificate = ?", [name]).fetchone()
        place = f"{directory}/state/certs/{name}"
        if latest is not None and not os.path.lexists(f"{place}/current"):
            os.makedirs(f"{place}/versions/{latest}")
            os.symlink(f"versions/{latest}", f"{place}/current")
        entries.append({"url": f"https://contoso.vault.azure.net/secrets/{name}", "name": name})
    settings = {
        "secretsManagementSettings": {"observedCertificates": entries},
        "stateDirectory": f"{directory}/state",
        "hooks": {"directory": f"{directory}/hooks.d"},
    }
    with open(f"{directory}/kvagent.yaml", "w", encoding="utf-8") as file:
        json.dump(settings, file)

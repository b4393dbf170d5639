#!/usr/bin/env python3
"""How long kvagent takes to answer from a ledger of a million deployments.

    Tests/bench/history.py [--kvagent FILE] [--deployments N] [--certificates N] [--keep DIRECTORY]

The database has the real schema: its .sql files are run, and its triggers chain every row. Each
deployment has a hook run, every fifth a new version with six files. Commands are timed from start to
end, the best and the worst of several, with their peak memory; beside them stand the query plans. It
judges nothing.
"""

import argparse
import glob
import hashlib
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILES = ["privkey.pem", "cert.pem", "chain.pem", "fullchain.pem", "bundle.pem", "bundle.p12"]
BEGIN = 1_480_000_000
# Starts a command and says how long it took, its peak memory in KiB and its exit code. A process
# of its own, because a child counts as large as its parent was.
STARTER = """
import os, subprocess, sys, time
began = time.monotonic()
process = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(process.pid, 0)
seconds = time.monotonic() - began
print(seconds, used.ru_maxrss, os.waitstatus_to_exitcode(status), file=sys.stderr)
"""
PAUSE = 300


def main():
    parser = argparse.ArgumentParser(description="Measure what a long history costs.")
    parser.add_argument("--kvagent", default=os.path.join(ROOT, ".build/release/kvagent"))
    parser.add_argument("--deployments", type=int, default=1_000_000)
    parser.add_argument("--certificates", type=int, default=1000)
    parser.add_argument("--keep", help="make it there, or take what is there, and leave it")
    arguments = parser.parse_args()
    directory = arguments.keep or tempfile.mkdtemp(prefix="kvh.")
    try:
        os.makedirs(f"{directory}/state", exist_ok=True)
        database = f"{directory}/state/history.db"
        if not os.path.exists(database):
            began = time.monotonic()
            make(database, arguments.deployments, arguments.certificates)
            print(f"made in {time.monotonic() - began:.0f} s")
        live(directory, arguments.certificates)
        describe(database)
        measure(arguments.kvagent, directory, database)
    finally:
        if not arguments.keep:
            shutil.rmtree(directory)


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
    db = sqlite3.connect(path, isolation_level=None)
    db.create_function("kvagent_sha256", -1, digest, deterministic=True)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -2000000")
    db.execute("CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
    for file in sorted(glob.glob(f"{ROOT}/migrations/v*.sql")):
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
            json.dumps([f"{name}.contoso.com", f"www.{name}.contoso.com"]),
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
        os.makedirs(f"{place}/versions/{latest}", exist_ok=True)
        if not os.path.lexists(f"{place}/current"):
            os.symlink(f"versions/{latest}", f"{place}/current")
        entries.append({"url": f"https://contoso.vault.azure.net/secrets/{name}", "name": name})
    settings = {
        "secretsManagementSettings": {"observedCertificates": entries},
        "stateDirectory": f"{directory}/state",
        "hooks": {"directory": f"{directory}/hooks.d"},
    }
    with open(f"{directory}/kvagent.yaml", "w", encoding="utf-8") as file:
        json.dump(settings, file)


def describe(database):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    for table in ["certificate", "version", "version_file", "deployment", "hook_run", "ledger_entry"]:
        [count] = db.execute(f"SELECT count(*) FROM {table}").fetchone()
        print(f"{table:14} {count:>10} rows")
    print(f"{'file':14} {os.path.getsize(database) / 1e6:>10.0f} MB")


def measure(kvagent, directory, database):
    settings = f"{directory}/kvagent.yaml"
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    [end] = db.execute("SELECT max(started_at) FROM deployment").fetchone()
    [middle] = db.execute("SELECT started_at FROM deployment WHERE id = (SELECT max(id) / 2 FROM deployment)").fetchone()
    questions = [
        (9, ["config", "check"]),
        (9, ["history", "--limit", "50"]),
        (9, ["history", "c0500"]),
        (9, ["history", "--since", end[:10] + "T00:00:00Z", "--limit", "50"]),
        (9, ["history", "--since", middle[:10] + "T00:00:00Z", "--limit", "50"]),
        (9, ["history", "--outcome", "rolledBack", "--limit", "50"]),
        (9, ["history", "c0500", "--outcome", "held"]),
        (9, ["history", "--at", middle[:10] + "T00:00:00Z"]),
        (9, ["show", "c0500"]),
        (9, ["status"]),
        (9, ["metrics"]),
        (3, ["history", "--verify"]),
        (1, ["history", "backup", f"{directory}/backup", "--force"]),
        (1, ["history", "export", f"{directory}/export", "--force"]),
    ]
    for rounds, words in questions:
        times = []
        memory = 0
        for _ in range(rounds):
            process = subprocess.run(
                [sys.executable, "-c", STARTER, kvagent, *words, "--config", settings],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
            *said, facts = process.stderr.decode().strip().split("\n")
            seconds, kibibytes, code = facts.split()
            times.append(float(seconds))
            memory = max(memory, int(kibibytes))
            if code != "0":
                print(f"ended with {code}: {' '.join(said)}")
        line = " ".join(word for word in words if not word.startswith(directory))
        print(
            f"{line:58} {statistics.median(times) * 1000:9.1f} ms"
            f" ({min(times) * 1000:.1f} to {max(times) * 1000:.1f}), {memory / 1024:.0f} MiB"
        )
    for name in ["backup", "export"]:
        print(f"{name:14} {os.path.getsize(f'{directory}/{name}') / 1e6:>10.0f} MB")
        os.remove(f"{directory}/{name}")


if __name__ == "__main__":
    main()

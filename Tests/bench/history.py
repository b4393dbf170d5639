"""What a long history costs: to write into, and to answer from."""

import os
import shutil
import sqlite3
import time

import ledger
import measure

INSERTS = 200
BARE = "CREATE TABLE deployment (certificate TEXT, version TEXT, started_at TEXT, outcome TEXT) STRICT"


def run(bench):
    sizes = (ledger.SMALL, 10_000) if bench.quick else (ledger.SMALL, 100_000, ledger.LARGE)
    notes = (
        "written: a deployment with a hook run, in three transactions, each on the disk, by Python's"
        " sqlite3 with kvagent's schema, triggers and settings",
        "bare table: a row of a table without index and trigger, in as many transactions",
        f"the commands are kvagent's, with {ledger.CERTIFICATES:,} certificates in the settings;"
        " beside them stand the same on shorter histories, in the same rounds",
        "config check: reads the settings alone",
    )
    for note in notes:
        bench.results.note("history", note)
    directories = {deployments: ledger.kept(bench.kept, deployments) for deployments in sizes}
    for deployments, directory in directories.items():
        size = f"{deployments:,} deployments"
        database = f"{directory}/state/history.db"
        bench.results.add("history", size, "database", "MB", [os.path.getsize(database) / 1e6])
        copy = f"{bench.directory}/written.db"
        shutil.copyfile(database, copy)
        _write(bench, size, copy)
        _remove(copy)
    _ask(bench, directories)
    for deployments, directory in directories.items():
        _read_whole(bench, f"{deployments:,} deployments", directory)


def _write(bench, size, path):
    """Deployments written a second: what is made for them comes on top of what is there."""
    bare_path = f"{bench.directory}/bare.db"
    db, bare = ledger.connect(path), ledger.connect(bare_path)
    bare.execute(BARE)
    for each in (db, bare):
        each.execute("PRAGMA synchronous = FULL")
        each.execute("PRAGMA cache_size = -512")
    [newest] = db.execute("SELECT max(id) FROM deployment").fetchone()
    at = ledger.BEGIN + newest * ledger.PAUSE

    def rate(insert):
        began = time.monotonic()
        for number in range(INSERTS):
            insert(number)
        return INSERTS / (time.monotonic() - began)

    def whole(number):
        name = f"c{number % ledger.CERTIFICATES:04}"
        ledger.deploy(db, name, ledger.version(name, 0), None, "deployed", number, at)

    def row(number):
        for part in range(3):
            bare.execute("INSERT INTO deployment VALUES (?, ?, 'x', 'y')", [f"{number}", f"{part}"])

    rounds = measure.take_turns(
        bench.runs, {"kvagent": lambda: rate(whole), "bare table": lambda: rate(row)}
    )
    bench.results.add("history", size, "written", "a second", **rounds)
    db.close()
    bare.close()
    _remove(bare_path)


def _ask(bench, directories):
    """The questions that must not take longer the longer a history is."""
    words = {deployments: _questions(directory) for deployments, directory in directories.items()}
    contenders = {
        (what, deployments): lambda command=command, directory=directories[deployments]: measure.run(
            [bench.kvagent, *command, "--config", f"{directory}/kvagent.yaml"]
        )
        for deployments, questions in words.items()
        for what, command in questions.items()
    }
    rounds = measure.take_turns(bench.runs * measure.ROUNDS_FOR_EACH_RUN, contenders)
    *shorter, longest = directories
    for what in words[longest]:
        for figure, unit, value in (
            ("wall", "ms", lambda usage: usage.wall * 1000),
            ("peak memory", "MiB", lambda usage: usage.memory),
        ):
            found = {
                deployments: [value(usage) for usage in rounds[what, deployments]]
                for deployments in directories
            }
            beside = {f"{deployments:,}": found[deployments] for deployments in reversed(shorter)}
            size = f"{longest:,} deployments"
            bench.results.add("history", size, f"{what}: {figure}", unit, found[longest], **beside)


def _questions(directory):
    """Commands by what the table calls them, with dates of that history."""
    db = sqlite3.connect(f"file:{directory}/state/history.db?mode=ro", uri=True)
    [end] = db.execute("SELECT max(started_at) FROM deployment").fetchone()
    [middle] = db.execute(
        "SELECT started_at FROM deployment WHERE id = (SELECT max(id) / 2 FROM deployment)"
    ).fetchone()
    db.close()
    end, middle = (f"{date[:10]}T00:00:00Z" for date in (end, middle))
    return {
        "config check": ["config", "check"],
        "history --limit 50": ["history", "--limit", "50"],
        "history c0500": ["history", "c0500"],
        "history --since (the last day) --limit 50": ["history", "--since", end, "--limit", "50"],
        "history --since (half) --limit 50": ["history", "--since", middle, "--limit", "50"],
        "history --outcome rolledBack --limit 50": ["history", "--outcome", "rolledBack", "--limit", "50"],
        "history c0500 --outcome held": ["history", "c0500", "--outcome", "held"],
        "history --at (half)": ["history", "--at", middle],
        "show c0500": ["show", "c0500"],
        "status": ["status"],
        "metrics": ["metrics"],
    }


def _read_whole(bench, size, directory):
    """What reads every row, and takes longer the more there are."""
    files = {name: f"{bench.directory}/{name}" for name in ("backup", "export")}
    commands = {
        "history --verify": ["history", "--verify"],
        "history backup": ["history", "backup", files["backup"], "--force"],
        "history export": ["history", "export", files["export"], "--force"],
    }
    contenders = {
        what: lambda command=command: measure.run(
            [bench.kvagent, *command, "--config", f"{directory}/kvagent.yaml"]
        )
        for what, command in commands.items()
    }
    for what, usages in measure.take_turns(bench.runs, contenders).items():
        walls = [usage.wall * 1000 for usage in usages]
        bench.results.add("history", size, f"{what}: wall", "ms", walls)
        memory = [usage.memory for usage in usages]
        bench.results.add("history", size, f"{what}: peak memory", "MiB", memory)
    for name, file in files.items():
        bench.results.add("history", size, name, "MB", [os.path.getsize(file) / 1e6])
        os.remove(file)


def _remove(database):
    for end in ("", "-wal", "-shm"):
        if os.path.exists(database + end):
            os.remove(database + end)

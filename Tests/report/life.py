"""A year in the life of a few certificates: an emulated vault, kvagent, and a history that is then
moved into the past.

Everything that is in the history kvagent has done and written itself, within a minute.  Only then
each time in it is moved to the day on which it would have been.
"""

import bisect
import datetime
import os
import pathlib
import sqlite3
import subprocess
import time

VALIDITY = ["not_before", "not_after"]


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


class Life:
    """One machine and its vault; ``at`` says on which day the next steps shall have been."""

    def __init__(self, programs, directory):
        self.programs = pathlib.Path(programs).resolve()
        self.directory = pathlib.Path(directory)
        self.settings = self.directory / "kvagent.yaml"
        self.vault = self.directory / "vault"
        self.hooks = self.directory / "hooks.d"
        self.server = None
        self.steps = []

    def at(self, day):
        """So many days from now; before it if negative."""
        self.steps.append((utc_now(), datetime.timedelta(days=day)))

    def serve(self):
        ready = self.directory / "ready"
        self.server = subprocess.Popen(
            [self.programs / "kvagent-emulator", "serve", "--state", self.vault,
             "--ready-file", ready], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not ready.exists():
            if time.monotonic() > deadline or self.server.poll() is not None:
                raise SystemExit("check: error: the emulator did not start")
            time.sleep(0.05)

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait()

    def emulator(self, *words):
        return self._run(self.programs / "kvagent-emulator", *words, "--state", self.vault)

    def kvagent(self, *words, fails=False):
        return self._run(self.programs / "kvagent", *words, fails=fails)

    def sync(self, fails=False):
        self.kvagent("sync", fails=fails)

    def _run(self, *command, fails=False):
        result = subprocess.run(
            list(map(str, command)), capture_output=True, text=True,
            env=os.environ | {"KVAGENT_CONFIG": str(self.settings), "TZ": "Europe/Berlin"})
        if result.returncode != 0 and not fails:
            raise SystemExit(f"check: error: {command}:\n{result.stdout}{result.stderr}")
        return result.stdout

    def certificate(self, name, days, *options, dns=None):
        """The next version of a certificate, valid for so many days."""
        names = dns or [f"{name}.contoso.example"]
        self.emulator(
            "certificate", "create", f"kv/{name}", *[w for n in names for w in ("--dns", n)],
            "--key", "p-256", "--lifetime", f"{days}d", *options)

    def hook(self, path, script):
        file = self.hooks / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def observe(self, names):
        text = self.emulator(
            "settings", *[f"kv/{name}" for name in names],
            "--state-directory", self.directory / "state")
        self.settings.write_text(f"{text}\nhooks: {{directory: {self.hooks}, timeout: 5s}}\n")

    def move_history(self):
        """Moves each time in the history to the day that its step was to be on."""
        begins = [begin for begin, _ in self.steps]

        def moved(text, like):
            """The time ``text``, moved as far as the time ``like`` has to be."""
            step = max(0, bisect.bisect_right(begins, datetime.datetime.fromisoformat(like)) - 1)
            moment = datetime.datetime.fromisoformat(text) + self.steps[step][1]
            return moment.strftime("%FT%T.") + f"{moment.microsecond // 1000:03d}Z"

        database = sqlite3.connect(self.directory / "state/history.db")
        database.create_function("moved", 2, moved)
        # They keep what is written as it is, which here is not wanted.
        for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            # A validity lies where the version's fetch lies, which so has to be moved last.
            for column in sorted(columns, key=lambda column: column not in VALIDITY):
                like = "fetched_at" if column in VALIDITY else column
                database.execute(
                    f"UPDATE {table} SET {column} = moved({column}, {like}) "
                    f"WHERE {column} GLOB '????-??-??T??:??:??.???Z'")
        database.commit()
        database.close()


def live(life):
    """Lives the year."""
    web = ["www.contoso.example", "contoso.example"]
    broken = life.directory / "broken"
    life.hook("check/10-names", 'case $KVAGENT_DOMAINS in *wrong*) echo "the name is wrong"; exit 1;; esac')
    life.hook("deploy/20-copy", "sleep 0.02")
    life.hook("reload/50-nginx", f"sleep 0.1; [ ! -e {broken} ] || {{ echo 'nginx: [emerg] "
              "cannot load certificate key: key values mismatch'; exit 1; }")
    life.at(-420)
    life.serve()
    life.certificate("web", 90, dns=web)
    life.certificate("api", 365)
    life.certificate("mail", 180)
    life.certificate("old", 425)
    life.observe(["web", "api", "mail", "old"])
    life.sync()

    # web: a rotation each 60 days; a wrong key, a broken server, a rollback among them.
    for day in [-360, -300]:
        life.at(day)
        life.certificate("web", 90, dns=web)
        life.sync()
    life.at(-240)
    life.emulator("certificate", "rotate", "kv/web", "--fault", "keyOfAnother")
    life.sync(fails=True)
    life.at(-238)
    life.certificate("web", 90, dns=web)
    life.sync()
    life.at(-220)
    life.certificate("mail", 180)
    life.certificate("api", 365)
    life.sync()
    life.at(-180)
    broken.touch()
    life.certificate("web", 90, dns=web)
    life.sync(fails=True)
    life.at(-177)
    broken.unlink()
    life.kvagent("retry", "web")
    life.sync()
    life.at(-125)
    life.certificate("web", 90, dns=web)
    life.sync()
    life.at(-115)
    life.kvagent("rollback", "web", "--reason", "partners distrust the new chain", "--force")
    life.at(-112)
    life.certificate("web", 90, dns=web)
    life.sync()
    life.at(-100)
    life.kvagent("unpin", "web")
    life.sync()
    life.at(-55)
    life.certificate("web", 90, dns=web)
    life.sync()

    # mail: pinned, and behind; api: its newest version is refused; old: about to expire.
    life.at(-70)
    life.certificate("mail", 90)
    life.sync()
    life.at(-20)
    life.kvagent("pin", "mail", "--reason", "audit until the end of the month")
    life.at(-15)
    life.certificate("mail", 180)
    life.sync()
    life.at(-2)
    life.certificate("api", 365, dns=["wrong.contoso.example"])
    life.sync(fails=True)
    life.at(0)
    life.sync(fails=True)
    life.move_history()

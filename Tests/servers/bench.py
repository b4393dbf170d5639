"""A vault, and sites: each a kvagent with a certificate and a server of its own."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

import handshake
from scenario import Failed, expect, expect_equal

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOOKS = os.path.join(ROOT, "hooks")
NAME = "www.servers.example"
LIMIT = 30

# Refuses a certificate that the site can't use.
NAME_CHECK = f"""#!/bin/sh
openssl x509 -in "$KVAGENT_CERT" -noout -checkhost {NAME} | grep -q "does match" || {{
    echo "the certificate is not for {NAME} but for $KVAGENT_DOMAINS"
    exit 1
}}
"""


def hook(name):
    return os.path.join(HOOKS, name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, condition, limit=LIMIT):
    """Waits for a condition; its OSError counts as not yet."""
    deadline, last = time.monotonic() + limit, ""
    while True:
        try:
            if condition():
                return
        except OSError as error:
            last = f": {error}"
        if time.monotonic() > deadline:
            raise Failed(f"in {limit} s it did not come so that {what}{last}")
        time.sleep(0.02)


class Bench:
    """The directory of it all, and the emulator."""

    def __init__(self, kvagent, emulator, rotations):
        self.kvagent, self.emulator, self.rotations = kvagent, emulator, rotations
        # Short, for the sockets in it; open, for servers that run as other users.
        self.directory = tempfile.mkdtemp(prefix="kvs.", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.vault_directory = os.path.join(self.directory, "vault")
        ready = os.path.join(self.directory, "ready")
        self._process = subprocess.Popen(
            [emulator, "serve", "--state", self.vault_directory, "--ready-file", ready]
            + ["--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_until("the emulator serves", lambda: os.path.exists(ready))
        except Failed:
            self.close()
            raise
        self.name_check = self.script("name-check", NAME_CHECK)

    def script(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
        return path

    def vault(self, *arguments):
        command = [self.emulator, *arguments, "--state", self.vault_directory]
        return run(command).strip()

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=LIMIT)
        shutil.rmtree(self.directory)


class Site:
    """A certificate, its kvagent and its hooks; `more` are the names of further certificates."""

    def __init__(self, bench, name, hooks, more=(), **entry):
        self.bench, self.name, self.more = bench, name, more
        self.hooks, self.entry = hooks, entry
        self.directory = os.path.join(bench.directory, name)
        os.mkdir(self.directory)
        # As root makes them, whatever the umask.
        os.chmod(self.directory, 0o755)
        for one in (name, *more):
            self.create(one if more else None)
        self._settings = os.path.join(self.directory, "kvagent.yaml")
        self.write_settings()

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def live(self, file):
        return self.path("state", "certs", self.name, "current", file)

    def write_settings(self, hooks=None, **entry):
        """`hooks` are pairs of a phase and a command; `entry` is put to the certificate's own.

        What is not given stays as it was.
        """
        self.hooks = hooks or self.hooks
        self.entry = self.entry | entry
        commands = [{"phase": phase, "run": command} for phase, command in self.hooks]
        entry = self.entry | {"hooks": commands}
        certificates = [f"kv/{name}" for name in (self.name, *self.more)]
        told = self.bench.vault(
            "settings", *certificates, "--state-directory", self.path("state")
        )
        lines = []
        for line in told.splitlines():
            lines.append(line)
            if line.strip().startswith("name:"):
                indent = line[: -len(line.lstrip())]
                # JSON is YAML.
                lines += [f"{indent}{key}: {json.dumps(value)}" for key, value in entry.items()]
        lines.append(f"hooks: {{directory: {self.path('hooks.d')}}}")
        # A check hook can only refuse what the policy lets it see.
        lines.append("policy: {sanLoss: allow}")
        with open(self._settings, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def create(self, name=None, dns=NAME):
        """Makes a certificate, or a version of it; a site of several has a DNS name for each."""
        dns = f"{name}.servers.example" if name else dns
        return self.bench.vault(
            "certificate", "create", f"kv/{name or self.name}", "--dns", dns, "--key", "p-256"
        )

    def rotate(self, *arguments):
        return self.bench.vault("certificate", "rotate", f"kv/{self.name}", *arguments)

    def import_file(self, file, name=None):
        kind = ["--content-type", "pem"]
        return self.bench.vault("certificate", "import", f"kv/{name or self.name}", file, *kind)

    def kvagent(self, *arguments):
        command = [self.bench.kvagent, *arguments, "--config", self._settings]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def sync(self, *results):
        """One pass, which must end so for the certificates; returns what it says of the first."""
        done = self.kvagent("sync", "--json")
        try:
            told = json.loads(done.stdout)["certificates"]
        except (ValueError, LookupError) as error:
            raise Failed(f"kvagent sync: {done.stdout}{done.stderr}") from error
        if [one["result"] for one in told] != list(results):
            raise Failed(f"kvagent sync: expected {results}, found {told}\n{self.last_hooks()}")
        return told[0]

    def last(self, name=None):
        """The newest deployment, as the history has it."""
        name = name or self.name
        return json.loads(self.kvagent("history", name, "--json", "--limit", "1").stdout)[0]

    def last_hooks(self, name=None):
        """What the hooks of the newest deployment said."""
        return "\n".join(
            f"{run['name']}: {run['exitCode']} {run['output']}" for run in self.last(name)["hooks"]
        )

    def leaf(self, name=None):
        """The SHA-256 of the leaf that is live on disk."""
        rows = json.loads(self.kvagent("status", "--json").stdout)["certificates"]
        found = {row["name"]: row["current"]["sha256"] for row in rows}
        return found[name or self.name]


class Server:
    """A server under test: a process that this test starts, on a free port of loopback."""

    # How OpenSSL's refusal of a key reads in its words; the file of its configuration.
    refusal, config_file = "key too small", None

    def __init__(self, bench, name):
        self.bench, self.name, self.port = bench, name, free_port()
        self.start_tls = None
        self._process = None

    def launch(self, command, **options):
        """Starts it in the foreground of a session of its own, its output in `log`."""
        with open(self.site.path("log"), "ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                **options,
            )
        wait_until(f"{self.name} serves", lambda: self.alive() and bool(self.served()))

    def alive(self):
        if self._process.poll() is not None:
            raise Failed(f"{self.name} has ended with status {self._process.returncode}")
        return True

    def stop(self):
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def served(self):
        return handshake.leaf(self.port, self.start_tls)

    def expect_served(self, leaf):
        wait_until(f"{self.name} serves {leaf}", lambda: self.served() == leaf)
        self.alive()

    def log(self):
        """The end of what it has said."""
        try:
            with open(self.site.path("log"), encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-20:])
        except OSError:
            return ""

    def __enter__(self):
        try:
            self.site.sync("deployed", *["deployed" for _ in self.site.more])
            self.start()
        except BaseException:
            self.stop()
            print(self.log())
            raise
        return self

    def __exit__(self, kind, *_):
        self.stop()
        if kind is not None:
            print(self.log())


def run(command, **options):
    """The output of a command that must succeed."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, **options
    )
    if done.returncode != 0:
        raise Failed(f"{command}: status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


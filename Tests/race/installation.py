"""An emulated vault with three certificates, and a kvagent that installs them."""

import json
import os
import subprocess
import time
import urllib.request

KEPT = 3
# `nobody` may read the key of `granted` only; so it is known that it looks in the right places.
CERTIFICATES = {
    "web": {"mode": "0640", "group": "daemon"},
    "listed": {
        "acls": [{"user": "daemon", "group": "daemon"}],
        "formats": ["pem", "haproxy", "der", "pkcs12"],
    },
    "granted": {"acls": [{"user": "nobody"}]},
}


class Installation:
    """Everything lies in `directory`; copies and links in `place`, as beside a server."""

    def __init__(self, kvagent, emulator, directory):
        self.directory = directory
        self.store = os.path.join(directory, "state/certs")
        self.place = os.path.join(directory, "server")
        self.history = os.path.join(directory, "state/history.db")
        self._kvagent = os.path.abspath(kvagent)
        self._emulator = os.path.abspath(emulator)
        self._settings = os.path.join(directory, "kvagent.yaml")
        self._vault = os.path.join(directory, "vault")
        self._deployments = 0

    def __enter__(self):
        ready = os.path.join(self.directory, "ready")
        self._process = subprocess.Popen(
            [self._emulator, "serve", "--state", self._vault, "--ready-file", ready]
            + ["--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        while not os.path.exists(ready):
            time.sleep(0.02)
            if self._process.poll() is not None:
                raise SystemExit("the emulator has ended")
        with open(ready, encoding="utf-8") as file:
            self._admin = f"http://127.0.0.1:{json.load(file)['adminPort']}"
        os.mkdir(self.place)
        os.chmod(self.place, 0o755)
        give_by_default(self.place)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(timeout=30)

    def deploy_all(self):
        for name in CERTIFICATES:
            subprocess.run(
                [self._emulator, "certificate", "create", f"kv/{name}", "--key", "p-256"]
                + ["--dns", f"{name}.race.example", "--state", self._vault],
                check=True,
                capture_output=True,
            )
        self._write_settings("0640")
        self._run("sync")
        self._deployments = 0

    def churn(self, deployments):
        """Switches until there have been so many deployments; returns how many there were."""
        turn = 0
        while self._deployments < deployments:
            turn += 1
            self._rotate("web")
            if turn % 2 == 0:
                self._rotate(["listed", "granted"][turn // 2 % 2])
            self._run("sync")
            if turn % 5 == 0:
                self._run("rollback", "web")
                self._run("unpin", "web")
            if turn % 10 == 0:
                # The live version's directory is exchanged for one with this access.
                self._write_settings(["0600", "0640"][turn // 10 % 2])
                self._run("sync")
        return self._deployments

    def _run(self, *words):
        done = subprocess.run(
            [self._kvagent, *words, "--json", "--config", self._settings],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"kvagent {words[0]} ended with {done.returncode}: {done.stderr}")
        if words[0] != "unpin":
            told = json.loads(done.stdout)
            results = [one["result"] for one in told.get("certificates", [])]
            self._deployments += results.count("deployed")

    def _rotate(self, name):
        request = urllib.request.Request(
            f"{self._admin}/vaults/kv/certificates/{name}/rotate",
            data=b"{}",
            method="POST",
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def _write_settings(self, mode):
        """The emulator's settings, with the access, formats and targets of this test; `mode` is
        that of the key of `web`."""
        told = subprocess.run(
            [self._emulator, "settings", *(f"kv/{name}" for name in CERTIFICATES)]
            + ["--state-directory", os.path.join(self.directory, "state"), "--state", self._vault],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        lines = []
        for line in told.splitlines():
            lines.append(line)
            if line.strip().startswith("name:"):
                name = line.split()[-1]
                entry = CERTIFICATES[name] | {"targets": self._targets(name)}
                if name == "web":
                    entry["mode"] = mode
                # JSON is YAML.
                lines += [f"      {key}: {json.dumps(value)}" for key, value in entry.items()]
        lines.append(f"hooks: {{directory: {self.directory}/hooks.d, runner: direct}}")
        lines.append(f"history: {{keepVersions: {KEPT}}}")
        with open(self._settings, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def _targets(self, name):
        def target(suffix, file, **more):
            return {"path": f"{self.place}/{name}{suffix}", "file": file} | more

        access = {"copy": True} | CERTIFICATES[name]
        access.pop("formats", None)
        return [
            target(".link.pem", "bundle.pem"),
            target(".copy.pem", "bundle.pem", **access),
            target(".crt", "fullchain.pem", **access),
            target(".key", "privkey.pem", **access),
        ]


def give_by_default(directory):
    """Gives a directory an ACL by which everybody may read new files; their makers must see to
    it that this comes to nothing. The bytes: acl(5), linux/posix_acl_xattr.h."""
    entries = [(0x01, 7), (0x04, 7), (0x20, 7)]
    value = (2).to_bytes(4, "little")
    for tag, permissions in entries:
        value += tag.to_bytes(2, "little") + permissions.to_bytes(2, "little") + b"\xff" * 4
    os.setxattr(directory, "system.posix_acl_default", value)

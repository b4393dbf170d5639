"""The emulator, with the certificates, delays and counts that a measurement needs."""

import json
import os
import subprocess
import time
import urllib.request

import measure

AUDIENCE = "https://vault.localhost"
VAULT = "kv"
OPTIONS = {"key": "p-256", "contentType": "application/x-pkcs12"}
OPTIONS |= {"cipher": "triple-des", "isExportable": True}


class Cloud:
    """A running emulator whose state lies in a directory of its own; ends with its block."""

    def __init__(self, emulator, directory):
        self.emulator = emulator
        self.state = os.path.join(directory, "vault")
        self._made = 0
        ready = os.path.join(directory, "ready")
        self._process = subprocess.Popen(
            [emulator, "serve", "--state", self.state, "--ready-file", ready, "--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        while not os.path.exists(ready):
            time.sleep(0.02)
            if self._process.poll() is not None:
                raise SystemExit("bench: error: the emulator has ended")
        with open(ready, encoding="utf-8") as file:
            endpoints = json.load(file)
        self.authority = endpoints["caFile"]
        self.port = endpoints["vaultPort"]
        self.url = f"https://{VAULT}.vault.localhost:{self.port}"
        self.identity = f"http://127.0.0.1:{endpoints['identityPort']}"
        self._administration = f"http://127.0.0.1:{endpoints['adminPort']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def ask(self, method, path, body=None):
        """Asks the administration."""
        return _ask(
            self._administration + path,
            method,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )

    def names(self, count):
        """The names of that many certificates, which are made where there are not so many yet."""
        names = [f"c{number:04}" for number in range(count)]
        for name in names[self._made :]:
            options = OPTIONS | {"dnsNames": [f"{name}.bench.example"]}
            self.ask("PUT", f"/vaults/{VAULT}/certificates/{name}", options)
        self._made = max(self._made, count)
        return names

    def newest(self, name):
        """The newest version of a certificate."""
        return self.ask("GET", f"/vaults/{VAULT}/objects/{name}")["versions"][-1]["version"]

    def rotate(self, name):
        """Makes a new version, and returns it."""
        return self.ask("POST", f"/vaults/{VAULT}/certificates/{name}/rotate", {})["version"]

    def settings(self, directory, names, interval=3600, entries=(), hooks=""):
        """Writes settings for those certificates, and returns the file.

        `entries` are lines for the last certificate's own entry; state goes to `directory`/state.
        """
        text = subprocess.run(
            [self.emulator, "settings", *(f"{VAULT}/{name}" for name in names)]
            + ["--state-directory", f"{directory}/state", "--state", self.state]
            + ["--polling-interval", str(interval)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        last = f"      name: {names[-1]}\n"
        text = text.replace(last, last + "".join(f"      {line}\n" for line in entries))
        os.makedirs(directory, exist_ok=True)
        path = f"{directory}/kvagent.yaml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{text}hooks: {{directory: {directory}/hooks.d, runner: direct{hooks}}}\n")
        return path

    def delay(self, milliseconds):
        """Delays every answer of the vaults; 0 ends that."""
        self.ask("DELETE", "/faults")
        if milliseconds:
            self.ask("POST", "/faults", {"kind": "delay", "delayMilliseconds": milliseconds})

    def token(self):
        """A token of the machine for the vaults."""
        query = f"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={AUDIENCE}"
        return _ask(self.identity + query, "GET", None, {"Metadata": "true"})["access_token"]

    def observed(self, contender):
        """Runs a contender, and adds to its counts what the emulator saw and used meanwhile."""
        self.ask("DELETE", "/statistics")
        used = measure.processor_time(self._process.pid)
        usage = contender()
        used = measure.processor_time(self._process.pid) - used
        said = self.ask("GET", "/statistics")
        usage.counts = {
            "requests": sum(said["requests"].values()),
            "connections": said["connections"],
            "bytes": said["bytesReceived"] + said["bytesSent"],
            "emulator": used,
        }
        return usage

    def curl(self, directory, paths, at_once):
        """A curl command that fetches these paths of the vault, as many at once as kvagent does."""
        config = f"{directory}/curl"
        lines = ["silent", "show-error", "fail", "http2", "parallel", f"parallel-max = {at_once}"]
        lines += [f'cacert = "{self.authority}"', f'header = "Authorization: Bearer {self.token()}"']
        for path in paths:
            lines += [f'url = "{self.url}{path}?api-version=7.4"', 'output = "/dev/null"']
        with open(config, "w", encoding="utf-8", opener=_private) as file:
            file.write("\n".join(lines) + "\n")
        # -q comes first: no .curlrc of whoever runs this.
        return ["curl", "-q", "--config", config]


def _private(path, flags):
    return os.open(path, flags, 0o600)


def _ask(address, method, data, fields):
    request = urllib.request.Request(address, data=data, method=method, headers=fields)
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None

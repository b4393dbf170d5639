"""An emulated vault with all the certificates, and one kvagent that installs them in one pass."""

import json
import os
import subprocess

from bench import Bench
from scenario import Failed


class Installation(Bench):
    """`directory` holds it all, and is gone at the end."""

    def __init__(self, kvagent, emulator):
        super().__init__(kvagent, emulator, 0)
        self._settings = os.path.join(self.directory, "kvagent.yaml")

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def live(self, case, file):
        return self.path("state", "certs", case.name, "current", file)

    def read(self, case, file, mode="r"):
        with open(self.live(case, file), mode) as opened:
            return opened.read()

    def install(self, cases):
        """Puts the cases into the vault and runs a pass; what it says of each."""
        for case in cases:
            self.store(case)
        self.write_settings(cases)
        done = subprocess.run(
            [self.kvagent, "sync", "--json", "--config", self._settings],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        try:
            told = json.loads(done.stdout)["certificates"]
        except (ValueError, LookupError) as error:
            raise Failed(f"kvagent sync: {done.stdout}{done.stderr}") from error
        return {one["name"]: one for one in told}

    def store(self, case):
        name, stored = f"kv/{case.name}", case.stored
        if stored.file:
            kind = ["--content-type", stored.kind]
            self.vault("certificate", "import", name, stored.file, *kind)
            return
        command = [self.emulator, "secret", "set", name, "-", "--content-type", stored.kind]
        subprocess.run(
            command + ["--state", self.vault_directory],
            input=stored.value.encode("utf-8"),
            capture_output=True,
            timeout=60,
            check=True,
        )

    def write_settings(self, cases):
        entries = {case.name: self.entry(case) for case in cases}
        names = [f"kv/{case.name}" for case in cases]
        told = self.vault("settings", *names, "--state-directory", self.path("state"))
        lines = []
        for line in told.splitlines():
            lines.append(line)
            key, _, name = line.strip().partition(": ")
            if key == "name":
                entry = entries[name].items()
                # JSON is YAML.
                lines += [f"      {key}: {json.dumps(value)}" for key, value in entry]
        lines.append(f"hooks: {{directory: {self.path('hooks.d')}}}")
        with open(self._settings, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def entry(self, case):
        pkcs12 = {"encryption": case.encryption, "alias": case.alias}
        if case.password:
            pkcs12["passwordFile"] = self.path("password")
            with open(self.path("password"), "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(case.password + "\n")
        return {"formats": ["pkcs12", "haproxy", "der"], "pkcs12": pkcs12}

"""What the scenarios share: a vault inside the machine, nginx before it, and kvagent's commands."""

import contextlib
import json
import os
import subprocess
import sys

from machine import Failed, wait_until

SITE = "www.kvagent.example"
INTERVAL = 2
SETTINGS = "/etc/kvagent/kvagent.yaml"
STATE = "/var/lib/kvagent"
VAULT = "/srv/vault"
# The vault's own folder is root's alone, and an agent under its own user needs the authority.
AUTHORITY = "/etc/ssl/vault.pem"

# Generous: a test is judged by whether something happens, not by how busy this machine is.
LIMIT = 60

# The packages' own words, without apt's.
QUIETLY = ["--yes", "-qq", "--option=Dpkg::Use-Pty=0"]

VAULT_UNIT = f"""
[Unit]
Description=A stand-in for Key Vault
Before=kvagent.service

[Service]
ExecStart=/usr/bin/kvagent-emulator serve --state {VAULT} \\
    --vault-port 8443 --identity-port 8081 --admin-port 8082 --ready-file /run/vault-ready
# It is up when it serves, and not before.
ExecStartPost=/bin/sh -c 'until [ -s /run/vault-ready ]; do sleep 0.1; done'

[Install]
WantedBy=multi-user.target
"""

NGINX_SITE = f"""
server {{
    listen 127.0.0.1:443 ssl;
    server_name {SITE};
    ssl_certificate {STATE}/certs/web/current/fullchain.pem;
    ssl_certificate_key {STATE}/certs/web/current/privkey.pem;
}}
"""

NAME_HOOK = f"""#!/bin/sh
# Refuses a certificate that the site can't use.
openssl x509 -in "$KVAGENT_CERT" -noout -checkhost {SITE} | grep -q "does match" || {{
    echo "the certificate is for $KVAGENT_DOMAINS"
    exit 1
}}
"""

class Bench:
    """The machine and the packages under test."""

    def __init__(self, machine, package, next_package):
        self.machine = machine
        self.package = package
        self.next_package = next_package
        # How a command becomes that of the user whom the service runs as.
        self.as_user = []

    # The package

    def install(self, package, *options):
        """Installs a package file as an administrator does; what apt printed."""
        place = "/root/" + os.path.basename(package)
        self.machine.bring(package, place)
        return self.machine.output(
            *("apt-get", "install", *QUIETLY, "--no-install-recommends", *options, place),
            timeout=300,
        )

    def remove(self, how):
        """`remove` or `purge`, as an administrator does; what apt printed."""
        return self.machine.output("apt-get", how, *QUIETLY, "kvagent", timeout=300)

    def installed_version(self):
        return self.machine.output("dpkg-query", "--show", "--showformat=${Version}", "kvagent")

    # The vault

    def start_vault(self):
        self.machine.write("/etc/systemd/system/vault.service", VAULT_UNIT)
        self.machine.output("systemctl", "enable", "--now", "vault.service")
        self.machine.output("install", "-m", "644", f"{VAULT}/ca.pem", AUTHORITY)

    def vault(self, *command):
        """A command of the emulator; what it printed."""
        return self.machine.output("kvagent-emulator", *command, "--state", VAULT)

    def thumbprint(self, version):
        """The thumbprint that the vault knows of a version."""
        for line in self.vault("certificate", "show", "kv/web").splitlines():
            words = line.split()
            if words[0] == version:
                return words[1]
        raise Failed(f"the vault has no version {version}")

    # The site

    def write_site(self):
        """nginx's site and the hooks that go with it."""
        self.machine.write("/etc/nginx/sites-enabled/kvagent", NGINX_SITE)
        self.machine.write("/etc/kvagent/hooks.d/deploy/10-name", NAME_HOOK, mode="0755")
        self.link_hook("nginx-check", "check/50-nginx")
        self.link_hook("nginx-reload", "reload/50-nginx")

    def link_hook(self, hook, place):
        """Turns on a hook that comes with the package."""
        script = 'mkdir -p "$(dirname "$2")" && ln -sfn "$1" "$2"'
        places = [f"/usr/share/kvagent/hooks/{hook}", f"/etc/kvagent/hooks.d/{place}"]
        self.machine.output("sh", "-euc", script, "sh", *places)

    def served(self):
        """The thumbprint of the certificate that nginx serves right now."""
        script = (
            f"openssl s_client -connect 127.0.0.1:443 -servername {SITE} </dev/null 2>/dev/null |"
            " openssl x509 -noout -fingerprint -sha1 2>/dev/null"
        )
        answer = self.machine.run("sh", "-c", script, check=False).stdout.strip()
        return answer.partition("=")[2].replace(":", "") or None

    def wait_served(self, thumbprint):
        wait_until(f"nginx serves {thumbprint}", lambda: self.served() == thumbprint, LIMIT)

    @contextlib.contextmanager
    def clients(self):
        """TLS clients that connect without a pause for the length of a block.

        Yields a dictionary that has the clients' count when the block is done: `handshakes`,
        `failures` and the `thumbprints` that they were shown.
        """
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clients.py")
        process = subprocess.Popen(
            # Only into its network: this machine's Python, the other one's nginx.
            [*self.machine.entry("--net"), sys.executable, script, "127.0.0.1", "443", SITE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        seen = {}
        try:
            process.stdout.readline()
            yield seen
        finally:
            rest, _ = process.communicate(timeout=60)
        seen.update(json.loads(rest))

    # kvagent

    def settings(self, *lines):
        """Settings that observe the vault's certificate, every two seconds."""
        text = self.vault("settings", "kv/web", "--polling-interval", str(INTERVAL))
        text = text.replace(f"{VAULT}/ca.pem", AUTHORITY)
        text = text.replace(
            "secretsManagementSettings:",
            "secretsManagementSettings:\n  requireInitialSync: true",
            1,
        )
        return "\n".join([text, *lines, ""])

    def kvagent(self, *command):
        """What a command prints."""
        return self.machine.output(*self.as_user, "kvagent", *command)

    def json(self, *command):
        """What a command prints with --json."""
        return json.loads(self.kvagent(*command, "--json"))

    def state(self):
        """The state of the certificate, in `status`'s word."""
        return self.json("status")["certificates"][0]["state"]

    def wait_outcome(self, version, outcome):
        """Waits until the version's newest deployment ended so; that deployment."""

        def found():
            for row in self.json("history", "web", "--limit", "20"):
                if row["version"] == version:
                    return row if row["outcome"] == outcome else None
            return None

        return wait_until(f"version {version} ends as {outcome}", found, LIMIT)

    def wait_poll(self):
        """Waits until a poll that begins from now on has ended."""
        now = self.machine.output("date", "--utc", "+%Y-%m-%dT%H:%M:%SZ")

        def polled():
            last = self.json("status")["certificates"][0]["lastPoll"]
            return last is not None and last["at"] > now

        wait_until("the vault has been polled again", polled, LIMIT)

    def service(self, *properties):
        """Properties of kvagent.service, as a dictionary."""
        text = self.machine.output(
            *("systemctl", "show", "kvagent.service", "--property", ",".join(properties))
        )
        return dict(line.split("=", 1) for line in text.splitlines())

    def wait_active(self, unlike="0"):
        """Waits until the service is active with another process than `unlike`."""

        def active():
            now = self.service("MainPID", "ActiveState")
            return now["ActiveState"] == "active" and now["MainPID"] not in ("0", unlike)

        wait_until("kvagent.service is active", active, LIMIT)

    def journal(self, *options):
        return self.machine.output(
            *("journalctl", "--no-pager", "--output=cat", "--unit=kvagent.service", *options)
        )

    def files(self):
        """Every path of the certificates with its inode, times, owner, mode and link."""
        return self.machine.shell(
            f"cd {STATE}/certs && find . -printf '%p %i %T@ %C@ %u:%g %m %l\\n' | sort"
        )


def expect(condition, what):
    """Fails with `what` unless `condition` is true."""
    if not condition:
        raise Failed(what)


def expect_equal(value, expected, what):
    """Fails, and tells both, unless they are equal."""
    if value != expected:
        raise Failed(f"{what}: expected {expected!r}, found {value!r}")

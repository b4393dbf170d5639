"""The reload hooks without arguments, where systemd runs: in a mount namespace, with stand-ins.

What a real systemd makes of it is for Tests/system.
"""

import os
import shutil
import subprocess

from bench import hook
from others import PATH
from scenario import expect_equal, scenario

# Without RUNS it says what systemctl says of a unit that does not run.
STAND_IN = """#!/bin/sh
echo "${0##*/} $*" >>LOG
[ "$1" != is-active ] || [ -n "$RUNS" ] || exit 3
"""

NAMESPACE = """
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
mount --bind "$1" /usr/local/sbin
exec "$2"
"""

# What each does before it has the unit reloaded.
FIRST = {
    "nginx": ["nginx -t -q"],
    "haproxy": [],
    "apache2": [],
    "postfix": ["postfix check"],
    "dovecot": ["doveconf -n"],
    "postgresql": [],
}


@scenario("reload hooks without arguments reload the units of Debian's packages")
def units(bench):
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
        return "skipped: there is no mount namespace to be had"
    directory = os.path.join(bench.directory, "stand-ins")
    log = os.path.join(bench.directory, "told")
    os.mkdir(directory)
    for name in ["systemctl", "nginx", "postfix", "doveconf"]:
        shutil.copy(bench.script("stand-in", STAND_IN.replace("LOG", log)), f"{directory}/{name}")
    for name, first in FIRST.items():
        active = f"systemctl is-active --quiet -- {name}.service"
        expect_equal(
            told(name, directory, log, RUNS="yes"),
            [active, *first, f"systemctl reload {name}.service"],
            f"what {name}-reload does",
        )
        expect_equal(told(name, directory, log), [active], f"{name}-reload, not running")
    return f"{len(FIRST)} hooks"


def told(name, directory, log, **environment):
    """What the hook told the stand-ins; it must succeed."""
    with open(log, "w", encoding="utf-8"):
        pass
    subprocess.run(
        ["unshare", "--mount", "sh", "-c", NAMESPACE, "sh", directory, hook(f"{name}-reload")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=30,
        check=True,
        # As in a transient unit, where nothing has to be got out of a sandbox.
        env={"PATH": PATH, "KVAGENT_RUNNER": "systemd", "KVAGENT_CERTIFICATES": "x"} | environment,
    )
    with open(log, encoding="utf-8") as file:
        return file.read().splitlines()

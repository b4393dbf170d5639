"""What the unit does when the daemon dies, hangs, or is given bad settings."""

import re

from bench import LIMIT, SETTINGS, expect, expect_equal
from machine import wait_until
from scenario import scenario

# systemd-analyze counts in tenths here.
WORST_EXPOSURE = 25

BAD_KEY = "secretsManagmentSettings"


@scenario("a killed daemon is started again")
def kill(bench):
    before = bench.service("MainPID")["MainPID"]
    bench.machine.output("kill", "-KILL", before)
    bench.wait_active(unlike=before)
    bench.wait_poll()
    expect_equal(bench.state(), "current", "the certificate's state")


@scenario("a daemon that hangs is killed by its watchdog and started again")
def hang(bench):
    configured = bench.service("WatchdogUSec")["WatchdogUSec"]
    expect(configured not in ("0", "infinity"), "the unit has no WatchdogSec")
    # The same watchdog, only quicker.
    drop_in = "/run/systemd/system/kvagent.service.d/test.conf"
    bench.machine.write(drop_in, "[Service]\nWatchdogSec=3\nTimeoutAbortSec=2\n")
    bench.machine.output("systemctl", "daemon-reload")
    bench.machine.output("systemctl", "restart", "kvagent.service")
    cursor = bench.machine.cursor()
    before = bench.service("MainPID")["MainPID"]
    try:
        # One that works is left alone for longer than the watchdog's time.
        for _ in range(3):
            bench.wait_poll()
        expect_equal(bench.service("MainPID")["MainPID"], before, "the daemon that works")
        bench.machine.output("kill", "-STOP", before)
        bench.wait_active(unlike=before)
    finally:
        bench.machine.output("rm", drop_in)
        bench.machine.output("systemctl", "daemon-reload")
        bench.machine.output("systemctl", "restart", "kvagent.service")
    expect("Watchdog timeout" in bench.journal(cursor), "the journal tells of no watchdog")
    return f"WatchdogSec is {configured}"


@scenario("bad settings end the service with 78, once; mended ones start it")
def bad_settings(bench):
    good = bench.settings()
    bench.machine.write(SETTINGS, f"{good}{BAD_KEY}: {{}}\n")
    cursor = bench.machine.cursor()
    started = bench.machine.run("systemctl", "restart", "kvagent.service", check=False)
    expect(started.returncode != 0, "systemctl restart succeeded with bad settings")
    service = bench.service("ActiveState", "ExecMainStatus", "NRestarts")
    expect_equal(service["ActiveState"], "failed", "the unit's state")
    expect_equal(service["ExecMainStatus"], "78", "the exit status")
    expect_equal(service["NRestarts"], "0", "the restarts")
    told = [line for line in bench.journal(cursor).splitlines() if BAD_KEY in line]
    expect(told, f"the journal doesn't name the bad key:\n{bench.journal(cursor)}")
    bench.machine.write(SETTINGS, good)
    bench.machine.output("systemctl", "start", "kvagent.service")
    expect_equal(bench.service("ActiveState")["ActiveState"], "active", "the unit's state")
    return told[0]


@scenario("a reload with bad settings keeps the old ones and the daemon")
def bad_reload(bench):
    good = bench.settings()
    before = bench.service("MainPID")["MainPID"]
    cursor = bench.machine.cursor()
    bench.machine.write(SETTINGS, f"{good}{BAD_KEY}: {{}}\n")
    try:
        bench.machine.run("systemctl", "reload", "kvagent.service", check=False)
        wait_until(
            "the journal names the bad key",
            lambda: BAD_KEY in bench.journal(cursor),
            LIMIT,
        )
    finally:
        bench.machine.write(SETTINGS, good)
    bench.machine.output("systemctl", "reload", "kvagent.service")
    bench.wait_poll()
    after = bench.service("MainPID", "ActiveState")
    expect_equal(after, {"MainPID": before, "ActiveState": "active"}, "the daemon")


@scenario("the journal has native fields")
def native_fields(bench):
    version = bench.vault("certificate", "rotate", "kv/web")
    bench.wait_served(bench.thumbprint(version))
    find = ["journalctl", "--no-pager", "--output=verbose", "KVAGENT_CERTIFICATE=web"]

    def entries():
        found = bench.machine.run(*find, check=False).stdout
        return found if "KVAGENT_CERTIFICATE=web" in found else None

    told = wait_until("an entry with KVAGENT_CERTIFICATE=web", entries, LIMIT)
    pattern = r"^ +(KVAGENT_[A-Z0-9_]+|MESSAGE_ID)="
    names = sorted(set(re.findall(pattern, told, re.MULTILINE)))
    expect("MESSAGE_ID" in names, f"no MESSAGE_ID among {names}")
    return " ".join(names)


@scenario("systemd finds no fault with the units, and little exposure")
def exposure(bench):
    # Not the drop-ins of the variants, which are no units.
    units = bench.machine.shell(
        "dpkg-query --listfiles kvagent | grep -E '/systemd/system/[^/]*[.](service|target|path)$'"
    )
    bench.machine.output("systemd-analyze", "verify", "--man=no", *units.split())
    analyzed = bench.machine.output(
        *("systemd-analyze", "security", "--no-pager", f"--threshold={WORST_EXPOSURE}"),
        "kvagent.service",
    )
    return analyzed.splitlines()[-1].lstrip("→ ")


@scenario("a service that needs its certificate starts after kvagent has it")
def wait_for_certificate(bench):
    bench.machine.write(
        "/etc/systemd/system/needs-certificate.service",
        """
[Unit]
Wants=kvagent-ready.target
After=kvagent-ready.target
[Service]
Type=oneshot
ExecStart=/usr/bin/kvagent wait web --timeout 60s
ExecStart=/usr/bin/test -s /var/lib/kvagent/certs/web/current/privkey.pem
""",
    )
    bench.machine.output("systemctl", "daemon-reload")
    bench.machine.output("systemctl", "start", "needs-certificate.service")

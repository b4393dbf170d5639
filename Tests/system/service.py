"""What the unit does when the daemon dies, hangs, or is given bad settings."""

import re

from bench import LIMIT, SETTINGS, STATE, expect, expect_equal
from machine import wait_until
from scenario import scenario

# systemd-analyze counts in tenths here.
WORST_AS_ROOT = 25
WORST_AS_USER = 15

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


@scenario("the metrics file is written through the sandbox")
def metrics(bench):
    directory = "/var/lib/prometheus/node-exporter"
    bench.machine.output("mkdir", "-p", directory)
    file = f"{directory}/kvagent.prom"
    bench.machine.write(SETTINGS, bench.settings(f"metrics: {{textfile: {file}}}"))
    bench.machine.output("systemctl", "restart", "kvagent.service")
    try:
        # Both streams are one: a file that is not there yet is to be no line.
        find = ["grep", "--no-messages", "x509_cert_not_after", file]
        told = wait_until(
            "node_exporter's file has the certificate",
            lambda: bench.machine.run(*find, check=False).stdout.strip().splitlines()[-1:],
            LIMIT,
        )
        mode = bench.machine.output("stat", "--format=%a", file)
        expect_equal(mode, "644", "the file's mode: the exporter is another user")
    finally:
        bench.machine.write(SETTINGS, bench.settings())
        bench.machine.output("systemctl", "restart", "kvagent.service")
    return told[0]


@scenario("systemd finds no fault with the units, and little exposure")
def exposure(bench):
    # Not the drop-ins of the variants, which are no units.
    units = bench.machine.shell(
        "dpkg-query --listfiles kvagent | grep -E '/systemd/system/[^/]*[.](service|target|path)$'"
    )
    bench.machine.output("systemd-analyze", "verify", "--man=no", *units.split())
    return analyzed(bench, WORST_AS_ROOT)


@scenario("a server that needs its certificate starts after kvagent has it")
def wait_for_certificate(bench):
    # On a machine whose certificates are gone, as on a new one.
    bench.machine.output("systemctl", "stop", "kvagent.service", "nginx.service")
    bench.machine.shell(f"mv {STATE}/certs {STATE}/history.db* /root/")
    drop_in = "/etc/systemd/system/nginx.service.d/kvagent.conf"
    bench.machine.write(
        drop_in, "[Unit]\nRequires=kvagent-ready.target\nAfter=kvagent-ready.target\n"
    )
    bench.machine.output("systemctl", "daemon-reload")
    refused = bench.machine.run("nginx", "-t", "-q", check=False)
    expect(refused.returncode != 0, "nginx could start without its certificate")
    try:
        bench.machine.output("systemctl", "start", "nginx.service")
        newest = bench.json("status")["certificates"][0]["current"]["thumbprint"]
        bench.wait_served(newest)
    finally:
        bench.machine.output("systemctl", "stop", "kvagent.service")
        bench.machine.shell(
            f"""
            rm -rf {STATE}/certs {STATE}/history.db* {drop_in}
            mv /root/certs /root/history.db* {STATE}/
            systemctl daemon-reload
            systemctl restart kvagent.service nginx.service
            """
        )


@scenario("under its own user the service does the same, with less exposure")
def own_user(bench):
    shipped, units = "/usr/share/kvagent/own-user", "/etc/systemd/system"
    places = {
        "kvagent.service.conf": [f"{units}/kvagent.service.d/own-user.conf"],
        "kvagent-wait.service.conf": [
            f"{units}/kvagent-wait{at}.service.d/own-user.conf" for at in ("", "@")
        ],
        "kvagent.tmpfiles.conf": ["/etc/tmpfiles.d/kvagent.conf"],
        "50-kvagent.rules": ["/etc/polkit-1/rules.d/50-kvagent.rules"],
    }
    installed = [(name, place) for name, those in places.items() for place in those]
    for name, place in installed:
        bench.machine.output("install", "-D", "-m", "644", f"{shipped}/{name}", place)
    # As the documentation says: this one only reloads, for `nginx -t` is root's.
    reload = "/etc/kvagent/hooks.d/reload/50-nginx"
    bench.machine.output("rm", reload)
    bench.machine.write(reload, "#!/bin/sh\nexec systemctl reload nginx.service\n", mode="0755")
    bench.machine.shell("systemctl daemon-reload; systemctl restart kvagent.service")
    bench.as_user = ["runuser", "-u", "kvagent", "--"]
    try:
        told = analyzed(bench, WORST_AS_USER)
        version = bench.vault("certificate", "rotate", "kv/web")
        bench.wait_served(bench.thumbprint(version))
        owner = bench.machine.output("stat", "--format=%U", f"{STATE}/certs/web/current/privkey.pem")
        expect_equal(owner, "kvagent", "the owner of the key")
    finally:
        bench.as_user = []
        for _, place in installed:
            bench.machine.output("rm", place)
        bench.link_hook("nginx-reload", "reload/50-nginx")
        bench.machine.shell("systemctl daemon-reload; systemctl restart kvagent.service")
    bench.wait_poll()
    expect_equal(bench.state(), "current", "the state, as root again")
    return told


def analyzed(bench, worst):
    """The verdict of `systemd-analyze security`, no worse than `worst` tenths."""
    printed = bench.machine.output(
        *("systemd-analyze", "security", "--no-pager", f"--threshold={worst}", "kvagent.service")
    )
    return printed.splitlines()[-1].lstrip("→ ")

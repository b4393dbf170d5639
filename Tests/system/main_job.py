"""From `apt install` to a site that follows its vault, a rollback and a reboot."""

import time

from bench import INTERVAL, SETTINGS, SITE, STATE, expect, expect_equal
from scenario import scenario


@scenario("an installation without settings breaks nothing and says what to do")
def install(bench):
    cursor = bench.machine.cursor()
    printed = bench.install(bench.package)
    failed = bench.machine.output("systemctl", "--failed", "--no-legend")
    expect_equal(failed, "", "failed units")
    status = bench.machine.run("systemctl", "status", "--no-pager", "kvagent.service", check=False)
    told = [line for line in (printed + bench.journal(cursor)).splitlines() if SETTINGS in line]
    told += [line for line in status.stdout.splitlines() if SETTINGS in line]
    expect(told, f"nothing that was printed names {SETTINGS}:\n{printed}\n{status.stdout}")
    return told[0].strip()


@scenario("with settings the service starts, and nginx serves the vault's certificate")
def start(bench):
    bench.start_vault()
    first = bench.vault("certificate", "create", "kv/web", "--dns", SITE)
    bench.write_site()
    bench.machine.write(SETTINGS, bench.settings())
    bench.kvagent("config", "check")
    # Returns when the unit is ready: with requireInitialSync, once the certificate is there.
    bench.machine.output("systemctl", "restart", "kvagent.service")
    service = bench.service("Type", "ActiveState", "StatusText")
    expect_equal(service["Type"], "notify", "the unit's type")
    expect_equal(service["ActiveState"], "active", "the unit's state")
    bench.machine.output("test", "-s", f"{STATE}/certs/web/current/privkey.pem")
    bench.wait_served(bench.thumbprint(first))
    expect_equal(bench.state(), "current", "the certificate's state")
    return service["StatusText"]


@scenario("a rotation at the vault reaches nginx, and no client sees a gap")
def rotate(bench):
    times = []
    with bench.clients() as seen:
        for _ in range(3):
            version = bench.vault("certificate", "rotate", "kv/web")
            started = time.monotonic()
            bench.wait_served(bench.thumbprint(version))
            times.append(time.monotonic() - started)
    expect_equal(seen["failures"], {}, "failed handshakes")
    measured = ", ".join(f"{seconds:.1f}" for seconds in times)
    goal = "within" if max(times) <= INTERVAL + 2 else "beyond"
    return f"{measured} s, {goal} interval + 2 s; {seen['handshakes']} handshakes, none failed"


@scenario("a candidate with another key, and one for another name, are never served")
def refuse(bench):
    good = bench.served()
    with bench.clients() as seen:
        version = bench.vault("certificate", "rotate", "kv/web", "--fault", "keyOfAnother")
        rejected = bench.wait_outcome(version, "rejected")
        version = bench.vault("certificate", "create", "kv/web", "--dns", "elsewhere.example")
        bench.wait_outcome(version, "held")
        approve = "kvagent approve web --reason 'a test' || test $? = 1"
        bench.machine.output(*bench.as_user, "sh", "-c", approve)
        bench.wait_outcome(version, "rolledBack")
    expect_equal(bench.served(), good, "what nginx serves")
    expect_equal(seen["thumbprints"], [good], "what clients were shown")
    expect_equal(seen["failures"], {}, "failed handshakes")
    # The vault's next one is good again.
    version = bench.vault("certificate", "create", "kv/web", "--dns", SITE)
    bench.wait_served(bench.thumbprint(version))
    return rejected["reason"] or rejected["error"]


@scenario("a rollback is served, outlives a reboot, and ends with unpin")
def roll_back(bench):
    newest = bench.served()
    bench.kvagent("rollback", "web", "--reason", "a test")
    previous = bench.json("status")["certificates"][0]["current"]["thumbprint"]
    expect(previous != newest, "the rollback left the newest version live")
    bench.wait_served(previous)

    bench.machine.reboot()
    bench.wait_served(previous)
    bench.wait_active()
    expect_equal(bench.state(), "pinned", "the state after the reboot")
    version = bench.vault("certificate", "create", "kv/web", "--dns", SITE)
    bench.wait_outcome(version, "held")
    expect_equal(bench.served(), previous, "what nginx serves while pinned")

    bench.kvagent("unpin", "web")
    bench.wait_served(bench.thumbprint(version))
    expect_equal(bench.state(), "current", "the state after unpin")

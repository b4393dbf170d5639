"""Hooks as transient units: out of the agent's sandbox, and gone with all of their children."""

import statistics

from bench import LIMIT, SETTINGS, SITE, expect, expect_equal
from machine import wait_until
from scenario import scenario

# Leaves a child with a session of its own behind, which heeds no TERM, and does the same itself.
STUBBORN = """#!/bin/sh
trap '' TERM
setsid sh -c "trap '' TERM; sh -c 'trap \\"\\" TERM; exec sleep 98765' & exec sleep 98765" &
sleep 98765
sleep 98765
"""

TELLTALE = """#!/bin/sh
cat /proc/self/cgroup
echo "runner $KVAGENT_RUNNER, certificate $KVAGENT_CERTIFICATE, price $1"
touch /etc/kvagent-was-here
nginx -t
"""


@scenario("hooks run as transient units, where nginx -t passes")
def transient(bench):
    hook = "/etc/kvagent/telltale"
    bench.machine.write(hook, TELLTALE, mode="0755")
    entry = f"      hooks: [{{phase: deploy, run: [{hook}, 5$HOME]}}]"
    run = one_run(bench, entry, "deployed", "settings:deploy[0]")
    expect_equal(run["exitCode"], 0, "the exit code of nginx -t")
    output = run["output"]
    expect("kvagent-hook-" in output, f"no unit of its own: {output}")
    expect("runner systemd, certificate web, price 5$HOME" in output, output)
    # Outside of ProtectSystem=strict.
    bench.machine.output("rm", "/etc/kvagent-was-here", hook)
    expect_no_units(bench)
    return output.splitlines()[0]


@scenario("a hook that forks, ignores TERM and outlives its time is gone with all its children")
def stubborn(bench):
    good = bench.served()
    hook = "/etc/kvagent/stubborn"
    bench.machine.write(hook, STUBBORN, mode="0755")
    entry = f"      hooks: [{{phase: deploy, run: [{hook}], timeout: 2s}}]"
    run = one_run(bench, entry, "rolledBack", "settings:deploy[0]")
    expect(run["timedOut"], f"it did not time out: {run}")
    left = bench.machine.run("pgrep", "-fa", "sleep 98765", check=False).stdout
    expect_equal(left, "", "what is left of it")
    expect_equal(bench.served(), good, "what nginx serves")
    bench.machine.output("rm", hook)
    expect_no_units(bench)
    return f"timed out after {run['durationMs']} ms"


@scenario("a hook's end by exit code and by signal is told apart")
def ends(bench):
    hook = "/etc/kvagent/ends"
    told = []
    for command, key, value in [
        ("exit 3", "exitCode", 3),
        ("kill -TERM $$", "signal", 15),
        ("kill -KILL $$", "signal", 9),
    ]:
        bench.machine.write(hook, f"#!/bin/sh\n{command}\n", mode="0755")
        entry = f"      hooks: [{{phase: check, run: [{hook}]}}]"
        run = one_run(bench, entry, "rejected", "settings:check[0]")
        expect_equal(run[key], value, f"{key} of {command}")
        told.append(f"{key} {value}")
    bench.machine.output("rm", hook)
    version = bench.vault("certificate", "create", "kv/web", "--dns", SITE)
    bench.wait_served(bench.thumbprint(version))
    expect_no_units(bench)
    return ", ".join(told)


@scenario("a hook whose starter is killed is stopped, and no success")
def orphaned(bench):
    good = bench.served()
    hook = "/etc/kvagent/orphan"
    # The starter is the one that has this unit in its arguments.
    script = """#!/bin/sh
unit=$(sed 's#.*/##; s/[.]service$//' /proc/self/cgroup | grep kvagent-hook- | head -n 1)
pkill -KILL -f "systemd-run .*--unit=$unit "
sleep 98766
"""
    bench.machine.write(hook, script, mode="0755")
    entry = f"      hooks: [{{phase: deploy, run: [{hook}]}}]"
    run = one_run(bench, entry, "rolledBack", "settings:deploy[0]")
    expect("ended before the hook" in (run["error"] or ""), f"{run}")
    # Owed for the version that came back, and by now not in the settings.
    bench.kvagent("retry", "web")
    left = bench.machine.run("pgrep", "-fa", "sleep 98766", check=False).stdout
    expect_equal(left, "", "what is left of it")
    expect_equal(bench.served(), good, "what nginx serves")
    bench.machine.output("rm", hook)
    expect_no_units(bench)
    return run["error"]


@scenario("the properties of the settings reach a hook's unit, and unknown ones are told")
def properties(bench):
    hook = "/etc/kvagent/limited"
    bench.machine.write(hook, "#!/bin/sh\ncat /proc/self/limits\n", mode="0755")
    entry = f"      hooks: [{{phase: check, run: [{hook}]}}]"
    more = "hooks: {properties: {LimitNOFILE: 123}}"
    run = one_run(bench, entry, "deployed", "settings:check[0]", more)
    expect("123" in run["output"], run["output"])
    more = "hooks: {properties: {LimitNofile: 123}}"
    # The first of the check hooks fails, which is nginx-check.
    run = one_run(bench, entry, "rejected", "check/50-nginx", more)
    bench.machine.output("rm", hook)
    version = bench.vault("certificate", "create", "kv/web", "--dns", SITE)
    bench.wait_served(bench.thumbprint(version))
    return run["output"].splitlines()[-1]


@scenario("a hook of the settings runs as its user, and is tried again")
def other_user(bench):
    hook = "/etc/kvagent/who"
    script = '#!/bin/sh\nid -un; echo "home $HOME, attempt $KVAGENT_ATTEMPT"; [ $KVAGENT_ATTEMPT = 2 ]\n'
    bench.machine.write(hook, script, mode="0755")
    entry = f"      hooks: [{{phase: deploy, run: [{hook}], user: www-data, retries: 1}}]"
    # The first of its two runs.
    run = one_run(bench, entry, "deployed", "settings:deploy[0]")
    expect_equal(run["exitCode"], 1, "the exit code of the first try")
    expect_equal(run["output"], "www-data\nhome /var/www, attempt 1\n", "what it printed")
    bench.machine.output("rm", hook)
    expect_no_units(bench)


@scenario("reload-or-restart reloads what can, restarts what can't, and leaves what is stopped alone")
def reload_or_restart(bench):
    # Neither knows how to reload.
    text = "[Service]\nExecStart=/bin/sleep infinity\n"
    units = ["nginx", "kvtest-on", "kvtest-off"]
    for unit in units[1:]:
        bench.machine.write(f"/run/systemd/system/{unit}.service", text)
    bench.machine.output("systemctl", "daemon-reload")
    bench.machine.output("systemctl", "start", "kvtest-on")

    def process(unit):
        return bench.machine.output("systemctl", "show", "--property=MainPID", "--value", unit)

    before = [process(unit) for unit in units]
    command = ", ".join(["/usr/share/kvagent/hooks/reload-or-restart", *units])
    entry = f"      hooks: [{{phase: reload, run: [{command}]}}]"
    run = one_run(bench, entry, "deployed", "settings:reload[0]")
    expect_equal(run["exitCode"], 0, f"the exit code, and it said {run['output']!r}")
    after = [process(unit) for unit in units]
    expect_equal(after[0], before[0], "nginx's process, which reloads")
    expect(after[1] not in (before[1], "0"), f"kvtest-on was not restarted: {after[1]}")
    expect_equal(after[2], "0", "the process of kvtest-off, which was stopped")
    # By the name of a link.
    bench.link_hook("reload-or-restart", "reload/60-kvtest-on")
    version = bench.vault("certificate", "rotate", "kv/web")
    bench.wait_outcome(version, "deployed")
    bench.machine.output("rm", "/etc/kvagent/hooks.d/reload/60-kvtest-on")
    expect(process("kvtest-on") not in (after[1], "0"), "the link did not restart kvtest-on")
    bench.machine.output("systemctl", "stop", "kvtest-on")
    bench.wait_served(bench.thumbprint(version))
    expect_no_units(bench)


@scenario("a service manager that re-executes itself refuses no renewal")
def reexecuted(bench):
    again = "for i in 1 2 3 4 5 6 7 8 9 10; do systemctl daemon-reexec; sleep 0.2; done"
    for _ in range(3):
        version = bench.vault("certificate", "rotate", "kv/web")
        bench.machine.output("sh", "-c", again)
        bench.wait_served(bench.thumbprint(version))
    expect_no_units(bench)


@scenario("what a transient unit costs")
def cost(bench):
    count = 20
    entry = f"      hooks: [{', '.join(['{phase: check, run: [/bin/true]}'] * count)}]"
    one_run(bench, entry, "deployed", "settings:check[0]")
    [row] = bench.json("history", "web", "--limit", "1")
    spent = [run["durationMs"] for run in row["hooks"] if run["name"].startswith("settings:")]
    expect_equal(len(spent), count, "how many hooks ran")
    # By the clock of the machine, so that the way into it does not count.
    bare = bench.machine.output(
        "sh",
        "-c",
        f"s=$(date +%s%N); for i in $(seq {count}); do systemd-run --quiet --wait --pipe --collect"
        f" /bin/true </dev/null; done; e=$(date +%s%N); echo $(((e - s) / {count}000000))",
    )
    middle = statistics.median(spent)
    return f"median {middle} ms ({min(spent)} to {max(spent)}); systemd-run by itself {bare} ms"


@scenario("kvagent hooks turns a shipped hook on, tries it as a transient unit, and turns it off")
def commands(bench):
    listed = {row["path"]: row for row in bench.json("hooks", "list")}
    on = listed["/etc/kvagent/hooks.d/reload/50-nginx"]
    expect(on["source"] == "shipped" and on["enabled"], f"{on}")
    bench.kvagent("hooks", "enable", "nginx-reload", "--certificate", "web", "--order", "60")
    name = "certs/web/reload/60-nginx-reload"
    [run] = bench.json("hooks", "test", name)
    expect_equal((run["exitCode"], run["certificates"]), (0, ["web"]), "the test's end")
    bench.kvagent("hooks", "disable", name)
    bench.machine.output("rm", "-r", "/etc/kvagent/hooks.d/certs")
    expect_no_units(bench)
    return f"{run['durationMs']} ms"


def one_run(bench, entry, outcome, name, *more):
    """The run of the hook `name` at a rotation that ends in `outcome`; `entry` is its settings."""
    lines = bench.settings(*more).splitlines()
    place = next(i for i, line in enumerate(lines) if "/secrets/web" in line)
    lines.insert(place + 1, entry)
    if "name:" in lines[place + 2]:
        lines[place + 1], lines[place + 2] = lines[place + 2], lines[place + 1]
    bench.machine.write(SETTINGS, "\n".join(lines))
    bench.machine.output("systemctl", "restart", "kvagent.service")
    try:
        version = bench.vault("certificate", "create", "kv/web", "--dns", SITE)
        row = bench.wait_outcome(version, outcome)
    finally:
        bench.machine.write(SETTINGS, bench.settings())
        bench.machine.output("systemctl", "restart", "kvagent.service")
    if outcome == "deployed":
        bench.wait_served(bench.thumbprint(version))
    return next(run for run in row["hooks"] if run["name"] == name)


def expect_no_units(bench):
    """No unit of a hook is left, running or failed."""
    units = ["systemctl", "list-units", "--all", "--no-legend", "kvagent-hook-*"]
    wait_until("no unit of a hook is left", lambda: not bench.machine.output(*units), LIMIT)

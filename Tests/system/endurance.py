"""A day of the daemon's life in minutes: what it holds at both ends, and what it costs idle.

Twenty certificates are polled every second while the vault rotates them, makes bad versions, is
slow, throttles, breaks off and goes away. At the usual interval of an hour a day has 24 passes;
what a daemon leaks at a pass it leaks here a day's worth of in half a minute.

KVAGENT_SOAK_MINUTES in the environment makes it longer.
"""

import os
import random
import statistics
import time

from bench import AUTHORITY, LIMIT, SETTINGS, STATE, VAULT, expect, expect_equal
from machine import Failed, wait_until
from scenario import scenario

CERTIFICATES = [f"c{number:02}" for number in range(20)]

# Of their own, and below the only directory that the service may write to.
STORE = f"{STATE}/soak"
HOOKS = "/etc/kvagent/soak.d"

# How long the daemon has to reach its working size, and then to be watched, in seconds.
WARM_UP = 45
WATCHED = 60 * float(os.environ.get("KVAGENT_SOAK_MINUTES", "1"))
IDLE = 60
# libdispatch alone would wake it sixty times (Sources/CDispatchMonitor); its watchdog does once or twice.
MOST_WAKEUPS = 20

# What goes wrong at the vault, in turn; the daemon has to outlive all of it.
FAULTS = [
    ["throttle", "--count", "10", "--retry-after", "1"],
    ["serverError", "--count", "10", "--status", "500"],
    ["delay", "--count", "10", "--milliseconds", "300"],
    ["cutOff", "--count", "10"],
    ["garbage", "--count", "10"],
    ["wrongContentType", "--count", "10"],
    ["refuseToken", "--count", "3"],
    ["denySecrets", "--count", "10"],
    ["serverError", "--count", "5", "--service", "identity", "--status", "500"],
]
BAD_VERSIONS = ["keyOfAnother", "keyMissing", "garbageValue", "shuffledChain", "leafOnly"]

# Generous: a leak in a hundred passes is far beyond, the noise of an allocator well within.
GROWTH = {"residentKiB": 6 * 1024, "descriptors": 8, "threads": 4, "walKiB": 6 * 1024}


@scenario("a day of life in minutes: nothing grows, and the newest versions are live at its end")
def day(bench):
    for name in CERTIFICATES:
        bench.vault("certificate", "create", f"kv/{name}", "--dns", f"{name}.example")
    for phase in ("check", "deploy", "reload"):
        bench.machine.write(f"{HOOKS}/{phase}/10-true", "#!/bin/sh\ncat >/dev/null\n", mode="0755")
    try:
        live(bench, 1)
        samples, turns = disturbed(bench)
        wait_newest(bench)
        told = [f"{turns} rotations, bad versions and faults", *judged(samples)]
        live(bench, 3600)
        return "\n".join([*told, idle(bench)])
    finally:
        bench.vault("fault", "clear")
        bench.machine.write(SETTINGS, bench.settings())
        bench.machine.output("systemctl", "restart", "kvagent.service")
        bench.machine.output("rm", "-rf", STORE, HOOKS)


def live(bench, interval):
    """Starts the service with the twenty certificates; returns when all are installed."""
    names = [f"kv/{name}" for name in CERTIFICATES]
    options = ("--polling-interval", str(interval), "--state-directory", STORE)
    text = bench.vault("settings", *names, *options).replace(f"{VAULT}/ca.pem", AUTHORITY)
    bench.machine.write(SETTINGS, f"{text}\nhooks: {{directory: {HOOKS}}}\n")
    bench.machine.output("systemctl", "restart", "kvagent.service")

    def installed():
        states = [entry["state"] for entry in bench.json("status")["certificates"]]
        return states == ["current"] * len(CERTIFICATES)

    wait_until("every certificate is installed", installed, 2 * LIMIT, every=0.5)


def disturbed(bench):
    """What the daemon held from its warm end on, and how often the vault was disturbed."""
    choose = random.Random(1)
    before = bench.service("MainPID")["MainPID"]
    begin = time.monotonic()
    samples, turn = [], 0
    while time.monotonic() < begin + WARM_UP + WATCHED:
        disturb(bench, choose, turn)
        turn += 1
        time.sleep(3)
        if time.monotonic() >= begin + WARM_UP:
            samples.append(figures(bench))
    expect_equal(bench.service("MainPID")["MainPID"], before, "the daemon")
    return samples, turn


def disturb(bench, choose, turn):
    """One more thing that happens at the vault."""
    name = choose.choice(CERTIFICATES)
    if turn % 3 == 0:
        bench.vault("certificate", "rotate", f"kv/{name}")
    elif turn % 3 == 1:
        bad = BAD_VERSIONS[turn // 3 % len(BAD_VERSIONS)]
        bench.vault("certificate", "rotate", f"kv/{name}", "--fault", bad)
    else:
        bench.vault("fault", "set", *FAULTS[turn // 3 % len(FAULTS)])


def figures(bench):
    """What the daemon holds and has used so far."""
    pid = bench.service("MainPID")["MainPID"]
    status = bench.machine.output("cat", f"/proc/{pid}/status")
    resident, threads = (field(status, name) for name in ("VmRSS", "Threads"))
    stat = bench.machine.output("cat", f"/proc/{pid}/stat").rpartition(")")[2].split()
    wal = bench.machine.run("stat", "--format=%s", f"{STORE}/history.db-wal", check=False).stdout
    return {
        "residentKiB": resident,
        "descriptors": len(bench.machine.output("ls", f"/proc/{pid}/fd").split()),
        "threads": threads,
        "walKiB": int(wal) // 1024 if wal.strip().isdigit() else 0,
        "cpuSeconds": (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"),
        "time": time.monotonic(),
    }


def field(status, name):
    """A number of /proc/PID/status."""
    for line in status.splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise Failed(f"no {name} in {status}")


def wait_newest(bench):
    """Returns when the newest version of each certificate is live, now that nothing goes wrong."""
    bench.vault("fault", "clear")
    for name in CERTIFICATES:
        version = bench.vault("certificate", "rotate", f"kv/{name}")
        path = f"{STORE}/certs/{name}/current"

        def is_live(path=path, version=version):
            return bench.machine.output("readlink", path).endswith(version)

        wait_until(f"{name}: version {version} is live", is_live, LIMIT)


def judged(samples):
    """Compares the first quarter with the last; the lines of a table."""
    quarter = max(1, len(samples) // 4)
    first, last = samples[:quarter], samples[-quarter:]
    lines = [f"{'':14}{'start':>10}{'end':>10}{'largest':>10}"]
    grown = []
    for key, allowed in GROWTH.items():
        start, end = (statistics.median(each[key] for each in part) for part in (first, last))
        lines.append(f"{key:14}{start:>10.0f}{end:>10.0f}{max(each[key] for each in samples):>10}")
        if end > start + allowed:
            grown.append(key)
    # A scan of a table that grows would show here before it shows to a person.
    start, end = cpu_share(first), cpu_share(last)
    lines.append(f"{'cpu, percent':14}{start:>10.1f}{end:>10.1f}")
    if end > 2 * start + 10:
        grown.append("cpu")
    expect(not grown, f"grown: {grown}\n" + "\n".join(lines))
    return lines


def cpu_share(samples):
    """Seconds of processor time in a hundred."""
    first, last = samples[0], samples[-1]
    elapsed = last["time"] - first["time"]
    return 100 * (last["cpuSeconds"] - first["cpuSeconds"]) / elapsed if elapsed else 0.0


def idle(bench):
    """What a daemon costs that has nothing to do."""
    # Until the connections to the vault are closed and what the first pass used is given back.
    time.sleep(20)
    before, woken = figures(bench), wakeups(bench)
    time.sleep(IDLE)
    after, woken = figures(bench), wakeups(bench) - woken
    hours = (after["time"] - before["time"]) / 3600
    minutely = woken / hours / 60
    expect(minutely < MOST_WAKEUPS, f"idle, it wakes {minutely:.0f} times a minute")
    return (
        f"idle: {minutely:.0f} wake-ups a minute,"
        f" {(after['cpuSeconds'] - before['cpuSeconds']) / hours:.1f} CPU seconds an hour,"
        f" {after['residentKiB'] / 1024:.1f} MiB resident, {after['threads']} threads,"
        f" {after['descriptors']} descriptors"
    )


def wakeups(bench):
    """How often its threads have gone to sleep of themselves."""
    pid = bench.service("MainPID")["MainPID"]
    text = bench.machine.shell(f"cat /proc/{pid}/task/*/status")
    lines = [line for line in text.splitlines() if line.startswith("voluntary_ctxt_switches:")]
    return sum(int(line.split()[1]) for line in lines)

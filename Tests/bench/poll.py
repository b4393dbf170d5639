"""A pass without change: kvagent's `sync` and its daemon, beside curl and a script in Python."""

import contextlib
import os
import time

import measure
from daemon import INTERVAL, Daemon

# What kvagent asks of one vault at once: VaultPace.most.
AT_ONCE = 32
# As many connections as requests keeps of one host.
THREADS = 10
DAEMON = "daemon"
DELAYS = (0, 20)


def run(bench):
    sizes = (1, 10, 100) if bench.quick else (1, 10, 100, 1000)
    bench.results.note(
        "poll",
        f"curl: one HTTP/2 connection, {AT_ONCE} requests at once as kvagent's; it is given its"
        " token, and drops the answers",
    )
    bench.results.note(
        "poll",
        "script: Tests/bench/script.py with Microsoft's libraries, its requests one by one, or"
        f" from {THREADS} threads",
    )
    bench.results.note(
        "poll",
        "daemon: `kvagent run`, told to poll now; from the signal to its word that the pass is done",
    )
    bench.results.note(
        "poll", "delay: how late the vault answers; emulator: processor time that answering took"
    )
    with bench.cloud() as cloud:
        for size in sizes:
            directory = f"{bench.directory}/poll-{size}"
            names = cloud.names(size)
            settings = cloud.settings(directory, names)
            contenders = _contenders(bench, cloud, directory, settings, names)
            cloud.delay(0)
            for contender in contenders.values():
                contender()
            with _daemon(bench, cloud, directory, names) as polls:
                contenders[DAEMON] = polls
                for delay in DELAYS:
                    cloud.delay(delay)
                    rounds = measure.take_turns(bench.runs, contenders)
                    daemon = rounds.pop(DAEMON)
                    report(bench.results, "poll", f"{size:,} unchanged, delay {delay} ms", rounds)
                    rounds["kvagent"] = daemon
                    label = f"{size:,} unchanged, daemon, delay {delay} ms"
                    report(bench.results, "poll", label, rounds)


# What the lines of a pass are, in which unit, and where they are in what a run took.
FIGURES = (
    ("wall", "ms", lambda usage: usage.wall * 1000),
    ("processor", "ms", lambda usage: usage.processor * 1000),
    ("peak memory", "MiB", lambda usage: usage.memory),
    ("requests", "", lambda usage: usage.counts["requests"]),
    ("connections", "", lambda usage: usage.counts["connections"]),
    ("bytes", "kB", lambda usage: usage.counts["bytes"] / 1000),
    ("emulator", "ms", lambda usage: usage.counts["emulator"] * 1000),
)


def report(results, section, size, rounds, figures=FIGURES):
    """Adds the lines that the passes of several contenders make."""
    for what, unit, value in figures:
        found = {name: [value(usage) for usage in usages] for name, usages in rounds.items()}
        results.add(section, size, what, unit, **found)


@contextlib.contextmanager
def _daemon(bench, cloud, directory, names):
    """A daemon that has polled before, as a contender: a poll of it."""
    directory = f"{directory}/daemon"
    settings = cloud.settings(directory, names, INTERVAL)
    cloud.delay(0)
    measure.run([bench.kvagent, "sync", "--config", settings])
    with Daemon(bench.kvagent, settings) as daemon:
        daemon.wait("READY=1")

        def poll():
            used = measure.processor_time(daemon.id)
            wall = daemon.poll()
            # What it does for the pass after it has said so belongs to it, too.
            time.sleep(0.1)
            used = measure.processor_time(daemon.id) - used
            return measure.Usage(wall, used, measure.peak(daemon.id))

        poll()
        yield lambda: cloud.observed(poll)


def _contenders(bench, cloud, directory, settings, names):
    listed = f"{directory}/names"
    with open(listed, "w", encoding="utf-8") as file:
        file.write("\n".join(names))
    env = os.environ | {
        "REQUESTS_CA_BUNDLE": cloud.authority,
        "AZURE_POD_IDENTITY_AUTHORITY_HOST": cloud.identity,
    }
    script = [bench.python, os.path.join(os.path.dirname(__file__), "script.py")]
    curl = cloud.curl(directory, [f"/certificates/{name}" for name in names], AT_ONCE)
    commands = {
        "kvagent": ([bench.kvagent, "sync", "--config", settings], None),
        "curl": (curl, None),
        "script": ([*script, f"{directory}/script", cloud.url, listed], env),
        f"script, {THREADS} threads": (
            [*script, f"{directory}/threads", cloud.url, listed, "--threads", str(THREADS)],
            env,
        ),
    }

    def contender(command, env):
        return lambda: cloud.observed(lambda: measure.run(command, env))

    return {name: contender(*how) for name, how in commands.items()}

"""The daemon when it has nothing to do, between two polls.

It is watched as systemd watches it (WatchdogSec of the unit), and has polled once. Memory is read when
one daemon runs alone, as what processes share is parted among them. A minute is then idled away by as
many daemons of each size as there are runs, all at once.
"""

import contextlib
import glob
import os
import shutil
import time

import measure
from daemon import INTERVAL, Daemon

MINUTE = 60
# After a poll it gives back the pages of its program, and idle threads end.
SETTLING = 15


def run(bench):
    sizes = (10, 100) if bench.quick else (10, 1000)
    notes = (
        "wake-ups: voluntary context switches of all threads (voluntary_ctxt_switches) in a minute",
        "proportional: a page that n processes map counts for one n-th; private: pages of its own",
        "processor time: what a minute took, times 60",
    )
    for note in notes:
        bench.results.note("idle", note)
    with bench.cloud() as cloud:
        for size in sizes:
            label = f"{size:,} certificates"
            settings = _install(bench, cloud, size)
            found = [_memory(bench, settings[0]) for _ in range(bench.runs)]
            for what in ("resident", "proportional", "private"):
                bench.results.add("idle", label, what, "MiB", [each[what] for each in found])
            for what in ("descriptors", "threads"):
                bench.results.add("idle", label, what, "", [each[what] for each in found])
            minutes = _minute(bench, settings)
            hours = [used * 60 for _, used in minutes]
            bench.results.add("idle", label, "wake-ups a minute", "", [count for count, _ in minutes])
            bench.results.add("idle", label, "processor time an hour", "s", hours)
    bench.results.add("idle", "", "program", "MB", [os.path.getsize(bench.kvagent) / 1e6])
    packages = glob.glob(f"{bench.packages}/kvagent_*.deb")
    if packages:
        newest = max(packages, key=os.path.getmtime)
        bench.results.add("idle", "", "package", "MB", [os.path.getsize(newest) / 1e6])
    else:
        bench.results.note("idle", "there is no package: `make deb` makes one")


def _install(bench, cloud, size):
    """As many installations as there are runs, each with settings of its own."""
    names = cloud.names(size)
    first = f"{bench.directory}/idle-{size}-0"
    found = [cloud.settings(first, names, INTERVAL)]
    measure.run([bench.kvagent, "sync", "--config", found[0]])
    for number in range(1, bench.runs):
        directory = f"{bench.directory}/idle-{size}-{number}"
        found.append(cloud.settings(directory, names, INTERVAL))
        shutil.copytree(f"{first}/state", f"{directory}/state", symlinks=True)
    return found


def _polled(stack, bench, settings):
    """A daemon that has polled once and has nothing to do."""
    daemon = stack.enter_context(Daemon(bench.kvagent, settings))
    daemon.wait("READY=1")
    daemon.poll()
    return daemon


def _memory(bench, settings):
    with contextlib.ExitStack() as stack:
        daemon = _polled(stack, bench, settings)
        time.sleep(SETTLING)
        return measure.standing(daemon.id)


def _minute(bench, settings):
    """Wake-ups and seconds of processor time of each daemon in a minute."""
    with contextlib.ExitStack() as stack:
        daemons = [_polled(stack, bench, file) for file in settings]
        time.sleep(SETTLING)
        before = [_used(daemon) for daemon in daemons]
        time.sleep(MINUTE)
        after = [_used(daemon) for daemon in daemons]
    return [(_gone_by(a[0], b[0]), b[1] - a[1]) for a, b in zip(before, after)]


def _used(daemon):
    return measure.wake_ups(daemon.id), measure.processor_time(daemon.id)


def _gone_by(before, after):
    """The wake-ups between two counts; those of a thread that has ended went with it."""
    return sum(count - before.get(thread, 0) for thread, count in after.items())

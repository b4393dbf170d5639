"""A first pass, which installs everything: `sync` with an empty state directory.

Beside it stand curl, which fetches the same answers and drops them, and the simplest loop that there
can be: it makes the same directories, writes the same bytes into them, and flushes each file and each
directory. Whatever kvagent takes more is for looking at what came, access, one rename per certificate
and the history.
"""

import itertools
import os

import measure
import poll


def run(bench):
    sizes = (1, 100) if bench.quick else (1, 100, 1000)
    bench.results.note("install", "curl: fetches the same answers over one connection, and drops them")
    bench.results.note(
        "install", "write: makes the same directories and files, and flushes each; curl + write: both"
    )
    with bench.cloud() as cloud:
        for size in sizes:
            directory = f"{bench.directory}/install-{size}"
            names = cloud.names(size)
            settings = cloud.settings(directory, names)
            measure.run([bench.kvagent, "sync", "--config", settings])
            installed = _read(f"{directory}/state/certs", names)
            rounds = measure.take_turns(
                bench.runs, _contenders(bench, cloud, directory, settings, installed)
            )
            _report(bench.results, f"{size:,} new", rounds)
            files = sum(len(files) for files in installed.values())
            history = os.path.getsize(f"{directory}/state/history.db") / 1e6
            bench.results.add("install", f"{size:,} new", "files", "", [files])
            bench.results.add("install", f"{size:,} new", "history", "MB", [history])


def _contenders(bench, cloud, directory, settings, installed):
    paths = []
    for name in installed:
        paths += [f"/certificates/{name}", f"/secrets/{name}/{cloud.newest(name)}"]
    curl = cloud.curl(directory, paths, poll.AT_ONCE)
    floor = f"{directory}/floor"
    old = (f"{directory}/old-{number}" for number in itertools.count())

    def set_aside(path):
        # ext4 looks for an inode among all that were freed a moment ago, which takes longer than
        # the installation: what a round has made stays until the end.
        if os.path.exists(path):
            os.rename(path, next(old))
        # What the rounds before have written is not this one's to wait for.
        os.sync()

    def sync():
        set_aside(f"{directory}/state")
        return cloud.observed(
            lambda: measure.run([bench.kvagent, "sync", "--config", settings])
        )

    def write():
        set_aside(floor)
        return measure.in_process(lambda: _write(floor, installed))

    return {
        "kvagent": sync,
        "curl": lambda: cloud.observed(lambda: measure.run(curl)),
        "write": write,
    }


def _report(results, size, rounds):
    both = [
        measure.Usage(fetched.wall + written.wall, fetched.processor + written.processor)
        for fetched, written in zip(rounds["curl"], rounds["write"])
    ]
    written = rounds.pop("write")
    for what, value in {
        "wall": lambda usage: usage.wall * 1000,
        "processor": lambda usage: usage.processor * 1000,
    }.items():
        found = {"kvagent": rounds["kvagent"], "curl + write": both}
        found |= {"curl": rounds["curl"], "write": written}
        lines = {name: [value(usage) for usage in usages] for name, usages in found.items()}
        results.add("install", size, what, "ms", **lines)
    poll.report(results, "install", size, rounds, poll.FIGURES[2:])


def _read(store, names):
    """The bytes of every file of each certificate's live version, by certificate and name."""
    installed = {}
    for name in names:
        current = f"{store}/{name}/current"
        installed[name] = {}
        for file in os.listdir(current):
            with open(f"{current}/{file}", "rb") as stream:
                installed[name][file] = stream.read()
    return installed


def _write(store, installed):
    os.mkdir(store)
    for name, files in installed.items():
        directory = f"{store}/{name}/versions/1"
        os.makedirs(directory)
        for file, contents in files.items():
            with open(f"{directory}/{file}", "wb") as stream:
                stream.write(contents)
                stream.flush()
                os.fsync(stream.fileno())
        for place in (directory, f"{store}/{name}/versions", f"{store}/{name}"):
            _flush(place)
    _flush(store)


def _flush(directory):
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)

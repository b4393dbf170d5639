"""What a hook costs beside its own work, and what one that prints 1 GB costs.

Each round deploys a new version once with HOOKS deploy hooks that are `true`, run as children of the
agent, and once with none; the difference is theirs: start, event, end, and their rows in the history.
Beside it, in turn, a process that starts `true` as often and waits for it.
"""

import json
import subprocess

import measure

HOOKS = 50
TRUE = ["/bin/true"]
GIGABYTE = "head -c 1073741824 /dev/zero | tr '\\0' x"
PRINTER = ["/bin/sh", "-c", f"{GIGABYTE}; echo end"]
DROPPER = ["/bin/sh", "-c", f"{GIGABYTE} | cat >/dev/null"]


def run(bench):
    bench.results.note("hooks", f"one hook: of {HOOKS}, what a pass takes more than without, each")
    bench.results.note("hooks", "beside it: a Python process that starts `true` as often")
    with bench.cloud() as cloud:
        [name] = cloud.names(1)

        def deployment(hooks):
            """What one `sync` takes that installs a new version."""
            cloud.rotate(name)
            entry = json.dumps([{"phase": "deploy", "run": words} for words in hooks])
            settings = cloud.settings(
                f"{bench.directory}/hooks", [name], 3600, [f"hooks: {entry}"], ", timeout: 5m"
            )
            usage = measure.run([bench.kvagent, "sync", "--config", settings])
            rows = subprocess.run(
                [bench.kvagent, "history", "--json", "--limit", "1", "--config", settings],
                check=True,
                capture_output=True,
            ).stdout
            [row] = json.loads(rows)
            if row["outcome"] != "deployed" or len(row["hooks"]) != len(hooks):
                raise SystemExit(f"bench: error: not deployed with {len(hooks)} hooks: {row}")
            usage.counts["kept"] = sum(len(hook["output"].encode()) for hook in row["hooks"])
            return usage

        deployment([])
        _small(bench, deployment)
        _large(bench, deployment)


def _small(bench, deployment):
    def starts():
        for _ in range(HOOKS):
            subprocess.run(TRUE, check=True, capture_output=True)

    rounds = measure.take_turns(
        bench.runs,
        {
            "full": lambda: deployment([TRUE] * HOOKS),
            "bare": lambda: deployment([]),
            "floor": lambda: measure.in_process(starts),
        },
    )
    shares = [
        (full.wall - bare.wall) / HOOKS * 1000 for full, bare in zip(rounds["full"], rounds["bare"])
    ]
    floors = [floor.wall / HOOKS * 1000 for floor in rounds["floor"]]
    bench.results.add("hooks", "", "one hook", "ms", shares, python=floors)


def _large(bench, deployment):
    rounds = measure.take_turns(
        bench.runs,
        {
            "large": lambda: deployment([PRINTER]),
            "small": lambda: deployment([TRUE]),
            "floor": lambda: measure.run(DROPPER),
        },
    )
    walls = {name: [usage.wall for usage in usages] for name, usages in rounds.items()}
    memory = {name: [usage.memory for usage in usages] for name, usages in rounds.items()}
    kept = [usage.counts["kept"] for usage in rounds["large"]]
    beside = {"cat >/dev/null": walls["floor"]}
    bench.results.add("hooks", "1 GB of output", "wall", "s", walls["large"], **beside)
    beside = {"with true": memory["small"]}
    bench.results.add("hooks", "1 GB of output", "peak memory", "MiB", memory["large"], **beside)
    bench.results.add("hooks", "1 GB of output", "kept of it", "bytes", kept)

#!/usr/bin/env python3
"""What a hook costs beside its own work, and what one that prints 1 GB costs.

    Tests/bench/hooks.py [--kvagent FILE] [--emulator FILE] [--rounds N]

Each round deploys a new version once with HOOKS deploy hooks that are `true`, run as children of
the agent, and once with none; the difference is theirs: start, event, end, and their rows in the
history. Beside it, in turn, a process that starts `true` as often and waits for it. It judges
nothing.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

HOOKS = 50
GIGABYTE = "head -c 1073741824 /dev/zero | tr '\\0' x"


def main():
    parser = argparse.ArgumentParser(description="Measure what running hooks costs.")
    parser.add_argument("--kvagent", default=".build/release/kvagent")
    parser.add_argument("--emulator", default=".build/release/kvagent-emulator")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="kvb.")
    vault = ["--state", os.path.join(directory, "vault")]
    ready = os.path.join(directory, "ready")
    emulator = subprocess.Popen(
        [arguments.emulator, "serve", *vault, "--ready-file", ready, "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    try:
        while not os.path.exists(ready):
            time.sleep(0.05)
            if emulator.poll() is not None:
                raise SystemExit("the emulator has ended")
        measure(arguments, directory, vault)
    finally:
        emulator.terminate()
        emulator.wait()
        shutil.rmtree(directory)


def measure(arguments, directory, vault):
    create = ["certificate", "create", "kv/web", "--dns", "www.bench.example", "--key", "p-256"]

    def emulator(*words):
        command = [arguments.emulator, *words, *vault]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def deployment(hooks):
        """Seconds, and peak KiB, of one `sync` that installs a new version; and its hooks."""
        emulator(*create)
        base = emulator("settings", "kv/web", "--state-directory", f"{directory}/state")
        entry = f"      hooks: {json.dumps([{'phase': 'deploy', 'run': run} for run in hooks])}"
        lines = base.splitlines()
        lines.insert(next(i for i, line in enumerate(lines) if "name: web" in line) + 1, entry)
        lines.append(f"hooks: {{directory: {directory}/hooks.d, runner: direct, timeout: 5m}}")
        settings = f"{directory}/kvagent.yaml"
        with open(settings, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        began = time.monotonic()
        process = subprocess.Popen(
            [arguments.kvagent, "sync", "--config", settings], stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        if process.returncode != 0:
            raise SystemExit(f"kvagent sync ended with {process.returncode}")
        rows = subprocess.run(
            [arguments.kvagent, "history", "--json", "--limit", "1", "--config", settings],
            check=True,
            capture_output=True,
        ).stdout
        [row] = json.loads(rows)
        if row["outcome"] != "deployed" or len(row["hooks"]) != len(hooks):
            raise SystemExit(f"not deployed with {len(hooks)} hooks: {row}")
        return seconds, used.ru_maxrss, row["hooks"]

    deployment([])
    shares, floors = [], []
    for _ in range(arguments.rounds):
        bare = deployment([])[0]
        full = deployment([["/bin/true"]] * HOOKS)[0]
        shares.append((full - bare) / HOOKS * 1000)
        began = time.monotonic()
        for _ in range(HOOKS):
            subprocess.run(["/bin/true"], check=True, capture_output=True)
        floors.append((time.monotonic() - began) / HOOKS * 1000)
    print(f"one hook, the agent's share:     {told(shares)} ms")
    print(f"a Python process running `true`: {told(floors)} ms")
    print(f"ratio of the medians:            {statistics.median(shares) / statistics.median(floors):.2f}")
    small = deployment([["/bin/true"]])[1]
    seconds, large, [run] = deployment([["/bin/sh", "-c", f"{GIGABYTE}; echo end"]])
    print(f"1 GB of output: {seconds:.1f} s, {len(run['output'].encode())} bytes kept")
    print(f"peak memory with it {large / 1024:.1f} MiB, with `true` {small / 1024:.1f} MiB")
    floor = time.monotonic()
    with subprocess.Popen(["/bin/sh", "-c", f"{GIGABYTE} | cat >/dev/null"]) as process:
        process.wait()
    print(f"the same into `cat >/dev/null`: {time.monotonic() - floor:.1f} s")


def told(values):
    middle = statistics.median(values)
    return f"median {middle:.2f} ({min(values):.2f} to {max(values):.2f}, {len(values)} rounds)"


if __name__ == "__main__":
    main()

"""What a command takes, contenders in turn, and what a process that runs is using."""

import dataclasses
import os
import subprocess
import sys
import time

STARTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "starter.py")


@dataclasses.dataclass
class Usage:
    """What one run took: wall and processor time in seconds, peak memory in MiB.

    Of the processes that it started and waited for, the processor time is in it, and the memory of
    the largest. `counts` has what else was counted, such as requests.
    """

    wall: float
    processor: float
    memory: float = 0
    counts: dict = dataclasses.field(default_factory=dict)


def run(command, env=None, accepted=(0,)):
    """Runs a command and returns what it took; its output is dropped."""
    reading, writing = os.pipe()
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", STARTER, str(writing), *command],
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=env,
            check=False,
        )
        os.close(writing)
        facts = os.read(reading, 1000).decode().split()
    finally:
        os.close(reading)
    said = done.stderr.decode(errors="replace")
    if done.returncode != 0 or int(facts[3]) not in accepted:
        raise SystemExit(f"bench: error: {' '.join(command)[:200]}: {said[-2000:]}")
    return Usage(float(facts[0]), float(facts[1]), int(facts[2]) / 1024)


def in_process(work):
    """What calling a function takes."""
    began, processor = time.monotonic(), time.process_time()
    work()
    return Usage(time.monotonic() - began, time.process_time() - processor)


# Where a round takes milliseconds.
ROUNDS_FOR_EACH_RUN = 4


def take_turns(runs, contenders):
    """Lets each contender run in turn, round after round.

    The first round warms up and is not counted.

    - Returns: for each contender's name its results, one of each round.
    """
    results = {name: [] for name in contenders}
    for number in range(runs + 1):
        for name, contender in contenders.items():
            result = contender()
            if number > 0:
                results[name].append(result)
    return results


def processor_time(process):
    """Seconds of processor time that a process that runs has used, finer than /proc has it."""
    # The clock of another process, as clock_getcpuclockid(3) makes its number.
    return time.clock_gettime(~process << 3 | 2)


def standing(process):
    """What a process that runs uses now: its memory in MiB, and its descriptors and threads."""
    rollup = _fields(f"/proc/{process}/smaps_rollup")
    return {
        "resident": rollup["Rss"] / 1024,
        "proportional": rollup["Pss"] / 1024,
        "private": (rollup["Private_Clean"] + rollup["Private_Dirty"]) / 1024,
        "descriptors": len(os.listdir(f"/proc/{process}/fd")),
        "threads": len(os.listdir(f"/proc/{process}/task")),
    }


def peak(process):
    """The most memory that a process that runs has had at once, in MiB."""
    return _fields(f"/proc/{process}/status")["VmHWM"] / 1024


def wake_ups(process):
    """How often each thread of a process has gone to sleep by itself since it began, by its id."""
    counts = {}
    for thread in os.listdir(f"/proc/{process}/task"):
        try:
            fields = _fields(f"/proc/{process}/task/{thread}/status")
        except FileNotFoundError:  # It has ended meanwhile.
            continue
        counts[thread] = fields["voluntary_ctxt_switches"]
    return counts


def _fields(path):
    """The numbers of a file that has a name, a colon and a number on each line."""
    fields = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if value.split()[:1] and value.split()[0].isdigit():
                fields[name] = int(value.split()[0])
    return fields

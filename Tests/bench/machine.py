"""On what it was measured, and how much else was going on there."""

import os
import platform
import shutil
import subprocess
import time

# How to ask each program that takes part for its version.
PROGRAMS = {
    "curl": ["curl", "--version"],
    "nginx": ["nginx", "-v"],
    "certbot": ["certbot", "--version"],
    "lego": ["lego", "--version"],
    "h2load": ["h2load", "--version"],
}
SAMPLE = 2


def facts(root, directory):
    """What a reader has to know of the machine to compare figures."""
    with open("/etc/os-release", encoding="utf-8") as file:
        release = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1])
    said = {
        "commit": _said(["git", "-C", root, "describe", "--always", "--dirty"]),
        "processors": f"{len(os.sched_getaffinity(0))} × {_model()}",
        "memory": f"{memory / 1024 / 1024:.0f} GiB",
        "system": f"{release['PRETTY_NAME'].strip(chr(34))}, Linux {platform.release()}",
        "file system": _said(["stat", "-f", "-c", "%T", directory]),
        "Python": platform.python_version(),
    }
    for name, command in PROGRAMS.items():
        said[name] = _said(command)
    return said


def foreign_load():
    """How much of all processors others use, in percent: to be called while this does nothing."""
    busy, total = _ticks()
    time.sleep(SAMPLE)
    busy_later, total_later = _ticks()
    return 100 * (busy_later - busy) / max(total_later - total, 1)


def find(program):
    """A program's path, also where only root's PATH would have it."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _ticks():
    with open("/proc/stat", encoding="utf-8") as file:
        ticks = [int(text) for text in file.readline().split()[1:9]]
    # user nice system idle iowait irq softirq steal, as proc(5) has them.
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def _model():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _said(command):
    """The first line that a program says; "not there" where there is none."""
    path = find(command[0])
    if path is None:
        return "not there"
    done = subprocess.run([path, *command[1:]], capture_output=True, text=True, check=False)
    return ((done.stdout or done.stderr).strip() or "unknown").splitlines()[0].split(" (")[0]

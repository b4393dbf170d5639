"""A Debian to test in: made once by debootstrap, and kept outside the tree."""

import hashlib
import os
import shutil
import subprocess

PACKAGES = [
    # What makes it a machine: an init, a bus for systemctl, and polkit for who is not root; debootstrap
    # finds no package for the virtual one that polkit depends on: libpam-systemd is it.
    *("systemd", "systemd-sysv", "dbus", "libpam-systemd", "polkitd"),
    # What a server with certificates has.
    *("nginx-light", "openssl", "ca-certificates", "libcurl4"),
    # What the tests look with.
    *("sqlite3", "iproute2", "procps"),
]


class Unavailable(Exception):
    """This machine can't run the tests; the reason is for a person."""


def require_tools():
    """Throws `Unavailable` unless a system can be made and booted here."""
    if os.geteuid() != 0:
        raise Unavailable("needs root, to make and boot a Debian")
    for tool, package in [
        ("debootstrap", "debootstrap"),
        ("systemd-nspawn", "systemd-container"),
        ("nsenter", "util-linux"),
        ("dpkg-deb", "dpkg"),
    ]:
        if shutil.which(tool) is None:
            raise Unavailable(f"needs {tool} (package {package})")


def cache_directory():
    """Where images stay between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or "/var/cache"
    return os.path.join(base, "kvagent-system")


def image(suite="bookworm"):
    """The directory of a fresh Debian, made if it is not there yet."""
    mirror = os.environ.get("KVAGENT_SYSTEM_MIRROR", "http://deb.debian.org/debian")
    key = hashlib.sha256(" ".join([suite, mirror, *PACKAGES]).encode()).hexdigest()[:12]
    directory = os.path.join(cache_directory(), f"{suite}-{key}")
    if not os.path.isdir(directory):
        _make(suite, mirror, directory)
    _check_that_it_runs(directory)
    return directory


def _make(suite, mirror, directory):
    print(f"making a Debian {suite} in {directory}, once; this takes some minutes", flush=True)
    # Under another name until it is whole, so that a run that is cut off leaves no half of one.
    growing = directory + ".new"
    shutil.rmtree(growing, ignore_errors=True)
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    include = ",".join(PACKAGES)
    command = ["debootstrap", "--variant=minbase", f"--include={include}", suite, growing, mirror]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
        shutil.rmtree(growing, ignore_errors=True)
        raise Unavailable(f"debootstrap: exit {done.returncode}:\n{tail}")
    os.rename(growing, directory)


def _check_that_it_runs(directory):
    command = [*nspawn(directory), "--read-only", "/bin/true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"systemd-nspawn does not run here: {done.stderr.strip()}")


def nspawn(directory, name="kvagent-system"):
    """The command that runs something in `directory` as a machine of its own."""
    return [
        *("systemd-nspawn", "--quiet", f"--directory={directory}", f"--machine={name}"),
        # It is nobody's business but ours, and has a loopback to itself and no other network.
        *("--register=no", "--keep-unit", "--private-network"),
        *("--link-journal=no", "--resolv-conf=off", "--timezone=off"),
    ]

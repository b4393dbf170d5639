"""One booted Debian: commands run in it, waits for what happens in it, reboots."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time

import image

ENVIRONMENT = [
    *("env", "-i", "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"),
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
]


class Failed(Exception):
    """Something is not as a test says it must be."""


class Machine:
    """A machine on a copy of an image; nothing that it does reaches the image."""

    def __init__(self, base):
        self._base = base
        self._directory = tempfile.mkdtemp(prefix="kvagent-system.")
        self._root = os.path.join(self._directory, "root")
        self._console = os.path.join(self._directory, "console.log")
        self._mounted = False
        self._nspawn = None
        self._leader = None

    def __enter__(self):
        try:
            self._copy_image()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.power_off()
        finally:
            self._remove()

    # Life

    def boot(self):
        """Starts it and returns when systemd has nothing more to start."""
        name = f"kvagent-system-{os.getpid()}"
        with open(self._console, "ab") as console:
            self._nspawn = subprocess.Popen(
                [*image.nspawn(self._root, name), "--boot"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
            )
        wait_until("the machine has a first process", self._find_leader, 30)
        wait_until("systemd has started everything", self._is_up, 120)

    def reboot(self):
        """Reboots it, as an administrator would."""
        self.run("systemctl", "reboot", check=False)
        # systemd-nspawn leaves the second boot to whoever keeps the unit, which is us.
        self._nspawn.wait(timeout=120)
        self._leader = None
        self.boot()

    def power_off(self):
        """Shuts it down, and ends it if it doesn't."""
        if self._nspawn is None or self._nspawn.poll() is not None:
            return
        self._nspawn.send_signal(signal.SIGTERM)
        try:
            self._nspawn.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()

    # Commands

    def run(self, *command, check=True, stdin=None, timeout=120):
        """Runs a command in it; its output is text, both streams in one."""
        done = subprocess.run(
            [*self.entry(), *ENVIRONMENT, *command],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
        return done

    def output(self, *command, **options):
        """What a command that must succeed prints, without the last line end."""
        return self.run(*command, **options).stdout.rstrip("\n")

    def shell(self, script, **options):
        """What a script for sh(1) prints; it ends at the first command that fails."""
        return self.output("sh", "-euc", script, **options)

    def entry(self, *kinds):
        """The command that takes another one into the machine, or into some of its namespaces."""
        kinds = kinds or (
            *("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"),
            *("--root", "--wd"),
        )
        return ["nsenter", f"--target={self._leader}", *kinds, "--"]

    # Files

    def write(self, path, text, mode="0644"):
        """Writes a file of root's in it, with the directories above."""
        # By a process inside: an absolute link in the machine means another file out here.
        script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"'
        self.run("sh", "-euc", script, "sh", path, mode, stdin=text)

    def bring(self, file, path):
        """Copies a file of this machine into it."""
        with open(file, "rb") as content:
            subprocess.run(
                [*self.entry(), *ENVIRONMENT, "sh", "-euc", 'cat >"$1"', "sh", path],
                stdin=content,
                check=True,
            )

    def install_dependencies(self, packages):
        """Installs, with this machine's network, what `packages` need; not themselves.

        Before it boots: the booted machine has no network, and a test of an installation must not
        wait for a mirror.
        """
        names = [os.path.basename(package) for package in packages]
        for package in packages:
            shutil.copy(package, os.path.join(self._root, "root"))
        places = [f"./root/{name}" for name in names]
        plan = self._chroot("apt-get", "install", "--simulate", *places)
        own = {name.split("_")[0] for name in names}
        planned = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
        needed = [package for package in planned if package not in own]
        if needed:
            self._chroot("apt-get", "install", "--yes", "--no-install-recommends", *needed)
        for name in names:
            os.unlink(os.path.join(self._root, "root", name))

    def cursor(self):
        """Where the journal ends now, as an option of journalctl(1)."""
        printed = self.output("journalctl", "--lines=0", "--show-cursor", "--no-pager")
        return "--after-cursor=" + printed.rpartition("cursor: ")[2].strip()

    def report(self, cursor=None):
        """What a person wants to see after a failure: what has failed, and the journal's end."""
        units = ["--unit=" + unit for unit in ("kvagent", "vault", "nginx")]
        # Not --lines: after a cursor those are the first ones.
        journal = ["journalctl", "--no-pager", "--output=short-iso", *units]
        try:
            failed = self.run("systemctl", "--failed", "--no-legend", check=False).stdout
            told = self.run(*journal, *([cursor] if cursor else []), check=False).stdout
            return failed + "".join(told.splitlines(keepends=True)[-60:])
        except (OSError, subprocess.SubprocessError):
            with open(self._console, encoding="utf-8", errors="replace") as console:
                return "".join(console.readlines()[-40:])

    # Parts

    def _copy_image(self):
        os.mkdir(self._root)
        layers = [os.path.join(self._directory, name) for name in ("upper", "work")]
        for layer in layers:
            os.mkdir(layer)
        options = f"lowerdir={self._base},upperdir={layers[0]},workdir={layers[1]}"
        command = ["mount", "-t", "overlay", "kvagent-system", "-o", options, self._root]
        if subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            self._mounted = True
            return
        # An overlay on an overlay, as in a container's own file system, is not to be had.
        subprocess.run(["cp", "-a", "--reflink=auto", self._base + "/.", self._root], check=True)

    def _remove(self):
        if self._mounted:
            subprocess.run(["umount", self._root], check=True)
            self._mounted = False
        shutil.rmtree(self._directory, ignore_errors=True)

    def _chroot(self, *command):
        done = subprocess.run(
            # The host's network, and its resolver for that long.
            [
                *("systemd-nspawn", "--quiet", f"--directory={self._root}", "--register=no"),
                *("--keep-unit", "--resolv-conf=replace-host", "--chdir=/"),
                *("--setenv=DEBIAN_FRONTEND=noninteractive", *command),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def _find_leader(self):
        if self._nspawn.poll() is not None:
            with open(self._console, encoding="utf-8", errors="replace") as console:
                said = "".join(console.readlines()[-20:])
            raise Failed(f"systemd-nspawn ended with {self._nspawn.returncode}:\n{said}")
        pid = self._nspawn.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
        for child in children:
            with contextlib.suppress(OSError):
                with open(f"/proc/{child}/comm", encoding="ascii") as file:
                    if file.read().strip() == "systemd":
                        self._leader = int(child)
                        return True
        return False

    def _is_up(self):
        state = self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()
        return state in ("running", "degraded")


def wait_until(what, condition, limit, every=0.05):
    """Waits until `condition` is true, and says what was waited for when it does not come.

    Returns what the condition returned.
    """
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"did not happen within {limit} s: {what}")
        time.sleep(every)

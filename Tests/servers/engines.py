"""Container engines, each with all that it has in the bench's directory.

So nothing of the machine's own containers is seen or touched. A container has nginx and nothing else.
"""

import glob
import os
import shutil
import subprocess
import tempfile

from bench import run, wait_until
from scenario import Failed
from servers_tested import write

PODMAN = """#!/bin/sh
export CONTAINERS_CONF={directory}/containers.conf
exec podman --root {directory}/storage --runroot {directory}/run --storage-driver vfs "$@"
"""

PODMAN_CONF = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
static_dir = "{directory}/static"
tmp_dir = "{directory}/tmp"
volume_path = "{directory}/volumes"
[network]
network_config_dir = "{directory}/networks"
"""

# Debian's client, which goes with Debian's daemon.
DOCKER = """#!/bin/sh
exec /usr/bin/docker --config {directory}/client --host unix://{directory}/socket "$@"
"""

# In its namespace the daemon has a /run of its own, and what it mounts ends with it.
DOCKERD = """
set -e
mount -t tmpfs tmpfs /run
mkdir -p /etc/docker
mount -t tmpfs tmpfs /etc/docker
exec dockerd --config-file "$1/daemon.json" --host "unix://$1/socket" --data-root "$1/data" \\
    --exec-root "$1/exec" --pidfile "$1/pid" --storage-driver vfs --bridge none --iptables=false \\
    --ip6tables=false --ip-forward=false --ip-masq=false
"""


def root_of_nginx(directory):
    """Makes a root directory with nginx and the libraries that it is linked with; nginx's path."""
    program = shutil.which("nginx")
    needed = [word for word in run(["ldd", program]).split() if word.startswith("/")]
    for file in [program, *needed]:
        place = f"{directory}{file}"
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy(file, place)
    os.mkdir(f"{directory}/etc")
    write(f"{directory}/etc/passwd", "root:x:0:0::/:/\n")
    write(f"{directory}/etc/group", "root:x:0:\n")
    return program


class Engine:
    """A container engine; `script` runs it on its own storage."""

    def __init__(self, bench, script):
        self.directory = tempfile.mkdtemp(prefix=f"{self.program}.", dir=bench.directory)
        self.control_group = f"kvs-{os.path.basename(self.directory)}"
        self.nginx = root_of_nginx(f"{self.directory}/root")
        text = script.format(directory=self.directory)
        self.script = bench.script(f"{os.path.basename(self.directory)}.sh", text)

    def __call__(self, *arguments):
        return run([self.script, *arguments]).strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for container in self("ps", "--all", "--quiet").split():
            self("rm", "--force", container)
        # Who watches a container ends a little later than it.
        wait_until("the control groups are empty", self._remove_control_groups)

    def _remove_control_groups(self):
        """Removes those that an engine leaves, in each hierarchy; raises OSError if they are in use."""
        for hierarchy in ["/sys/fs/cgroup", *glob.glob("/sys/fs/cgroup/*")]:
            for directory, _, _ in os.walk(f"{hierarchy}/{self.control_group}", topdown=False):
                os.rmdir(directory)
        return True

    def state(self, container, field):
        return self("container", "inspect", "--format", f"{{{{.State.{field}}}}}", container)


class Podman(Engine):
    program = "podman"

    def __init__(self, bench):
        super().__init__(bench, PODMAN)
        # No image, for what podman notes of images is the machine's.
        self.image = ["--rootfs", f"{self.directory}/root"]
        write(f"{self.directory}/containers.conf", PODMAN_CONF.format(directory=self.directory))

    @staticmethod
    def version():
        return run(["podman", "--version"]).split()[-1]


class Docker(Engine):
    program = "docker"

    def __init__(self, bench):
        super().__init__(bench, DOCKER)
        self.image = ["nginx"]
        write(f"{self.directory}/daemon.json", "{}\n")
        self._daemon = None

    def __enter__(self):
        with open(f"{self.directory}/log", "ab") as log:
            self._daemon = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", DOCKERD, "sh", self.directory],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            wait_until("docker's daemon answers", self._answers)
            image = f"{self.directory}/nginx.tar"
            run(["tar", "--directory", f"{self.directory}/root", "--create", "--file", image, "."])
            self("import", image, *self.image)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *arguments):
        try:
            super().__exit__(*arguments)
        finally:
            self._stop()

    def _answers(self):
        if self._daemon.poll() is not None:
            with open(f"{self.directory}/log", encoding="utf-8", errors="replace") as log:
                raise Failed("dockerd has ended:\n" + "".join(log.readlines()[-5:]))
        asked = subprocess.run([self.script, "version"], capture_output=True, check=False)
        return asked.returncode == 0

    def _stop(self):
        self._daemon.terminate()
        self._daemon.wait(timeout=60)

    @staticmethod
    def version():
        return run(["dockerd", "--version"]).split()[2].rstrip(",")


ENGINES = [Podman, Docker]

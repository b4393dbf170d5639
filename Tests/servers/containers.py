"""container-restart with podman and docker themselves: what a container serves after a rotation.

An engine keeps all that it has in the bench's directory, so nothing of the machine's own containers
is seen or touched; the containers have nginx and nothing else, on a port of the machine's loopback.
"""

import os
import shutil
import subprocess
import tempfile

from bench import Server, Site, hook, run, wait_until
from scenario import Failed, expect, expect_equal, scenario
from servers_tested import write

# An engine's own defaults are more than a machine may have to give.
LIMITS = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"]

# Where the container sees the certificate, and nginx's configuration.
CERTIFICATE, CONFIG = "/certificate", "/etc/nginx.conf"

NGINX = """
daemon off;
user root;
worker_processes 1;
pid /pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path /body;
    proxy_temp_path /proxy;
    fastcgi_temp_path /fastcgi;
    uwsgi_temp_path /uwsgi;
    scgi_temp_path /scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {files}/fullchain.pem;
        ssl_certificate_key {files}/privkey.pem;
    }}
}}
"""

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
    """A root directory with nginx and the libraries that it is linked with."""
    program = shutil.which("nginx")
    needed = [word for word in run(["ldd", program]).split() if word.startswith("/")]
    for file in [program, *needed]:
        place = f"{directory}{file}"
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy(file, place)
    os.mkdir(f"{directory}/etc")
    write(f"{directory}/etc/passwd", "root:x:0:0::/:/\n")
    write(f"{directory}/etc/group", "root:x:0:\n")
    return [program, "-c", CONFIG]


class Engine:
    """A container engine; `script` runs it on its own storage."""

    def __init__(self, bench, script):
        self.directory = tempfile.mkdtemp(prefix=f"{self.program}.", dir=bench.directory)
        self.command = root_of_nginx(f"{self.directory}/root")
        text = script.format(directory=self.directory)
        self.script = bench.script(f"{os.path.basename(self.directory)}.sh", text)

    def __call__(self, *arguments):
        return run([self.script, *arguments]).strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for container in self("ps", "--all", "--quiet").split():
            self("rm", "--force", container)

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


class Container(Server):
    """nginx in a container; `mounted` is what of the certificate's directory the container sees."""

    def __init__(self, bench, engine, name, *arguments, mounted="", **entry):
        super().__init__(bench, f"{engine.program}-{name}")
        self.engine, self._mounted = engine, mounted
        self.site = Site(bench, self.name, self.hooks(*arguments), **entry)

    def hooks(self, *arguments):
        command = [hook("container-restart"), f"engine={self.engine.script}", *arguments, self.name]
        return [("reload", command)]

    def start(self):
        files = CERTIFICATE if self._mounted else f"{CERTIFICATE}/current"
        config = write(self.site.path("nginx.conf"), NGINX.format(port=self.port, files=files))
        certificate = os.path.join(self.site.path("state", "certs", self.name), self._mounted)
        self.engine(
            *("run", "--detach", "--name", self.name, "--network=host", *LIMITS),
            *("--volume", f"{certificate}:{CERTIFICATE}:ro", "--volume", f"{config}:{CONFIG}:ro"),
            *(*self.engine.image, *self.engine.command),
        )
        wait_until(f"{self.name} serves", lambda: self.alive() and bool(self.served()))

    def state(self, field):
        return self.engine.state(self.name, field)

    def alive(self):
        if self.state("Running") != "true":
            raise Failed(f"{self.name} does not run")
        return True

    def stop(self):
        """Is the engine's, which ends all of its containers."""

    def log(self):
        done = subprocess.run(
            [self.engine.script, "logs", self.name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout


def takes_over(make):
    def check(bench):
        with make(bench) as engine:
            for name, arguments in [("signal", ["signal=HUP"]), ("restart", [])]:
                with Container(bench, engine, name, *arguments) as running:
                    site, old = running.site, running.site.leaf()
                    running.expect_served(old)
                    started = running.state("StartedAt")
                    for _ in range(2):
                        site.rotate()
                        site.sync("deployed")
                        expect(site.leaf() != old, "there is no new leaf on disk")
                        old = site.leaf()
                        running.expect_served(old)
                    same = running.state("StartedAt") == started
                    expect_equal(same, name == "signal", f"{name} has left the container running")
        return "2 rotations by signal, 2 by restart"

    return check


def leaves_alone(make):
    def check(bench):
        with make(bench) as engine, Container(bench, engine, "idle", "signal=HUP") as running:
            site, old = running.site, running.site.leaf()
            engine("stop", running.name)
            site.rotate()
            site.sync("deployed")
            said = site.last_hooks()
            expect(f"{running.name} is not running" in said, said)
            expect_equal(running.state("Running"), "false", "whether the container runs")
            engine("start", running.name)
            expect(site.leaf() != old, "there is no new leaf on disk")
            running.expect_served(site.leaf())

    return check


def misses(make):
    def check(bench):
        with make(bench) as engine, Container(bench, engine, "gone", "signal=HUP") as running:
            site, old = running.site, running.site.leaf()
            engine("rename", running.name, "another")
            site.rotate()
            site.sync("rolledBack")
            said = site.last_hooks()
            expect("no such container" in said.lower(), said)
            expect_equal(site.leaf(), old, "what is live on disk")
            expect_equal(running.served(), old, "what is served")
            engine("rename", "another", running.name)
            site.rotate()
            site.sync("deployed")
            expect(site.leaf() != old, "nothing new is live after all that")
            running.expect_served(site.leaf())
        return next(line for line in said.splitlines() if "no such container" in line.lower())

    return check


def stale_mount(make):
    """A mount is of what the path led to when the container was started."""

    def check(bench):
        with make(bench) as engine:
            running = Container(bench, engine, "stale", "signal=HUP", mounted="current")
            entry = {"verify": {"connect": f"127.0.0.1:{running.port}", "timeout": "2s"}}
            site = running.site
            site.write_settings(running.hooks("signal=HUP"), **entry)
            with running:
                old = site.leaf()
                site.rotate()
                site.sync("rolledBack")
                said = site.last()["error"]
                expect_equal(running.served(), old, "what is served")
                site.write_settings(running.hooks(), **entry)
                site.rotate()
                site.sync("deployed")
                expect(site.leaf() != old, "nothing new is live")
                running.expect_served(site.leaf())
        return said

    return check


for one in ENGINES:
    scenario(f"{one.program}: a container serves what is rotated in, by signal and by restart")(
        takes_over(one)
    )
    scenario(f"{one.program}: a container that does not run stays as it is")(leaves_alone(one))
    scenario(f"{one.program}: an unknown container is a failure, and the certificate goes back")(
        misses(one)
    )
    scenario(f"{one.program}: a mount of `current` itself stays with the old version until a restart")(
        stale_mount(one)
    )

"""container-restart with podman and docker themselves: what a container serves after a rotation."""

import os
import subprocess

from bench import Server, Site, hook, wait_until
from engines import ENGINES
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


class Container(Server):
    """nginx in a container; `mounted` is what of the certificate's directory the container sees."""

    def __init__(self, bench, engine, name, *arguments, mounted=""):
        super().__init__(bench, f"{engine.program}-{name}")
        self.engine, self._mounted = engine, mounted
        self.site = Site(bench, self.name, self.hooks(*arguments))

    def hooks(self, *arguments):
        command = [hook("container-restart"), f"engine={self.engine.script}", *arguments, self.name]
        return [("reload", command)]

    def start(self):
        files = CERTIFICATE if self._mounted else f"{CERTIFICATE}/current"
        config = write(self.site.path("nginx.conf"), NGINX.format(port=self.port, files=files))
        certificate = os.path.join(self.site.path("state", "certs", self.name), self._mounted)
        self.engine(
            *("run", "--detach", "--name", self.name, "--network=host", *LIMITS),
            f"--cgroup-parent=/{self.engine.control_group}",
            *("--volume", f"{certificate}:{CERTIFICATE}:ro", "--volume", f"{config}:{CONFIG}:ro"),
            *(*self.engine.image, self.engine.nginx, "-c", CONFIG),
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
            site = running.site
            with running:
                endpoint = f"127.0.0.1:{running.port}"
                site.write_settings(verify={"connect": endpoint, "timeout": "2s"})
                old = site.leaf()
                site.rotate()
                site.sync("rolledBack")
                said = site.last()["error"]
                expect_equal(running.served(), old, "what is served")
                site.write_settings(running.hooks())
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
    scenario(f"{one.program}: a mount of `current` itself keeps the old version until a restart")(
        stale_mount(one)
    )

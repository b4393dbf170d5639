"""One rotation: from the new version in the vault until nginx serves the new leaf.

The daemon is told to poll (SIGUSR1) as soon as the vault has the version, so that the polling interval
is no part of it. Who tells the time of a step: the emulator when it answered, inotify(7) when a name
appeared in the store, the hooks (they are `date`, and a shell that calls date and reloads nginx) when
they ran, and TLS handshakes from the switch on when the new leaf was served.
"""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import time

import machine
import measure
from daemon import INTERVAL, Daemon
from inotify import Watch

NAME = "www.bench.example"
LIMIT = 30
# Each step with what ends it; the one before it begins there.
STEPS = (
    ("signal → vault answered: a new version", "detected"),
    ("→ vault answered: the secret", "fetched"),
    ("→ examined, recorded, first file made", "staging"),
    ("→ files written and flushed", "staged"),
    ("→ live by one rename", "switched"),
    ("→ deploy hook started", "deploy"),
    ("→ reload hook started", "reload"),
    ("→ nginx serves the new leaf", "served"),
)
SPANS = (
    ("in the vault → deploy hook started", "signal", "deploy"),
    ("in the vault → new leaf served", "signal", "served"),
    ("detected → deploy hook started", "detected", "deploy"),
    ("deployed, all of it on record", "signal", "recorded"),
)


def run(bench):
    bench.results.note("rotation", "the runner is direct; a transient unit of systemd's takes longer")
    bench.results.note("rotation", "the polling interval is no part of it: SIGUSR1 begins the poll")
    directory = f"{bench.directory}/rotation"
    nginx = f"{directory}/nginx"
    os.makedirs(nginx)
    port = _free_port()
    reload = f"date +%s.%N; exec {machine.find('nginx')} -s reload -p {nginx} -c {nginx}/nginx.conf"
    hooks = [
        {"phase": "deploy", "run": ["/bin/date", "+%s.%N"]},
        {"phase": "reload", "run": ["/bin/sh", "-c", reload]},
    ]
    with bench.cloud() as cloud, contextlib.ExitStack() as stack:
        [name] = cloud.names(1)
        # Without the hooks: there is no nginx to reload yet.
        measure.run([bench.kvagent, "sync", "--config", cloud.settings(directory, [name])])
        settings = cloud.settings(directory, [name], INTERVAL, [f"hooks: {json.dumps(hooks)}"])
        live = f"{directory}/state/certs/{name}"
        stack.enter_context(_nginx(nginx, port, f"{live}/current"))
        daemon = stack.enter_context(Daemon(bench.kvagent, settings))
        daemon.wait("READY=1")
        daemon.poll_now()
        daemon.wait("pass done")
        # A worker of the nginx before a reload may answer once more after one of the new.
        seen = {_served(port)}
        rounds = [
            _rotate(bench, cloud, daemon, settings, name, live, port, seen)
            for _ in range(bench.runs * measure.ROUNDS_FOR_EACH_RUN + 1)
        ][1:]
    before = "signal"
    for label, end in STEPS:
        bench.results.add("rotation", "", label, "ms", _spans(rounds, before, end))
        before = end
    for label, begin, end in SPANS:
        bench.results.add("rotation", "total", label, "ms", _spans(rounds, begin, end))


def _rotate(bench, cloud, daemon, settings, name, live, port, seen):
    """The time of each event of one rotation, by its name; notes the new leaf among those `seen`."""
    cloud.ask("DELETE", "/statistics")
    with Watch(f"{live}/versions", live) as watch:
        version = cloud.rotate(name)
        times = {"signal": time.time()}
        daemon.poll_now()
        for at, place, entry, kind in watch.events(LIMIT):
            if place == live and entry == "current" and kind == "moved":
                times["switched"] = at
                break
            if kind == "made" and entry.startswith(".staging"):
                times["staging"] = at
            if kind == "moved" and entry == version:
                times["staged"] = at
    # From here on, so that the handshakes take nothing from what came before.
    while (leaf := _served(port)) in seen:
        if time.time() > times["signal"] + LIMIT:
            raise SystemExit("bench: error: nginx does not serve the new leaf")
    times["served"] = time.time()
    seen.add(leaf)
    times["recorded"] = daemon.wait("certificate deployed", times["signal"])
    daemon.wait("pass done", times["signal"])
    for request in cloud.ask("GET", "/statistics")["log"]:
        if request["kind"] == "certificate":
            times["detected"] = request["unixTime"]
        if request["kind"] == "secretVersion":
            times["fetched"] = request["unixTime"]
    rows = subprocess.run(
        [bench.kvagent, "history", "--json", "--limit", "1", "--config", settings],
        check=True,
        capture_output=True,
    ).stdout
    [row] = json.loads(rows)
    if row["version"] != version or row["outcome"] != "deployed":
        raise SystemExit(f"bench: error: not deployed: {row}")
    for hook in row["hooks"]:
        times[hook["phase"]] = float(hook["output"].split()[0])
    return times


def _spans(rounds, begin, end):
    return [(times[end] - times[begin]) * 1000 for times in rounds]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _served(port):
    """The leaf that is served now."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), LIMIT) as connection:
        with context.wrap_socket(connection, server_hostname=NAME) as session:
            return session.getpeercert(binary_form=True)


@contextlib.contextmanager
def _nginx(directory, port, live):
    """An nginx on loopback that serves what is live, for the length of a block."""
    with open(f"{directory}/nginx.conf", "w", encoding="utf-8") as file:
        file.write(
            f"pid {directory}/nginx.pid; error_log {directory}/error.log; daemon off;\n"
            "events {}\nhttp {\n    access_log off;\n"
        )
        for part in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
            file.write(f"    {part}_temp_path {directory}/{part};\n")
        file.write(
            f"    server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {live}/fullchain.pem;\n"
            f"    ssl_certificate_key {live}/privkey.pem; }}\n}}\n"
        )
    process = subprocess.Popen(
        [machine.find("nginx"), "-p", directory, "-c", f"{directory}/nginx.conf"]
        + ["-e", f"{directory}/error.log"]
    )
    try:
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                _served(port)
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("bench: error: nginx does not serve") from None
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()

"""Hooks that belong to no server: signals, containers, webhooks; and what check hooks refuse."""

import contextlib
import http.server
import json
import os
import subprocess
import tempfile
import threading

from bench import Site, hook, run, wait_until
from scenario import expect, expect_equal, scenario

# As kvagent sets it (docs/hooks.md).
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def call(name, *arguments, text="", **environment):
    """Runs a hook as kvagent does; status and output."""
    done = subprocess.run(
        [hook(name), *arguments],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
        cwd="/",
        env={"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "KVAGENT_RUNNER": "direct"}
        | environment,
    )
    return done.returncode, done.stdout


def expect_ends(status, told, *words):
    """The status of a run, and words of what it said."""
    expect_equal(told[0], status, f"the status of a hook that said {told[1]!r}")
    for word in words:
        expect(word in told[1], f"expected {word!r} in {told[1]!r}")


# What a pid file may not say.
NO_PROCESS = ["", "\n", "abc\n", "-1\n", "0\n", "01\n", "1;id\n", "99999999999\n", "1 2\n"]

# Where a webhook may not go.
NO_WEBHOOK = [
    "http://contoso.example/",
    "http://127.0.0.1@contoso.example/",
    "http://127.0.0.1.contoso.example/",
    "http://localhost:80@contoso.example/",
    "http://127.0.0.1\\@contoso.example/",
    "http://localhost#@contoso.example/\nproxy=x",
    "https://user:word@contoso.example/",
    'https://contoso.example/"x',
    "https://contoso.example/a b",
    "https://",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
]

ANSWERS = [(404, 1), (302, 1), (403, 1), (408, 75), (429, 75), (500, 75), (503, 75)]


@scenario("signal-pidfile sends to the process that is meant, and to no other")
def signals(bench):
    file, heard = os.path.join(bench.directory, "some.pid"), os.path.join(bench.directory, "heard")
    # The shell's name is what `comm` says; /bin/sh may lead to any.
    command = f"trap 'echo x >>{heard}' HUP; : >{heard}; while :; do sleep 0.05; done"
    with subprocess.Popen(["/bin/sh", "-c", command]) as target:
        try:
            wait_until("the target listens", lambda: os.path.exists(heard))
            put(file, f"{target.pid}\n")
            expect_ends(0, call("signal-pidfile", file, "sh"))
            wait_until("the signal came", lambda: os.path.getsize(heard) == 2)
            cases = 0
            for content in NO_PROCESS:
                put(file, content)
                expect_ends(1, call("signal-pidfile", file, "sh"), "pid file")
                cases += 1
            put(file, f"{target.pid}\n")
            expect_ends(1, call("signal-pidfile", file, "nginx"), "is sh, not nginx")
            os.chmod(file, 0o664)
            expect_ends(1, call("signal-pidfile", file, "sh"), "others may write it")
            os.chmod(file, 0o644)
            os.chown(file, 65534, -1)
            expect_ends(1, call("signal-pidfile", file, "sh"), "belongs to neither")
            os.chown(file, 0, -1)
            expect_ends(1, call("signal-pidfile", bench.directory, "sh"), "no regular file")
            expect_ends(64, call("signal-pidfile", "some.pid", "sh"), "absolute")
            expect_ends(64, call("signal-pidfile", file, "sh", "KILL"), "KILL")
            expect_ends(64, call("signal-pidfile", file), "expected")
            cases += 7
            expect_equal(os.path.getsize(heard), 2, "what the target has heard")
        finally:
            target.kill()
    expect_ends(0, call("signal-pidfile", file, "sh"), "not running")
    os.unlink(file)
    expect_ends(0, call("signal-pidfile", file, "sh"), "not running")
    return f"1 sent, {cases} refused, 2 not running"


def put(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o644)


@scenario("container-restart restarts what runs, by a stand-in for podman")
def containers(bench):
    log = os.path.join(bench.directory, "engine.log")
    engine = bench.script(
        "engine",
        f"""#!/bin/sh
echo "$@${{INVOCATION_ID:+ of a unit}}" >>{log}
case "$*" in
"container ls"*down*) echo "no engine" >&2; exit 1 ;;
esac
[ "$1 $2" = "container inspect" ] || exit 0
case $5 in
web | proxy) echo true ;;
old) echo false ;;
*) echo "no such container: $5" >&2; exit 125 ;;
esac
""",
    )
    with_engine = f"engine={engine}"
    # As in a transient unit, which podman is not to take for the container's own.
    told = call("container-restart", with_engine, "web", "old", INVOCATION_ID="x")
    expect_ends(0, told, "old is not running")
    expect_ends(0, call("container-restart", with_engine, "signal=HUP", "proxy"))
    expect_ends(125, call("container-restart", with_engine, "none"), "no such container")
    expect_ends(64, call("container-restart", with_engine), "which container")
    expect_ends(64, call("container-restart", with_engine, "--all"), "--all")
    expect_ends(64, call("container-restart", with_engine, "signal=;id", "web"), "signal")
    # At a certificate's first version it may not be there yet.
    new, known = '{"certificates":[{"name":"x"}]}', '{"certificates":[{"previousVersion":"1"}]}'
    for status, name, event, trigger, attempt in [
        (0, "none", new, "poll", "1"),
        (125, "none", known, "poll", "1"),
        (125, "none", new, "poll", "2"),
        (125, "none", new, "test", "1"),
        (125, "down", new, "poll", "1"),
    ]:
        told = call(
            *("container-restart", with_engine, name),
            text=event,
            KVAGENT_TRIGGER=trigger,
            KVAGENT_ATTEMPT=attempt,
        )
        expect_ends(status, told, "not there yet" if status == 0 else "no such container")
    with open(log, encoding="utf-8") as file:
        done = [line for line in file.read().splitlines() if not line.startswith("container")]
    expect_equal(done, ["restart web", "kill --signal HUP proxy"], "what the engine was told")


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path names; notes what it got, and who shows the token."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        shown = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline", "rb") as file:
                shown += [name] if self.server.token.encode() in file.read() else []
        self.server.received.append((self.path, dict(self.headers), body, shown))
        self.send_response(int(self.path.strip("/")))
        if self.path == "/302":
            self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


@contextlib.contextmanager
def receiver(token):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.received, server.token = [], token
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@scenario("webhook posts the event, shows its token to nobody, and goes nowhere else")
def webhooks(bench):
    secret = "token-that-nobody-sees"
    token, address = os.path.join(bench.directory, "token"), os.path.join(bench.directory, "url")
    put(token, f"{secret}\n")
    with receiver(secret) as (server, url):
        with_token = f"token_file={token}"
        expect_ends(64, call("webhook", f"{url}/200", with_token), "open to all")
        os.chmod(token, 0o600)
        expect_ends(0, call("webhook", f"{url}/200", with_token, text='{"a": 1}'))
        path, headers, body, shown = server.received.pop()
        expect_equal((path, body, shown), ("/200", b'{"a": 1}', []), "what came")
        expect_equal(headers["Authorization"], f"Bearer {secret}", "the token")
        expect_equal(headers["Content-Type"], "application/json", "the type")
        put(address, f"{url}/204")
        os.chmod(address, 0o600)
        expect_ends(0, call("webhook", f"url_file={address}"))
        expect("Authorization" not in server.received.pop()[1], "a token out of nowhere")
        for code, status in ANSWERS:
            expect_ends(status, call("webhook", f"{url}/{code}"), str(code))
        # The redirection was not followed.
        expect_equal(len(server.received), len(ANSWERS), "requests")
        # By kvagent, with an event of its own making.
        server.received.clear()
        site = Site(bench, "hooked", [("deploy", [hook("webhook"), f"{url}/200", with_token])])
        version = site.sync("deployed")["version"]
        event = json.loads(server.received.pop()[2])
        expect(version in json.dumps(event), f"no version in {event}")
    # Nobody is there any more.
    expect_ends(75, call("webhook", f"{url}/200"), "nobody answers")
    for one in NO_WEBHOOK:
        expect_ends(64, call("webhook", one))
    expect_ends(64, call("webhook"), "which URL")
    return f"{len(NO_WEBHOOK)} URLs refused"


@scenario("check hooks take a good pair, and refuse a key of another certificate and no key at all")
def pairs(bench):
    directory = two_pairs(bench)
    checks = ["nginx", "haproxy", "apache2", "postfix", "dovecot", "postgresql"]
    for name in checks:
        told = call(f"{name}-check", **files(directory, "one", "one"))
        expect_ends(0, told)
        for other in ["two", "empty"]:
            status, said = call(f"{name}-check", **files(directory, "one", other))
            expect(status not in (0, 75), f"{name}-check took the key {other}: {said}")
            expect(said, f"{name}-check says nothing of the key {other}")
    return f"{len(checks)} hooks"


def two_pairs(bench):
    """A directory with certificates and keys `one` and `two`, and a key that is `empty`."""
    directory = tempfile.mkdtemp(dir=bench.directory)
    os.chmod(directory, 0o755)
    for name in ["one", "two"]:
        run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"]
            + ["-subj", "/CN=www.servers.example", "-keyout", f"{directory}/{name}.key"]
            + ["-out", f"{directory}/{name}.crt"]
        )
    run(["sh", "-c", "chgrp postgres *.key && chmod 640 *.key"], cwd=directory)
    put(f"{directory}/empty.key", "")
    return directory


def files(directory, certificate, key):
    with open(f"{directory}/bundle.pem", "w", encoding="ascii") as bundle:
        for name in [f"{certificate}.crt", f"{key}.key"]:
            with open(f"{directory}/{name}", encoding="ascii") as part:
                bundle.write(part.read())
    return {
        "KVAGENT_FULLCHAIN": f"{directory}/{certificate}.crt",
        "KVAGENT_CERT": f"{directory}/{certificate}.crt",
        "KVAGENT_PRIVKEY": f"{directory}/{key}.key",
        "KVAGENT_BUNDLE": f"{directory}/bundle.pem",
    }


@scenario("postgresql-check refuses a key that PostgreSQL can't read or calls open")
def postgres_key(bench):
    directory = two_pairs(bench)
    key, told = f"{directory}/one.key", files(directory, "one", "one")
    for owner, group, mode, words in [
        ("root", "root", 0o640, "can't read"),
        ("root", "postgres", 0o644, "mode 644"),
        ("postgres", "postgres", 0o640, "mode 640"),
        ("nobody", "postgres", 0o640, "belongs to nobody"),
    ]:
        run(["chown", f"{owner}:{group}", key])
        os.chmod(key, mode)
        expect_ends(1, call("postgresql-check", **told), words)
    run(["chown", "postgres:postgres", key])
    os.chmod(key, 0o600)
    expect_ends(0, call("postgresql-check", **told))


@scenario("a hook names an argument that it does not know")
def arguments(bench):
    for name in ["nginx", "haproxy", "apache2", "dovecot", "postfix"]:
        expect_ends(64, call(f"{name}-reload", "konfig=/x"), "konfig", "config")
        expect_ends(64, call(f"{name}-reload", "/x"), "NAME=VALUE")
    expect_ends(64, call("postgresql-reload", "data"), "NAME=VALUE")
    expect_ends(64, call("postgresql-check", "$(id)=x"))


@scenario("a reload hook has nothing to do where its server does not run")
def idle(bench):
    for name in ["nginx", "haproxy", "apache2", "dovecot"]:
        told = call(f"{name}-reload", "pid_file=/no/such/file", KVAGENT_CERTIFICATES="x")
        expect_ends(0, told, "not running")
    expect_ends(0, call("postgresql-reload", "data=/no/such"), "not running")
    expect_ends(0, call("postfix-reload", "config=/no/such"), "not running")


@scenario("a link in hooks.d finds what the hooks share")
def linked(bench):
    site = Site(bench, "linked", [])
    os.makedirs(site.path("hooks.d", "check"))
    os.symlink(hook("dovecot-check"), site.path("hooks.d", "check", "50-dovecot"))
    site.sync("deployed")
    expect("50-dovecot: 0" in site.last_hooks(), site.last_hooks())

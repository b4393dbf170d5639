"""HAProxy with several certificates, which one run of haproxy-reload is for."""

import socket

import handshake
from bench import wait_until
from rotations import weak
from scenario import expect, expect_equal, scenario
from servers_tested import HAProxy


def served(running, name):
    return handshake.leaf(running.port, name=f"{name}.servers.example")


@scenario("haproxy swaps all certificates of a batch in one run, and reloads for a new one")
def batch(bench):
    with HAProxy(bench, "one", checks=False, more=["two"]) as running:
        site, names = running.site, ["one", "two"]
        for name in names:
            bench.vault("certificate", "rotate", f"kv/{name}")
        site.sync("deployed", "deployed")
        for name in names:
            expect_equal(served(running, name), site.leaf(name), f"what is served of {name}")
        said = site.last_hooks()
        expect_equal(said.count("swapped"), 2, said)
        # HAProxy was started with two and knows nothing of the third.
        site.more = ["two", "three"]
        site.create("three")
        site.write_settings()
        site.sync("unchanged", "unchanged", "deployed")
        expect("reloaded" in site.last_hooks("three"), site.last_hooks("three"))
        new = site.leaf("three")
        wait_until("haproxy serves the third", lambda: served(running, "three") == new)
    return "2 swapped, 1 reloaded"


@scenario("haproxy is reloaded where the bundle doesn't go into its buffer")
def too_long(bench):
    with HAProxy(bench, "long", buffer=1100) as running:
        site = running.site
        site.rotate()
        site.sync("deployed")
        running.expect_served(site.leaf())
        said = site.last_hooks()
        expect("does not take" in said and "reloaded" in said, said)
    return next(line for line in said.splitlines() if "does not take" in line)


@scenario("haproxy is reloaded while somebody else's transaction is open")
def transaction(bench):
    with HAProxy(bench, "open", checks=False, more=["spare"]) as running:
        site = running.site
        spare = site.path("crt", "spare.pem")
        ask(site.path("admin"), f"set ssl cert {spare}", spare)
        site.rotate()
        site.sync("deployed", "unchanged")
        new = site.leaf()
        wait_until("haproxy serves it", lambda: served(running, "open") == new)
        said = site.last_hooks()
        expect("reloaded" in said, said)
    return next(line for line in said.splitlines() if "does not take" in line)


def ask(path, command, file):
    """Sends HAProxy a command with a file as its payload."""
    with open(file, encoding="ascii") as payload:
        lines = [line for line in payload.read().splitlines() if line]
    with socket.socket(socket.AF_UNIX) as admin:
        admin.connect(path)
        admin.sendall((f"{command} <<\n" + "\n".join(lines) + "\n\n").encode())
        answer = admin.recv(4096).decode()
        expect("Transaction created" in answer, answer)


@scenario("haproxy takes one certificate of a batch and refuses the other: only that goes back")
def halves(bench):
    with HAProxy(bench, "good", checks=False, more=["bad"]) as running:
        site = running.site
        old = {name: site.leaf(name) for name in ["good", "bad"]}
        bench.vault("certificate", "rotate", "kv/good")
        site.import_file(weak(bench), "bad")
        site.sync("deployed", "rolledBack")
        expect(site.leaf("good") != old["good"], "the good one is not live")
        for name in ["good", "bad"]:
            expect_equal(served(running, name), site.leaf(name), f"what is served of {name}")
        expect_equal(site.leaf("bad"), old["bad"], "what is live of the bad one")

"""With each server: it serves what is rotated in, and goes on with the old one when that is bad."""

import time

from bench import run
from scenario import expect, expect_equal, scenario
from servers_tested import SERVERS, Apache, Dovecot, HAProxy, Nginx, write
from watch import watching

# What kvagent itself refuses, before any hook.
FAULTS = ["keyMissing", "keyOfAnother", "expired", "notYetValid", "garbageValue"]


def rotates(server):
    def check(bench):
        with server(bench) as running:
            old = running.site.leaf()
            running.expect_served(old)
            for _ in range(3):
                running.site.rotate()
                running.site.sync("deployed")
                new = running.site.leaf()
                expect(new != old, "there is no new leaf on disk")
                running.expect_served(new)
                old = new
        return "3 rotations"

    return check


def keeps(server):
    def check(bench):
        with server(bench, f"{server.__name__.lower()}-bad") as running:
            site, old = running.site, running.site.leaf()
            running.expect_served(old)
            with watching(running) as watch:
                for fault in FAULTS:
                    site.rotate("--fault", fault)
                    result = site.kvagent("sync", "--json")
                    expect('"deployed"' not in result.stdout, f"{fault} was deployed")
                    expect_equal(running.served(), old, f"what is served after {fault}")
                site.create(dns="elsewhere.example")
                site.sync("rejected")
                expect("elsewhere.example" in site.last_hooks(), site.last_hooks())
                expect_equal(running.served(), old, "what is served after a wrong name")
            running.alive()
            told = f"{', '.join(FAULTS)}, wrong name: {watch.check()}"
            # It is no dead end.
            site.create()
            site.sync("deployed")
            expect(site.leaf() != old, "nothing new is live after all that")
            running.expect_served(site.leaf())
        return told

    return check


def refuses_weak(server):
    """A key that only the server's OpenSSL refuses: kvagent takes it, the check hook doesn't."""

    def check(bench):
        with server(bench, f"{server.__name__.lower()}-weak") as running:
            site, old = running.site, running.site.leaf()
            site.import_file(weak(bench))
            site.sync("rejected")
            said = site.last_hooks()
            expect(running.refusal in said, said)
            expect_equal(running.served(), old, "what is served")
            running.alive()
        return next(line.strip() for line in said.splitlines() if running.refusal in line)

    return check


def survives(make):
    """The site's configuration breaks between two rotations: no reload is tried with it."""

    def check(bench):
        with make(bench) as running:
            site, old = running.site, running.site.leaf()
            running.expect_served(old)
            config = site.path(running.config_file)
            with open(config, encoding="utf-8") as file:
                good = file.read()
            write(config, good + "\nno such setting }\n")
            site.rotate()
            site.sync("rolledBack")
            expect_equal(running.served(), old, "what is served with a broken configuration")
            expect_equal(site.leaf(), old, "what is live on disk")
            running.alive()
            write(config, good)
            site.rotate()
            site.sync("deployed")
            running.expect_served(site.leaf())
            expect(site.leaf() != old, "nothing new is live after all that")

    return check


def weak(bench):
    """A certificate with an RSA key of 1024 bits, too short for security level 2."""
    file = f"{bench.directory}/weak.pem"
    run(
        ["openssl", "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-days", "30"]
        + ["-subj", "/CN=www.servers.example", "-addext", "subjectAltName=DNS:www.servers.example"]
        + ["-keyout", f"{file}.key", "-out", file]
    )
    with open(file, "a", encoding="ascii") as whole, open(f"{file}.key", encoding="ascii") as key:
        whole.write(key.read())
    return file


def unseen(make):
    """As many rotations as were asked for, under the eyes of clients."""

    def check(bench):
        with make(bench) as running:
            site = running.site
            running.expect_served(site.leaf())
            started = time.monotonic()
            with watching(running) as watch:
                for _ in range(bench.rotations):
                    begun = time.monotonic()
                    site.rotate()
                    site.sync("deployed")
                    new = site.leaf()
                    watch.change(new, begun)
                    running.expect_served(new)
            said = site.last_hooks()
            told = watch.check()
            expect_equal("swapped" in said, getattr(running, "swap", False), "a swap")
            return f"{bench.rotations} rotations in {time.monotonic() - started:.0f} s: {told}"

    return check


for one in SERVERS:
    scenario(f"{one.program} serves what is rotated in")(rotates(one))
    scenario(f"{one.program} never stops serving the old one when the candidate is bad")(keeps(one))
    # Postfix goes below OpenSSL's default level for mail's sake, and serves such a key.
    if one.program != "postfix":
        scenario(f"{one.program}'s check hook refuses a key that its OpenSSL refuses")(
            refuses_weak(one)
        )

for one, make in [
    ("nginx", lambda bench: Nginx(bench, "nginx-conf")),
    ("haproxy", lambda bench: HAProxy(bench, "haproxy-conf", swap=False)),
    ("apache2", lambda bench: Apache(bench, "apache2-conf")),
    ("dovecot", lambda bench: Dovecot(bench, "dovecot-conf")),
]:
    scenario(f"{one} is not reloaded with a broken configuration")(survives(make))

scenario("nginx: rotations under clients' eyes")(unseen(lambda bench: Nginx(bench, "nginx-many")))
scenario("haproxy, by its runtime API: rotations under clients' eyes")(
    unseen(lambda bench: HAProxy(bench, "swap-many"))
)
scenario("haproxy, by reloads: rotations under clients' eyes")(
    unseen(lambda bench: HAProxy(bench, "reload-many", swap=False))
)

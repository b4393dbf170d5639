"""`verify`: kvagent looks itself whether a server, behind STARTTLS or not, serves what is live."""

from bench import NAME
from scenario import expect, expect_equal, scenario
from servers_tested import Dovecot, HAProxy, Nginx, OpenLDAP, PostgreSQL, Postfix

LOOKED_AT = [
    (None, Nginx),
    (None, HAProxy),
    ("smtp", Postfix),
    ("imap", Dovecot),
    ("postgres", PostgreSQL),
    ("ldap", OpenLDAP),
]


def is_looked_at(make, kind):
    def check(bench):
        with make(bench, f"look-{kind or make.program}") as server:
            site, endpoint = server.site, f"127.0.0.1:{server.port}"
            look = {"connect": endpoint, "serverName": NAME, "timeout": "10s"}
            if kind:
                look["startTLS"] = kind
            site.write_settings(site.hooks, verify=look, **site.entry)
            site.rotate()
            site.sync("deployed")
            last = site.last()["hooks"][-1]
            expect_equal((last["name"], last["exitCode"]), (f"verify:{endpoint}", 0), "the look")
            old = site.leaf()
            expect_equal(server.served(), old, "what is served")
            # Nobody tells the server, so it goes on with the version before.
            checks = [one for one in site.hooks if one[0] == "check"]
            site.write_settings(checks, verify=look | {"timeout": "2s"}, **site.entry)
            site.rotate()
            site.sync("rolledBack")
            error = site.last()["error"]
            expect(endpoint in error and "not version" in error, error)
            expect_equal(site.leaf(), old, "what is live on disk")
            expect_equal(server.served(), old, "what is served after all")
        return error

    return check


for how, server in LOOKED_AT:
    words = f"{server.program} is looked at" + (f" by STARTTLS of {how}" if how else "")
    scenario(f"{words}: what it serves stays, what it doesn't goes back")(is_looked_at(server, how))

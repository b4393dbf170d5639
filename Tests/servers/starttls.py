"""`verify` where TLS begins after a word in the clear, with the servers that are asked for it."""

import json
import os

import handshake
from bench import Server, Site, run
from scenario import expect, expect_equal, scenario
from servers_tested import Dovecot, Postfix, PostgreSQL, environment_of, write

# As hooks/README.md has it, but that there is no unit to ask.
SLAPD_RELOAD = """#!/bin/sh
[ -S SOCKET ] || exit 0
exec ldapmodify -Q -Y EXTERNAL -H URL <<END
dn: cn=config
changetype: modify
replace: olcTLSCertificateFile
olcTLSCertificateFile: $KVAGENT_FULLCHAIN
-
replace: olcTLSCertificateKeyFile
olcTLSCertificateKeyFile: $KVAGENT_PRIVKEY
END
"""

# Whom `ldapi` lets in as root may change all, as in Debian's own.
SLAPD_CONFIG = """dn: cn=config
objectClass: olcGlobal
cn: config
olcTLSCertificateFile: {fullchain}
olcTLSCertificateKeyFile: {privkey}

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcAccess: to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage
"""


class Slapd(Server):
    program = "slapd"

    def __init__(self, bench, name="slapd"):
        super().__init__(bench, name)
        self.start_tls = handshake.ldap
        socket = f"{bench.directory}/{name}/run/ldapi"
        self._socket = "ldapi://" + socket.replace("/", "%2F")
        text = SLAPD_RELOAD.replace("SOCKET", socket).replace("URL", self._socket)
        reload = bench.script(f"{name}-reload", text)
        self.site = Site(bench, name, [("reload", [reload])], group="openldap", mode="0640")

    def start(self):
        path, user = self.site.path, environment_of("openldap")
        files = {name: self.site.live(f"{name}.pem") for name in ["fullchain", "privkey"]}
        config = write(path("config.ldif"), SLAPD_CONFIG.format(**files))
        os.mkdir(path("slapd.d"), 0o700)
        run(["slapadd", "-n", "0", "-F", path("slapd.d"), "-l", config])
        run(["chown", "-R", "openldap:openldap", path("slapd.d")])
        os.mkdir(path("run"))
        listeners = f"ldap://127.0.0.1:{self.port} {self._socket}"
        account = ["-u", "openldap", "-g", "openldap"]
        self.launch(["slapd", "-d", "0", "-F", path("slapd.d"), "-h", listeners, *account])

    @staticmethod
    def version():
        return run(["slapd", "-VV"]).split()[3]


def verifies(make, process):
    """What is rotated in is looked at, and `kvagent serving` finds the server, too."""

    def check(bench):
        running = make(bench)
        site, kind = running.site, running.start_tls.__name__
        endpoint = f"127.0.0.1:{running.port}"
        with running:
            site.write_settings(verify={"connect": endpoint, "startTLS": kind})
            old = site.leaf()
            for _ in range(2):
                site.rotate()
                site.sync("deployed")
                new = site.leaf()
                expect(new != old, "there is no new leaf on disk")
                expect_equal(looks(site), [(f"verify:{endpoint}", 0)], "the looks")
                running.expect_served(new)
                old = new
            done = site.kvagent("serving", "--json", "--port", str(running.port))
            expect_equal(done.returncode, 0, f"the status of serving, which said {done.stdout}")
            [listener] = json.loads(done.stdout)["listeners"]
            expect_equal(listener["startTLS"], kind, "how TLS was reached")
            expect_equal(listener["process"]["name"], process, "who listens")
            found = [(one["standing"], one["sha256"]) for one in listener["certificates"]]
            expect_equal(found, [("current", old)], "what is served")
            running.alive()
        return f"2 rotations; {endpoint}: {process}, {kind}, current"

    return check


def goes_back(make):
    """The reload hook reloads nothing: the server goes on with the old leaf, and kvagent sees it."""

    def check(bench):
        running = make(bench)
        site, kind = running.site, running.start_tls.__name__
        endpoint = f"127.0.0.1:{running.port}"
        verify = {"connect": endpoint, "startTLS": kind, "timeout": "2s"}
        good = site.hooks
        with running:
            site.write_settings([("reload", ["true"])], verify=verify)
            old, live = site.leaf(), site.last()["version"]
            running.expect_served(old)
            refused = site.rotate()
            site.sync("rolledBack")
            expect_equal(site.leaf(), old, "what is live on disk")
            expect_equal(running.served(), old, "what is served")
            error = site.last()["error"]
            versions = f"{endpoint} ({kind}) serves version {live}, thumbprint "
            expect(versions in error and f", not version {refused}, thumbprint " in error, error)
            name = f"verify:{endpoint}"
            expect_equal(looks(site), [(name, 1), (name, 0)], "the looks, there and back")
            site.write_settings(good)
            site.rotate()
            site.sync("deployed")
            expect(site.leaf() != old, "nothing new is live after all that")
            running.expect_served(site.leaf())
        return error

    return check


def looks(site):
    """The looks of the newest deployment, each with its exit code."""
    runs = site.last()["hooks"]
    return [(run["name"], run["exitCode"]) for run in runs if run["phase"] == "verify"]


# With more than one of its processes Postfix serves the new one without a reload, some of the time.
for one, process, make in [
    ("postfix", "master", lambda bench, name: Postfix(bench, name, most=1)),
    ("dovecot", "dovecot", Dovecot),
    ("postgres", "postgres", PostgreSQL),
    ("slapd", "slapd", Slapd),
]:
    scenario(f"{one}: verify sees what is rotated in behind STARTTLS, and so does serving")(
        verifies(lambda bench, make=make, one=one: make(bench, f"{one}-verify"), process)
    )
    scenario(f"{one}: verify sees that nothing was reloaded, and the certificate goes back")(
        goes_back(lambda bench, make=make, one=one: make(bench, f"{one}-back"))
    )

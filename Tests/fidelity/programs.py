"""The programs, each with a check of one certificate; what it raises is the failure."""

import hashlib
import os
import re
import socket
import ssl

from authority import fingerprint
from bench import LIMIT, free_port, run
from scenario import expect, expect_equal
from served import write

MODULES = "/usr/lib/apache2/modules"
BLOCK = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)


def program_versions():
    """The version of each program by its command."""
    return {
        "openssl": run(["openssl", "version"]).split()[1],
        "nginx": run(["nginx", "-v"]).split("/")[1].strip(),
        "apache2": run(["apache2", "-v"]).split()[2].removeprefix("Apache/"),
        "haproxy": run(["haproxy", "-v"]).split()[2],
        "curl": run(["curl", "--version"]).split()[1],
        "keytool": run(["java", "-version"]).split('"')[1],
    }


def certificates(text):
    return [fingerprint(block) for block in BLOCK.findall(text)]


class Openssl:
    """The chain verifies with nothing but what is on disk and the roots, and is in its order."""

    name, command = "openssl verify", "openssl"

    @staticmethod
    def check(installation, authority, _, case):
        def live(file):
            return installation.live(case, file)

        command = ["openssl", "verify", "-CAfile", authority.roots]
        if os.path.getsize(live("chain.pem")):
            command += ["-untrusted", live("chain.pem")]
        told = run([*command, "-verify_hostname", case.dns, live("cert.pem")])
        expect(told.rstrip().endswith(": OK"), told)
        full = certificates(installation.read(case, "fullchain.pem"))
        expect_equal(full[0], case.leaf, "the first of fullchain.pem")
        if None in case.chain:
            expect_equal(len(full), 1 + len(case.chain), "the length of fullchain.pem")
        else:
            expect_equal(full[1:], case.chain, "the rest of fullchain.pem")
            bundle = certificates(installation.read(case, "bundle.pem"))
            root = [case.root] if case.root else []
            expect_equal(bundle, full + root, "the certificates of bundle.pem")
        key = run(["openssl", "pkey", "-in", live("privkey.pem"), "-pubout"])
        own = run(["openssl", "x509", "-in", live("cert.pem"), "-noout", "-pubkey"])
        expect_equal(key, own, "the public half of the key")


class OpensslDER:
    """The DER files are the same key and certificate."""

    name, command = "openssl, DER", "openssl"

    @staticmethod
    def check(installation, _authority, _nginx, case):
        def live(file):
            return installation.live(case, file)

        leaf = installation.read(case, "cert.der", "rb")
        expect_equal(hashlib.sha256(leaf).hexdigest(), case.leaf, "cert.der")
        key = ["openssl", "pkey", "-inform", "DER", "-in", live("privkey.der"), "-pubout"]
        own = ["openssl", "x509", "-inform", "DER", "-in", live("cert.der"), "-noout", "-pubkey"]
        expect_equal(run(key), run(own), "the public half of privkey.der")


class OpensslPKCS12:
    """The PKCS#12 file opens with its password, in the encryption that was asked for."""

    name, command = "openssl pkcs12", "openssl"
    WORDS = {
        "modern": ["AES-256-CBC", "hmacWithSHA256", "MAC: sha256"],
        "legacy": ["pbeWithSHA1And3-KeyTripleDES-CBC", "MAC: sha1"],
    }

    @classmethod
    def check(cls, installation, _authority, _nginx, case):
        file = installation.live(case, "bundle.p12")
        password = f"pass:{case.password}"
        told = run(["openssl", "pkcs12", "-in", file, "-nodes", "-info", "-passin", password])
        for word in [*cls.WORDS[case.encryption], f"friendlyName: {case.alias}"]:
            expect(word in told, f"expected {word!r} in {told!r}")
        bundle = certificates(installation.read(case, "bundle.pem"))
        expect_equal(certificates(told), bundle, "the certificates of bundle.p12")


class NginxTest:
    """nginx takes the files."""

    name, command = "nginx -t", "nginx"

    @staticmethod
    def check(installation, _authority, nginx, case):
        config = nginx.write_config(f"nginx-{case.name}.conf", [case], free_port())
        told = run(["nginx", "-t", "-c", config])
        expect("[emerg]" not in told and "[warn]" not in told, told)


class Handshake:
    """A client that trusts the roots alone gets the leaf, from nginx."""

    name, command = "nginx, handshake", "nginx"

    @staticmethod
    def check(_installation, authority, nginx, case):
        context = ssl.create_default_context(cafile=authority.roots)
        with socket.create_connection(("127.0.0.1", nginx.port), timeout=LIMIT) as plain:
            with context.wrap_socket(plain, server_hostname=case.dns) as secure:
                leaf = secure.getpeercert(binary_form=True)
        expect_equal(hashlib.sha256(leaf).hexdigest(), case.leaf, "the leaf that is served")


class Curl:
    """curl gets a page over it, from nginx."""

    name, command = "curl", "curl"

    @staticmethod
    def check(_installation, authority, nginx, case):
        url = f"https://{case.dns}:{nginx.port}/"
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", str(LIMIT)]
        command += ["--resolve", f"{case.dns}:{nginx.port}:127.0.0.1"]
        told = run([*command, "--cacert", authority.roots, url])
        expect_equal(told, case.dns, "the page")


class Apache:
    """Apache takes the files."""

    name, command = "apache2 -t", "apache2"

    @staticmethod
    def check(installation, _authority, _nginx, case):
        modules = "".join(
            f"LoadModule {name}_module {MODULES}/mod_{name}.so\n"
            for name in ("mpm_event", "authz_core", "ssl")
        )
        port = free_port()
        config = write(
            installation.path(f"apache2-{case.name}.conf"),
            f"""
ServerRoot "{installation.directory}"
ServerName localhost
DefaultRuntimeDir "{installation.directory}"
PidFile "{installation.path("apache2.pid")}"
ErrorLog "{installation.path("apache2.log")}"
User nobody
{modules}
Listen 127.0.0.1:{port}
<VirtualHost *:{port}>
    SSLEngine on
    SSLCertificateFile "{installation.live(case, "fullchain.pem")}"
    SSLCertificateKeyFile "{installation.live(case, "privkey.pem")}"
</VirtualHost>
""",
        )
        told = run(["apache2", "-t", "-f", config])
        expect("Syntax OK" in told, told)


class HAProxy:
    """HAProxy takes its own file."""

    name, command = "haproxy -c", "haproxy"

    @staticmethod
    def check(installation, _authority, _nginx, case):
        file = installation.live(case, f"{case.name}.pem")
        config = write(
            installation.path(f"haproxy-{case.name}.cfg"),
            f"""
global
    tune.ssl.default-dh-param 2048
defaults
    mode http
    timeout client 10s
    timeout connect 10s
    timeout server 10s
frontend site
    bind 127.0.0.1:{free_port()} ssl crt {file}
    http-request return status 200
""",
        )
        told = run(["haproxy", "-c", "-f", config])
        expect("WARNING" not in told and "ALERT" not in told, told)
        found = certificates(installation.read(case, f"{case.name}.pem"))
        full = certificates(installation.read(case, "fullchain.pem"))
        expect_equal(found, full, "the certificates of HAProxy's file")


class Keytool:
    """Java opens the PKCS#12 file, and finds the alias and the whole chain."""

    name, command = "keytool -list", "keytool"

    @staticmethod
    def check(installation, _authority, _nginx, case):
        command = ["keytool", "-J-Duser.language=en", "-list", "-v", "-storetype", "PKCS12"]
        file = installation.live(case, "bundle.p12")
        told = run([*command, "-keystore", file, "-storepass", case.password])
        expect_equal(told.count("Alias name: "), 1, "the entries")
        # Java's aliases know no case.
        expect(f"Alias name: {case.alias.lower()}\n" in told, told)
        expect("Entry type: PrivateKeyEntry" in told, told)
        found = [
            line.rpartition(" ")[2].replace(":", "").lower()
            for line in told.splitlines()
            if "SHA256: " in line
        ]
        bundle = certificates(installation.read(case, "bundle.pem"))
        expect_equal(found, bundle, f"the chain of {case.encryption} in Java's eyes")


PROGRAMS = [
    Openssl,
    OpensslDER,
    OpensslPKCS12,
    NginxTest,
    Handshake,
    Curl,
    Apache,
    HAProxy,
    Keytool,
]

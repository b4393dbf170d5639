"""Starts the built emulator and operates it; makes certificates to import."""

import contextlib
import datetime
import json
import os
import socket
import subprocess
import tempfile
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

_getaddrinfo = socket.getaddrinfo


def _loopback_getaddrinfo(host, *arguments, **options):
    """RFC 6761 §6.3: names under .localhost are loopback, which glibc's resolver leaves out."""
    if isinstance(host, str) and host.endswith(".localhost"):
        host = "127.0.0.1"
    return _getaddrinfo(host, *arguments, **options)


class Emulator:
    """A running emulator with a state folder of its own."""

    def __init__(self, binary, state, arguments):
        self.binary = binary
        self._arguments = arguments
        self.state = state
        self._process = None
        self.start()

    def start(self, *arguments):
        """Starts it and returns when everything serves."""
        self._process = subprocess.Popen(
            [self.binary, "serve", "--state", self.state, "--exit-with-parent"]
            + [*self._arguments, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # The last line that it prints when it starts.
        if not any(line.startswith("CA") for line in self._process.stdout):
            raise RuntimeError("the emulator ended before it served")
        with open(os.path.join(self.state, "endpoints.json"), encoding="utf-8") as file:
            endpoints = json.load(file)
        self.vault_port = endpoints["vaultPort"]
        self.identity_port = endpoints["identityPort"]
        self.admin_port = endpoints["adminPort"]
        self.ca_file = endpoints["caFile"]

    def stop(self):
        self._process.terminate()
        return self._process.wait(timeout=30)

    def kill_and_restart(self):
        """Ends it without a chance to write anything, and starts it on what it had written."""
        self._process.kill()
        self._process.wait(timeout=30)
        self.start(
            f"--vault-port={self.vault_port}",
            f"--identity-port={self.identity_port}",
            f"--admin-port={self.admin_port}",
        )

    def command(self, *arguments):
        """Runs a command of the emulator; exit code, standard output, standard error."""
        done = subprocess.run(
            [self.binary, *arguments, "--state", self.state],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def vault_url(self, name):
        return f"https://{name}.vault.localhost:{self.vault_port}"

    @property
    def authority(self):
        return f"https://login.localhost:{self.vault_port}"

    @property
    def identity_url(self):
        return f"http://127.0.0.1:{self.identity_port}"

    def admin(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.admin_port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request) as response:
            text = response.read()
            return json.loads(text) if text else None

    @contextlib.contextmanager
    def fault(self, **fault):
        """Lets something go wrong for the length of a block."""
        self.admin("POST", "/faults", fault)
        try:
            yield
        finally:
            self.admin("DELETE", "/faults")

    @contextlib.contextmanager
    def access(self, vault, **access):
        """Restricts a vault for the length of a block."""
        self.admin("PUT", f"/vaults/{vault}/access", access)
        try:
            yield
        finally:
            self.admin("PUT", f"/vaults/{vault}/access", {})

    @contextlib.contextmanager
    def behaviour(self, **changes):
        """Lets it behave differently for the length of a block."""
        usual = self.admin("GET", "/behaviour")
        self.admin("PUT", "/behaviour", {**usual, **changes})
        try:
            yield
        finally:
            self.admin("PUT", "/behaviour", usual)


@contextlib.contextmanager
def running(binary, *arguments):
    """An emulator for the length of a block; it ends with this process in any case."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    socket.getaddrinfo = _loopback_getaddrinfo
    with tempfile.TemporaryDirectory() as state:
        emulator = Emulator(binary, state, arguments)
        try:
            yield emulator
        finally:
            emulator.stop()


def make_certificate(common_name):
    """A key and a self-signed certificate for it."""
    return _self_signed(ec.generate_private_key(ec.SECP256R1()), common_name)


def make_rsa_certificate(common_name):
    """The same with an RSA key, as Entra ID wants applications to have."""
    return _self_signed(rsa.generate_private_key(65537, 2048), common_name)


def _self_signed(key, common_name):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(common_name)]), False)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def pem_of(key, certificate):
    """The PEM form that Key Vault takes: the key as PKCS#8, then the certificate."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ) + certificate.public_bytes(serialization.Encoding.PEM)

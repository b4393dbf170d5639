"""Authorities and the certificates that they issue, made by the openssl program."""

import hashlib
import os
import ssl
import subprocess

from bench import run

KEYS = {
    "RSA 2048": ["rsa", "rsa_keygen_bits:2048"],
    "RSA 3072": ["rsa", "rsa_keygen_bits:3072"],
    "RSA 4096": ["rsa", "rsa_keygen_bits:4096"],
    "EC P-256": ["ec", "ec_paramgen_curve:P-256"],
    "EC P-384": ["ec", "ec_paramgen_curve:P-384"],
    "EC P-521": ["ec", "ec_paramgen_curve:P-521"],
}
DEPTH = 4
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF = "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:{}\n"


def fingerprint(pem):
    """The SHA-256 of a certificate, lower-case hex."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


class Issuer:
    """A certificate that may issue, with its key."""

    def __init__(self, subject, key, pem):
        self.subject, self.key, self.pem = subject, key, pem


class Authority:
    """Two roots, and below the first intermediates, each issued by the one before.

    `issuers[n]` issues leaves with a chain of n certificates; `issuers[0]` is the root.
    """

    def __init__(self, directory):
        self.directory = os.path.join(directory, "authority")
        os.mkdir(self.directory)
        self._keys = {}
        root = self.issuer("Fidelity Root", "EC P-384")
        self.issuers = [root]
        for level in range(1, DEPTH + 1):
            kind = "EC P-256" if level % 2 else "RSA 2048"
            self.issuers.append(self.issuer(f"Fidelity {level}", kind, self.issuers[-1]))
        self.other_root = self.issuer("Other Root", "RSA 3072")
        # The same names and keys, vouched for by another root.
        self.crossed_root = self.issue(root.subject, root.key, self.other_root, CA)
        first = self.issuers[1]
        self.crossed_first = self.issue(first.subject, first.key, self.other_root, CA)
        self.roots = self.write("roots.pem", root.pem + self.other_root.pem)
        self.root = self.write("root.pem", root.pem)

    def chain(self, depth):
        """The intermediates from the leaf's issuer upwards, without the root."""
        return [self.issuers[level].pem for level in range(depth, 0, -1)]

    def key(self, kind, number=0):
        """The file of a key; keys are not what is tried, so certificates share them."""
        if (kind, number) not in self._keys:
            algorithm, option = KEYS[kind]
            path = os.path.join(self.directory, f"{kind.replace(' ', '-')}-{number}.key")
            run(["openssl", "genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", path])
            self._keys[kind, number] = path
        return self._keys[kind, number]

    def leaf(self, name, kind, depth, number=0):
        """A certificate for a DNS name, and the file of its key."""
        key = self.key(kind, number)
        return self.issue(f"/CN={name}", key, self.issuers[depth], LEAF.format(name)), key

    def issuer(self, name, kind, parent=None):
        subject = f"/O=Fidelity/CN={name}"
        key = self.key(kind, name)
        return Issuer(subject, key, self.issue(subject, key, parent, CA))

    def issue(self, subject, key, issuer, extensions):
        """A certificate as PEM; its own issuer where none is given."""
        request = run(["openssl", "req", "-new", "-key", key, "-subj", subject])
        serial = "0x" + os.urandom(15).hex().replace("0", "1", 1)
        command = ["openssl", "x509", "-req", "-days", "30", "-set_serial", serial]
        command += ["-extfile", self.write("extensions", extensions)]
        if issuer is None:
            command += ["-signkey", key]
        else:
            command += ["-CA", self.write("issuer.pem", issuer.pem), "-CAkey", issuer.key]
        # What it says of the signature goes to standard error.
        return subprocess.run(
            command, input=request, capture_output=True, text=True, timeout=60, check=True
        ).stdout

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

"""A TLS handshake, where need be after words in the clear; what it tells is the leaf."""

import hashlib
import socket
import ssl
import struct

LIMIT = 10


def leaf(port, start=None, name="www.servers.example"):
    """The SHA-256 of the leaf that 127.0.0.1:`port` serves, in lower-case hex; raises OSError."""
    context = ssl.create_default_context()
    # The certificate is what is looked at, not what is trusted.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as plain:
        if start:
            start(plain)
        with context.wrap_socket(plain, server_hostname=name) as secure:
            return hashlib.sha256(secure.getpeercert(binary_form=True)).hexdigest()


def smtp(plain):
    """RFC 3207."""
    _expect(plain, b"220 ")
    plain.sendall(b"EHLO client.example\r\n")
    _expect(plain, b"250 ")
    plain.sendall(b"STARTTLS\r\n")
    _expect(plain, b"220 ")


def imap(plain):
    """RFC 3501, section 6.2.1."""
    _expect(plain, b"* OK")
    plain.sendall(b"a STARTTLS\r\n")
    _expect(plain, b"a OK")


def postgres(plain):
    """PostgreSQL's SSLRequest ("Message Formats")."""
    plain.sendall(struct.pack("!ii", 8, 80877103))
    answer = plain.recv(1)
    if answer != b"S":
        raise OSError(f"no TLS here: the answer to SSLRequest is {answer!r}")


def ldap(plain):
    """RFC 4511, section 4.14: StartTLS of message 1, and its success."""
    name = b"1.3.6.1.4.1.1466.20037"
    operation = b"\x80" + bytes([len(name)]) + name
    message = b"\x02\x01\x01\x77" + bytes([len(operation)]) + operation
    plain.sendall(b"\x30" + bytes([len(message)]) + message)
    # Two strings, both empty, follow the code.
    expected = bytes.fromhex("300c 020101 7807 0a0100 0400 0400")
    answer = plain.recv(len(expected))
    if answer != expected:
        raise OSError(f"no TLS here: the answer to StartTLS is {answer.hex()}")


def _expect(plain, start):
    """Reads lines, one byte at a time lest any of TLS is swallowed, until one that has `start`."""
    while True:
        line = b""
        while not line.endswith(b"\n"):
            byte = plain.recv(1)
            if not byte:
                raise OSError(f"the connection ended instead of {start!r}, after {line!r}")
            line += byte
        if line.startswith(start):
            return
        # A line that goes on says the same with a hyphen.
        if not line.startswith(start[:-1] + b"-"):
            raise OSError(f"expected {start!r}, found {line!r}")

"""The forms in which a certificate, its chain and its key come into a vault.

Each takes the authority, the PEM texts of certificates in the order to write them, and the files
of keys, and gives the way to store the result: a content type and the text of the secret, or the
arguments of `certificate import`.
"""

import base64
import os

from bench import run

PEM, PFX = "application/x-pem-file", "application/x-pkcs12"


class Stored:
    """A secret as it is, or a file for the vault to import."""

    def __init__(self, value=None, kind=None, file=None):
        self.value, self.kind, self.file = value, kind, file


def read(path, mode="r"):
    with open(path, mode, newline=None if "b" in mode else "") as file:
        return file.read()


def pem(_, certificates, keys):
    return Stored("".join([*certificates, *map(read, keys)]), PEM)


def pem_key_first(_, certificates, keys):
    return Stored("".join([*map(read, keys), *certificates]), PEM)


def pem_traditional(authority, certificates, keys):
    """The key as PKCS#1 or SEC 1, the latter with its parameters before."""
    texts = []
    for key in keys:
        texts.append(run(["openssl", "pkey", "-in", key, "-traditional"]))
        if "EC" in texts[-1]:
            parameters = ["openssl", "ec", "-in", key, "-param_out", "-noout"]
            texts.append("\n".join(run(parameters).split("\n")[1:]))
    return Stored("".join([*certificates, *texts]), PEM)


def pem_decorated(_, certificates, keys):
    """CRLF, comments, and the attributes that `openssl pkcs12` prints."""
    attributes = "Bag Attributes\n    localKeyID: 01 00 00 00\n    friendlyName: caf\u00e9\n"
    names = "subject=CN = www.example\n\nissuer=CN = # not it\n"
    text = "# exported by hand\n\n"
    text += "".join(attributes + names + one for one in certificates)
    text += "".join(attributes + "Key Attributes: <No Attributes>\n" + read(one) for one in keys)
    return Stored((text + "\n\n# the end").replace("\n", "\r\n"), PEM)


def pem_trusted(_, certificates, keys):
    """Blocks named as OpenSSL of old named them."""
    text = "".join(certificates).replace(" CERTIFICATE-", " X509 CERTIFICATE-")
    return Stored(text + "".join(map(read, keys)), PEM)


def pem_imported(authority, certificates, keys):
    text = pem(authority, certificates, keys).value
    return Stored(kind="pem", file=authority.write(f"{os.urandom(8).hex()}.pem", text))


def _pfx(authority, certificates, keys, *options, password=""):
    inner = authority.write("pfx.pem", "".join(certificates))
    out = os.path.join(authority.directory, f"{os.urandom(8).hex()}.pfx")
    command = ["openssl", "pkcs12", "-export", "-in", inner, "-inkey", keys[0], "-out", out]
    run(command + ["-passout", f"pass:{password}", *options])
    return out


def _base64(path):
    return Stored(base64.b64encode(read(path, "rb")).decode("ascii"), PFX)


def pfx(authority, certificates, keys):
    return _base64(_pfx(authority, certificates, keys, "-name", "caf\u00e9"))


def pfx_triple_des(authority, certificates, keys):
    scheme = "PBE-SHA1-3DES"
    options = ["-keypbe", scheme, "-certpbe", scheme, "-macalg", "sha1"]
    return _base64(_pfx(authority, certificates, keys, *options))


def pfx_rc2(authority, certificates, keys):
    """As Windows wrote it for twenty years."""
    return _base64(_pfx(authority, certificates, keys, "-legacy"))


def pfx_imported(authority, certificates, keys):
    return Stored(kind="pkcs12", file=_pfx(authority, certificates, keys))


def pfx_with_password(authority, certificates, keys):
    return _base64(_pfx(authority, certificates, keys, password="secret"))


def pfx_plain(_, certificates, keys):
    """Not encrypted and without a MAC, as no program writes several keys (RFC 7292)."""
    bags = [_bag(1, _der(run(["openssl", "pkey", "-in", key]))) for key in keys]
    for one in certificates:
        value = _explicit(_tlv(0x04, _der(one)))
        bags.append(_bag(3, _sequence(_oid(1, 9, 22, 1) + value)))
    safe = _data(_sequence(b"".join(bags)))
    file = _sequence(_tlv(0x02, b"\x03") + _data(_sequence(safe)))
    return Stored(base64.b64encode(file).decode("ascii"), PFX)


def _tlv(tag, contents):
    count = len(contents)
    if count <= 0x7F:
        return bytes([tag, count]) + contents
    size = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + contents


def _sequence(contents):
    return _tlv(0x30, contents)


def _explicit(contents):
    return _tlv(0xA0, contents)


def _oid(*numbers):
    """Below 1.2.840.113549, that is PKCS."""
    return _tlv(0x06, bytes.fromhex("2a864886f70d") + bytes(numbers))


def _data(contents):
    return _sequence(_oid(1, 7, 1) + _explicit(_tlv(0x04, contents)))


def _bag(kind, contents):
    return _sequence(_oid(1, 12, 10, 1, kind) + _explicit(contents))


def _der(pem_text):
    lines = [line for line in pem_text.splitlines() if line and not line.startswith("-----")]
    return base64.b64decode("".join(lines))

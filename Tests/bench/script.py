"""What a user would write instead of kvagent, with Microsoft's libraries: one pass, from cron.

    script.py STATE VAULT-URL NAMES [--threads N]

It asks for the newest version of each certificate that the file NAMES lists, and where that is another
than STATE has, fetches the secret and writes it. No chain is looked at, nothing is recorded but the
version, and no hook is run.
"""

import argparse
import concurrent.futures
import json
import os
import socket

from azure.identity import ManagedIdentityCredential
from azure.keyvault.certificates import CertificateClient
from azure.keyvault.secrets import SecretClient

_getaddrinfo = socket.getaddrinfo


def _loopback(host, *arguments, **options):
    """Names under .localhost are loopback (RFC 6761 §6.3), which not every resolver knows."""
    if isinstance(host, str) and host.endswith(".localhost"):
        host = "127.0.0.1"
    return _getaddrinfo(host, *arguments, **options)


def main():
    parser = argparse.ArgumentParser(description="Fetch certificates that have changed.")
    parser.add_argument("state")
    parser.add_argument("vault")
    parser.add_argument("names")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    socket.getaddrinfo = _loopback
    with open(arguments.names, encoding="utf-8") as file:
        names = file.read().split()
    os.makedirs(arguments.state, mode=0o700, exist_ok=True)
    credential = ManagedIdentityCredential()
    certificates = CertificateClient(arguments.vault, credential)
    secrets = SecretClient(arguments.vault, credential)
    known = f"{arguments.state}/versions.json"
    versions = {}
    if os.path.exists(known):
        with open(known, encoding="utf-8") as file:
            versions = json.load(file)

    def look_at(name):
        version = certificates.get_certificate(name).properties.version
        if versions.get(name) != version:
            value = secrets.get_secret(name, version).value
            with open(f"{arguments.state}/{name}.pfx", "w", encoding="utf-8") as file:
                file.write(value)
        return name, version

    if arguments.threads == 1:
        found = dict(map(look_at, names))
    else:
        with concurrent.futures.ThreadPoolExecutor(arguments.threads) as pool:
            found = dict(pool.map(look_at, names))
    if found != versions:
        with open(known, "w", encoding="utf-8") as file:
            json.dump(found, file)


if __name__ == "__main__":
    main()

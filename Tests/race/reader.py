"""Reads the certificate `web` in the ways that it is told, in turn, until SIGTERM.

    reader.py STORE PLACE WAY…

It decides nothing: per way, it says how often it found which files, by their SHA-256; the files
that it found, in hexadecimal; and what was not there.
"""

import collections
import hashlib
import json
import os
import signal
import sys

STORE, PLACE, *WAYS = sys.argv[1:]
CURRENT = f"{STORE}/web/current"
FLAGS = os.O_RDONLY | os.O_CLOEXEC


def read(path, directory=None):
    file = os.open(path, FLAGS, dir_fd=directory)
    try:
        parts = []
        while part := os.read(file, 65536):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(file)


def in_directory():
    directory = os.open(CURRENT, FLAGS | os.O_DIRECTORY)
    try:
        return read("fullchain.pem", directory), read("privkey.pem", directory)
    finally:
        os.close(directory)


READ = {
    "bundle": lambda: (read(f"{CURRENT}/bundle.pem"),),
    "directory": in_directory,
    "link": lambda: (read(f"{PLACE}/web.link.pem"),),
    "copy": lambda: (read(f"{PLACE}/web.copy.pem"),),
    "paths": lambda: (read(f"{CURRENT}/fullchain.pem"), read(f"{CURRENT}/privkey.pem")),
    "copies": lambda: (read(f"{PLACE}/web.crt"), read(f"{PLACE}/web.key")),
}


def main():
    is_over = []
    signal.signal(signal.SIGTERM, lambda *_: is_over.append(True))
    ways = [(way, READ[way], collections.Counter(), collections.Counter()) for way in WAYS]
    print("ready", flush=True)
    while not is_over:
        for _, function, found, missing in ways:
            try:
                found[function()] += 1
            except OSError as error:
                missing[str(error)] += 1
    files = {}
    ways_told = {}
    for way, _, found, missing in ways:
        rows = []
        for contents, count in found.items():
            digests = [hashlib.sha256(content).hexdigest() for content in contents]
            files.update(zip(digests, (content.hex() for content in contents)))
            rows.append([digests, count])
        ways_told[way] = {"found": rows, "missing": missing}
    json.dump({"ways": ways_told, "files": files}, sys.stdout)


main()

"""TLS clients that connect, look at the certificate and connect again, until standard input ends.

    clients.py HOST PORT NAME

Prints `ready` once each has connected, and at the end a line of JSON: `handshakes`, `failures` (the
errors and how often they came) and `thumbprints`.
"""

import collections
import hashlib
import json
import socket
import ssl
import sys
import threading

CLIENTS = 4


def main():
    host, port, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    context = ssl.create_default_context()
    # The certificate is what is looked at, not what is trusted.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    lock = threading.Lock()
    failures = collections.Counter()
    thumbprints = collections.Counter()
    done = threading.Event()
    ready = threading.Barrier(CLIENTS + 1)

    def connect():
        try:
            with socket.create_connection((host, port), timeout=10) as plain:
                with context.wrap_socket(plain, server_hostname=name) as secure:
                    leaf = secure.getpeercert(binary_form=True)
        except OSError as error:
            with lock:
                failures[f"{type(error).__name__}: {error}"] += 1
        else:
            with lock:
                thumbprints[hashlib.sha1(leaf).hexdigest().upper()] += 1

    def client():
        connect()
        ready.wait()
        while not done.is_set():
            connect()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    ready.wait()
    print("ready", flush=True)
    sys.stdin.read()
    done.set()
    for thread in threads:
        thread.join()
    handshakes = sum(thumbprints.values())
    print(
        json.dumps(
            {"handshakes": handshakes, "failures": failures, "thumbprints": list(thumbprints)}
        )
    )


if __name__ == "__main__":
    main()

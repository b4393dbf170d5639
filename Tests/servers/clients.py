"""TLS clients that connect, look at the leaf and connect again, until standard input ends.

    clients.py PORT [smtp|imap|postgres]

Prints `ready` once each has connected, and at the end a line of JSON: `handshakes`, each as
[start, end, leaf] by the monotonic clock, which all processes share, and `failures`, each as
[time, error].
"""

import json
import sys
import threading
import time

import handshake

CLIENTS = 2


def main():
    port = int(sys.argv[1])
    start = getattr(handshake, sys.argv[2]) if len(sys.argv) > 2 else None
    handshakes, failures = [], []
    done = threading.Event()
    ready = threading.Barrier(CLIENTS + 1)

    def connect():
        started = time.monotonic()
        try:
            leaf = handshake.leaf(port, start)
        except OSError as error:
            failures.append((time.monotonic(), f"{type(error).__name__}: {error}"))
        else:
            handshakes.append((started, time.monotonic(), leaf))

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
    print(json.dumps({"handshakes": handshakes, "failures": failures}))


if __name__ == "__main__":
    main()

"""Clients that watch a server while certificates change, and what they must have seen."""

import contextlib
import json
import os
import subprocess
import sys
import time

from scenario import expect

CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clients.py")


class Watch:
    """Which leaf was to be served from when on, and what the clients saw; filled at the end."""

    def __init__(self, leaf):
        self.changes = [(0.0, leaf)]
        self.handshakes = []
        self.failures = []

    def change(self, leaf, begun):
        """From `begun` on (the time before anything was done) the new leaf may be served."""
        self.changes.append((begun, leaf))

    def check(self):
        """No handshake has failed, and each saw the leaf of its time or the one just before.

        Which is what "old or new" means: once the next change begins, the leaf before the old one
        may not be seen any more.
        """
        expect(not self.failures, f"{len(self.failures)} failed, the first: {self.failures[:3]}")
        expect(self.handshakes, "there was no handshake")
        seen = set()
        for started, ended, leaf in self.handshakes:
            before = [leaf for begun, leaf in self.changes if begun <= started]
            during = [leaf for begun, leaf in self.changes if started < begun <= ended]
            expect(
                leaf in before[-2:] + during,
                f"a handshake saw {leaf}, neither old nor new; changes: {len(self.changes)}",
            )
            seen.add(leaf)
        missed = [leaf for _, leaf in self.changes if leaf not in seen]
        expect(not missed, f"{len(missed)} of the leaves were never served")
        told = f"{len(self.handshakes)} handshakes, 0 failed"
        if len(self.changes) == 1:
            return f"{told}, none but the old leaf"
        return f"{told}, {len(seen)} leaves, none but old or new"


@contextlib.contextmanager
def watching(server):
    """Clients connect to the server until the block ends; they are to see what is live now."""
    start = [server.start_tls.__name__] if server.start_tls else []
    process = subprocess.Popen(
        [sys.executable, CLIENTS, str(server.port), *start],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        expect(process.stdout.readline() == "ready\n", "the clients did not start")
        watch = Watch(server.site.leaf())
        yield watch
        # So that something is seen of the last one.
        time.sleep(0.2)
        told = json.loads(process.communicate("", timeout=60)[0])
        watch.handshakes, watch.failures = told["handshakes"], told["failures"]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

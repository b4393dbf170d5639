"""The daemon as systemd runs it: watched, told nothing, its log read as it comes."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

# WatchdogSec of packaging/systemd/kvagent.service: half of it is how often the daemon shows itself.
WATCHDOG_SECONDS = 300
# A polling interval of which no poll falls into a measurement.
INTERVAL = 604_800
LIMIT = 120


class Daemon:
    """A running `kvagent run`; ends with its block."""

    def __init__(self, kvagent, settings):
        self._lines = []
        self._came = threading.Condition()
        # A socket's path may have 107 bytes, which a checkout's may use up.
        self._directory = tempfile.mkdtemp(prefix="kvb.")
        place = f"{self._directory}/notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(place)
        env = os.environ | {"NOTIFY_SOCKET": place, "LIBDISPATCH_LOG": "NO"}
        env |= {"WATCHDOG_USEC": str(WATCHDOG_SECONDS * 1_000_000)}
        self._process = subprocess.Popen(
            [kvagent, "run", "--config", settings],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=env,
        )
        self.id = self._process.pid
        for work in (self._read_log, self._read_messages):
            threading.Thread(target=work, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._socket.close()
        shutil.rmtree(self._directory)

    def poll_now(self):
        os.kill(self.id, signal.SIGUSR1)

    def poll(self):
        """Polls now; returns the seconds until its word that the pass is done."""
        began = time.time()
        self.poll_now()
        return self.wait("pass done", began) - began

    def wait(self, phrase, after=0):
        """Waits for what it logs or tells the service manager.

        - Returns: when that came, in Unix time. What came before `after` doesn't count.
        """

        def come():
            return next((at for at, line in self._lines if at >= after and phrase in line), None)

        with self._came:
            if not self._came.wait_for(lambda: come() or self._process.poll() is not None, LIMIT):
                raise SystemExit(f"bench: error: the daemon did not say {phrase!r} in {LIMIT} s")
            if come() is None:
                said = "\n".join(line for _, line in self._lines[-10:])
                raise SystemExit(f"bench: error: the daemon has ended: {said}")
            return come()

    def _read_log(self):
        for line in self._process.stderr:
            self._note(line.decode(errors="replace"))
        self._process.wait()
        self._note("ended")

    def _read_messages(self):
        try:
            while message := self._socket.recv(4096):
                self._note(message.decode(errors="replace"))
        except OSError:  # Closed: the daemon has ended.
            return

    def _note(self, line):
        with self._came:
            self._lines.append((time.time(), line))
            self._came.notify_all()

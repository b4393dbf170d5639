"""Tries as `nobody` to open every file that appears below the store and beside the copies.

    snoop.py walk|watch STORE PLACE

`walk` goes through all names again and again; `watch` is told by the kernel (inotify) of each name
the moment it appears. A file that it could open while it was empty stays open until there is
something in it: whoever has it open can read it then. Works until SIGTERM.
"""

import collections
import ctypes
import json
import os
import pwd
import select
import signal
import struct
import sys
import time

HOW, STORE, PLACE = sys.argv[1:]
CERTIFICATES = ["web", "listed", "granted"]
# What a version may hold, for a directory that can be entered but not listed.
FILES = ["privkey.pem", "bundle.pem", "bundle.p12", "privkey.der", "cert.pem", "fullchain.pem"]
FILES += [f"{name}.pem" for name in CERTIFICATES]
# Files that are no PEM; the others tell by what is in them.
BINARY_KEYS = {"bundle.p12", "privkey.der"}
FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
IN_CREATE, IN_MOVED_TO, IN_ATTRIB, IN_MODIFY = 0x100, 0x80, 0x4, 0x2
PATIENCE = 2


class Snoop:
    def __init__(self):
        self.attempts = 0
        self.temporaries = 0
        self.opened = collections.Counter()
        self.leaks = []
        # Pairs of an open, empty file and when to give it up.
        self._empty = collections.deque()

    def try_file(self, path):
        self.attempts += 1
        try:
            file = os.open(path, FLAGS)
        except OSError:
            return
        if not self._examine(path, file):
            self._empty.append((path, file, time.monotonic() + PATIENCE))

    def try_directory(self, path):
        """All that it is known to hold or says that it holds."""
        try:
            names = os.listdir(path)
        except OSError:
            names = FILES
        for name in names:
            self.try_file(f"{path}/{name}")

    def try_name(self, directory, name):
        if name.startswith("."):
            self.temporaries += 1
        path = f"{directory}/{name}"
        if directory.endswith("/versions"):
            self.try_directory(path)
        else:
            self.try_file(path)

    def look_again(self):
        for _ in range(len(self._empty)):
            path, file, end = self._empty.popleft()
            if not self._examine(path, file, time.monotonic() > end):
                self._empty.append((path, file, end))

    def _examine(self, path, file, is_last=False):
        """Whether it is settled, and the file closed."""
        try:
            content = os.pread(file, 65536, 0)
        except IsADirectoryError:
            os.close(file)
            return True
        if not content and not is_last:
            return False
        os.close(file)
        is_key = b"PRIVATE KEY" in content or path.rsplit("/", 1)[1] in BINARY_KEYS
        is_granted = f"{STORE}/granted/" in path or f"{PLACE}/granted." in path
        kind = "granted" if is_key and is_granted else "key" if is_key else "public"
        # A temporary name doesn't say whose it is, but the bytes do.
        if kind == "key" and path.startswith(f"{PLACE}/.") and content in self._granted():
            kind = "granted"
        self.opened["empty" if not content else kind] += 1
        if kind == "key":
            self.leaks.append(path)
        return True

    def _granted(self):
        """The keys that it may read, as they are now or were before the last deployment."""
        contents = []
        for path in self._versions_of_granted():
            for name in ("privkey.pem", "bundle.pem"):
                try:
                    with open(f"{path}/{name}", "rb") as file:
                        contents.append(file.read())
                except OSError:
                    # Pruned in between.
                    continue
        return contents

    @staticmethod
    def _versions_of_granted():
        versions = f"{STORE}/granted/versions"
        return [f"{versions}/{name}" for name in os.listdir(versions)]


def directories():
    return [PLACE, *(f"{STORE}/{name}/versions" for name in CERTIFICATES)]


def walk(snoop):
    for directory in directories():
        for name in os.listdir(directory):
            snoop.try_name(directory, name)
    for name in CERTIFICATES:
        snoop.try_directory(f"{STORE}/{name}/current")
    snoop.look_again()


class Watch:
    """The names that appear in directories, from the kernel."""

    def __init__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self._file = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._directories = {}
        for directory in directories():
            mask = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_MODIFY
            watch = libc.inotify_add_watch(self._file, directory.encode(), mask)
            if watch < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), directory)
            self._directories[watch] = directory

    def look(self, snoop):
        is_ready, _, _ = select.select([self._file], [], [], 0.05)
        events = os.read(self._file, 65536) if is_ready else b""
        while events:
            watch, _, _, length = struct.unpack_from("iIII", events)
            name = events[16 : 16 + length].rstrip(b"\0").decode()
            events = events[16 + length :]
            if name and watch in self._directories:
                snoop.try_name(self._directories[watch], name)
        snoop.look_again()


def main():
    is_over = []
    signal.signal(signal.SIGTERM, lambda *_: is_over.append(True))
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    snoop = Snoop()
    watch = Watch()
    print("ready", flush=True)
    while not is_over:
        if HOW == "watch":
            watch.look(snoop)
        else:
            walk(snoop)
    told = {"how": HOW, "attempts": snoop.attempts, "temporaries": snoop.temporaries}
    json.dump(told | {"opened": snoop.opened, "leaks": snoop.leaks}, sys.stdout)


main()

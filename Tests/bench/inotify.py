"""What appears in directories, as inotify(7) tells it."""

import ctypes
import os
import select
import struct
import time

IN_MOVED_TO, IN_CREATE = 0x80, 0x100
KINDS = {IN_MOVED_TO: "moved", IN_CREATE: "made"}
HEAD = struct.Struct("iIII")

_libc = ctypes.CDLL(None, use_errno=True)


class Watch:
    """Watches directories for the length of a block."""

    def __init__(self, *directories):
        self._descriptor = _checked(_libc.inotify_init1(os.O_CLOEXEC))
        self._places = {}
        for place in directories:
            mask = ctypes.c_uint32(IN_MOVED_TO | IN_CREATE)
            number = _libc.inotify_add_watch(self._descriptor, os.fsencode(place), mask)
            self._places[_checked(number)] = place

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._descriptor)

    def events(self, limit):
        """What happens from now on: Unix time, directory, name, and `made` or `moved`.

        - Throws: SystemExit when nothing has happened for `limit` seconds.
        """
        while True:
            if not select.select([self._descriptor], [], [], limit)[0]:
                raise SystemExit(f"bench: error: nothing appeared in {list(self._places.values())}")
            data, at, place = os.read(self._descriptor, 65536), time.time(), 0
            while place < len(data):
                number, mask, _, length = HEAD.unpack_from(data, place)
                place += HEAD.size
                name = data[place : place + length].rstrip(b"\0").decode()
                place += length
                for bit, kind in KINDS.items():
                    if mask & bit:
                        yield at, self._places[number], name, kind


def _checked(number):
    if number < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return number

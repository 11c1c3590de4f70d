"""Whether anything at all was written to an SQLite database, seen without asking it.

Of a database that nobody has written to since a page was true, the page is true. SQLite's own
readers find that out by the head of its log's index, memory which all processes share: each commit
changes a counter and a checksum there before it is acknowledged (sqlite.org/walformat.html, *The
WAL-Index Header*). These bytes are looked at here. That takes no lock and does not let go of the
interpreter, which among busy threads costs several times what a question does.
"""

import mmap
import os
from ctypes import py_object, pythonapi
from pathlib import Path
from threading import Lock
from typing import Any

#: The head stands there twice, so that who comes amid a commit sees that it is not done.
_HEAD_BYTES = 2 * 48

#: By which opening of the database it was seen, and what it was. As long as a connection of that
#: opening is there, it is never the same again after a commit; without one it may begin anew.
Head = tuple[int, bytes]


class LogIndex:
    """The head of the index in the file at *path*, for as long as a connection keeps that open.

    A process that closes a file, by whichever descriptor, loses all its locks on it: POSIX has it
    so, and SQLite's writers would lose theirs. So what is opened here stays open until nobody can
    have a lock on the file any more; not even the interpreter's end closes it.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._head = mmap.mmap(self._file, _HEAD_BYTES, access=mmap.ACCESS_READ)
        # A descriptor of its own goes with it.
        pythonapi.Py_IncRef(py_object(self._head))

    def head(self) -> bytes:
        return self._head[:]

    def is_over(self) -> bool:
        """Whether the file is gone: its last connection takes it along."""
        return os.fstat(self._file).st_nlink == 0

    def close(self) -> None:
        """Let go of what is over; whoever looks at this very moment still can."""
        os.close(self._file)
        pythonapi.Py_DecRef(py_object(self._head))


#: By the file's device and number.
_opened: dict[tuple[int, int], LogIndex] = {}
_lock = Lock()


def watched(connection: Any) -> LogIndex | None:
    """The log index of the database that *connection*, one of SQLite's own kind, is open to.

    ``None`` where there is none: the database keeps another journal, or for itself, or lies in
    memory.
    """
    cursor = connection.cursor()
    # The first to read opens the log.
    cursor.execute("PRAGMA schema_version").fetchone()
    keeps_log = cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    shares_it = cursor.execute("PRAGMA locking_mode").fetchone()[0] == "normal"
    file = cursor.execute("PRAGMA database_list").fetchone()[2]
    cursor.close()
    return _of(Path(f"{file}-shm")) if keeps_log and shares_it and os.name == "posix" else None


def _of(path: Path) -> LogIndex | None:
    with _lock:
        for place in [place for place, each in _opened.items() if each.is_over()]:
            _opened.pop(place).close()
        try:
            about = path.stat()
            if about.st_size < _HEAD_BYTES:
                return None
            place = (about.st_dev, about.st_ino)
            if place not in _opened:
                _opened[place] = LogIndex(path)
        except OSError:
            # A host may have its databases open in its own way: for itself alone, say.
            return None
        return _opened[place]

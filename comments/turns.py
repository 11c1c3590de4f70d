"""Who writes next, among all that write to one SQLite file.

SQLite lets one writer in and tells the others to come back: they sleep, for up to a tenth of a
second at a time, however soon the one before is done. Whoever writes here waits until it is their
turn and only then asks for the lock of the file, which is free at once. Threads of one process
wait for each other; the first of them waits for the other processes, which hold locks on a file
beside the database. The system takes these back from a process that dies. Nothing rests on a turn
but speed: SQLite's own lock is what keeps writers apart, and who has waited too long for a turn
goes and asks for it.
"""

import logging
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

try:
    import fcntl
except ImportError:  # why: Windows has none; there processes wait as SQLite has them wait
    _CAN_LOCK = False
else:
    _CAN_LOCK = True

log = logging.getLogger("comments.turns")

_TURN = "comments.turn"
#: Bytes of the file beside the database, held by whose turn it is and by who comes next. Without
#: the second a process with many to write for would never let another one in.
_NOW, _NEXT = 0, 1
#: Seconds until a process looks again: short beside a commit, long beside a look.
_LOOK_AGAIN = 0.0003
#: Seconds that a process waits for others; one that has waited so long in vain does without the
#: line for a while, since somebody may have been stopped in it who keeps SQLite from nobody.
_MOST, _ASIDE = 1.0, 10.0


def wait(session: Session, file: str | None, patience: float) -> None:
    """Wait for a turn at *file*, *patience* seconds at most; it ends with the transaction."""
    if file and _TURN not in session.info:
        session.info[_TURN] = _Turn(file, patience)


@contextmanager
def waited(file: str | None, patience: float) -> Iterator[None]:
    """The same for one statement that commits itself."""
    turn = _Turn(file, patience) if file else None
    try:
        yield
    finally:
        if turn is not None:
            turn.end()


def has_one(session: Session) -> bool:
    """Whether the transaction of *session* has waited already, and so may write."""
    return _TURN in session.info


@event.listens_for(Session, "after_transaction_end")
def _end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        turn: Any = session.info.pop(_TURN, None)
        if turn is not None:
            turn.end()


class _Turn:
    """A place in the line of *file*, given up once, at the latest when nobody holds it any more."""

    _is_ours = False

    def __init__(self, file: str, patience: float) -> None:
        self._line = line_of(file)
        self._is_ours = self._line.wait(patience)

    def end(self) -> None:
        if self._is_ours:
            self._is_ours = False
            self._line.leave()

    def __del__(self) -> None:
        self.end()


# ── the line ─────────────────────────────────────────────────────────────────────────────


class Line:
    """The line at one file."""

    def __init__(self, file: str) -> None:
        self._threads = Lock()
        self._processes = _Processes(Path(file))

    def wait(self, patience: float) -> bool:
        """Wait for a turn, *patience* seconds at most; whether it has come."""
        until = time.monotonic() + patience
        if not self._threads.acquire(timeout=patience):
            return False
        try:
            # Who waits too long for other processes is first all the same.
            self._processes.wait(until)
        except BaseException:
            self.leave()
            raise
        return True

    def leave(self) -> None:
        self._processes.leave()
        self._threads.release()

    def is_taken(self) -> bool:
        return self._threads.locked()

    def is_aside(self) -> bool:
        """Whether other processes are not waited for now."""
        return self._processes.is_aside()


_lines: dict[str, Line] = {}
if hasattr(os, "register_at_fork"):
    # What threads of the parent hold nobody gives back in the child.
    os.register_at_fork(after_in_child=_lines.clear)


def line_of(file: str) -> Line:
    # There is one for each file, whoever comes first.
    return _lines.get(file) or _lines.setdefault(file, Line(file))


class _Processes:
    """The line of the processes at *file*; one thread of ours at a time stands in it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        #: The file beside it, open until the process ends: to close it would let go of every lock.
        self._beside: int | None = None
        #: Until then the others are not asked.
        self._aside_until = 0.0 if _CAN_LOCK else math.inf

    def wait(self, until: float) -> None:
        """Wait until it is our turn, or :func:`time.monotonic` says *until*."""
        try:
            self._wait(until)
        except OSError as failed:
            # SQLite has everybody wait, as it did before there was a line.
            self._aside_until = math.inf
            log.info("no line of processes at %s: %s", self._file.name, failed.strerror)

    def is_aside(self) -> bool:
        return time.monotonic() < self._aside_until

    def leave(self) -> None:
        if self._beside is not None:
            with suppress(OSError):
                _let_go(self._beside, _NOW)

    def _wait(self, until: float) -> None:
        if self.is_aside():
            return
        if self._beside is None and self._file.is_file():
            self._beside = _open_beside(self._file)
        until = min(until, time.monotonic() + _MOST)
        if self._beside is not None and not _stand_in_line(self._beside, until):
            self._aside_until = time.monotonic() + _ASIDE


def _open_beside(file: Path) -> int:
    """A file for whoever may write to the database *file*; it stays empty."""
    beside, how = f"{file}-turn", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    about = file.stat()
    try:
        made = os.open(beside, how | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(beside, how)
    with suppress(PermissionError):
        # A command of root's makes it for the service.
        os.fchown(made, about.st_uid, about.st_gid)
    # Who may only read the database is not to stand in the way of those who write.
    writable = about.st_mode & 0o222
    os.fchmod(made, writable | writable << 1)
    return made


def _stand_in_line(file: int, until: float) -> bool:
    if not _wait_for(file, _NEXT, until):
        return False
    try:
        return _wait_for(file, _NOW, until)
    finally:
        _let_go(file, _NEXT)


def _wait_for(file: int, place: int, until: float) -> bool:
    while not _try(file, place):
        if time.monotonic() >= until:
            return False
        time.sleep(_LOOK_AGAIN)
    return True


def _try(file: int, place: int) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except (BlockingIOError, PermissionError):  # what systems say of a lock that another one has
        return False
    return True


def _let_go(file: int, place: int) -> None:
    fcntl.lockf(file, fcntl.LOCK_UN, 1, place)

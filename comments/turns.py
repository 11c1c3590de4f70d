"""Who writes next, among the threads of one process that write to one SQLite file.

SQLite lets one writer in and tells the others to come back: they sleep, for up to a tenth of a
second at a time, however soon the one before is done. Threads know better. Each waits here until
it is its turn and only then asks for the lock of the file, which is free at once unless another
process has it. Nothing rests on a turn but speed: SQLite's own lock is what keeps writers apart,
and who has waited too long for a turn goes and asks for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

_TURN = "comments.turn"


class _Turn:
    """A place in the line of *file*, given up once, at the latest when nobody holds it any more."""

    def __init__(self, file: str, patience: float) -> None:
        self._line = line_of(file)
        self._is_ours = self._line.acquire(timeout=patience)

    def end(self) -> None:
        if self._is_ours:
            self._is_ours = False
            self._line.release()

    def __del__(self) -> None:
        self.end()


@lru_cache(maxsize=256)
def line_of(_file: str) -> Lock:
    """The line at a file; held by whose turn it is."""
    return Lock()


def wait(session: Session, file: str | None, patience: float) -> None:
    """Wait for a turn at *file*, *patience* seconds at most; it ends with the transaction."""
    if file and _TURN not in session.info:
        session.info[_TURN] = _Turn(file, patience)


def has_one(session: Session) -> bool:
    """Whether the transaction of *session* has waited already, and so may write."""
    return _TURN in session.info


@contextmanager
def waited(file: str | None, patience: float) -> Iterator[None]:
    """The same for one statement that commits itself."""
    turn = _Turn(file, patience) if file else None
    try:
        yield
    finally:
        if turn is not None:
            turn.end()


@event.listens_for(Session, "after_transaction_end")
def _end(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        turn: Any = session.info.pop(_TURN, None)
        if turn is not None:
            turn.end()

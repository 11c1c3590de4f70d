"""What several readers write at the same moment, in one transaction of one of them.

On SQLite one writes at a time, and each commit waits for the disk: who comes meanwhile stands in
line for a wait of their own. Here the first of them writes for all who have gathered by the time
it is their turn, counted limits included, commits once and gives everybody their outcome. Nobody
is answered before that commit, so what was acknowledged is on the disk. If anything but a refusal
comes between, nothing of it is written and each does their own part alone; if the database lets
nobody write, all are told so.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from comments import signals, threads
from comments.database import begin_write
from comments.errors import CommentsError
from comments.identity import Author
from comments.threads.written import Written
from comments.web.limiting import Kind, Limits

log = logging.getLogger("comments.together")

#: Written in one go; those at the end of the line are not to wait for ever.
MOST = 32


@dataclass(eq=False, slots=True)
class Errand:
    """What one reader wants written, and what came of it."""

    kind: Kind
    author: Author
    act: Callable[[Session], Any]
    #: Set when it is done, or when it is theirs to write for those who wait.
    called: Event = field(default_factory=Event)
    is_done: bool = False
    #: Whether it was counted; who was not has to be told why.
    has_room: bool = False
    #: Whether what came of it stands: it is on the disk, or refused.
    is_settled: bool = False
    outcome: Any = None
    refused: CommentsError | None = None
    #: What came when the database let nobody write.
    failed: BaseException | None = None
    written: Written | None = None
    signals: Sequence[Any] = ()

    def run(self, session: Session, limits: Limits) -> None:
        self.has_room = limits.count_within(session.connection(), self.kind, self.author)
        if not self.has_room:
            return
        try:
            self.outcome = self.act(session)
        except CommentsError as refused:
            self.refused = refused
        self.written = threads.written(session)
        threads.forget_written(session)
        self.signals = signals.take(session)


class Gathering:
    """Those of one app who wait to be written."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._waiting: list[Errand] = []
        self._is_led = False

    def run(self, errand: Errand, session: Callable[[], Session]) -> None:
        """Have *errand* written by whoever writes next, or write for all in a *session*."""
        with self._lock:
            self._waiting.append(errand)
            leads, self._is_led = not self._is_led, True
        if not leads:
            errand.called.wait()
        if not errand.is_done:
            self._lead(session)
        elif errand.failed is not None:
            raise errand.failed

    def waiting(self) -> int:
        """How many wait to be written, who is about to do so included."""
        return len(self._waiting)

    def write_one(self, errand: Errand, session: Session) -> None:
        """Write *errand* at once, where nobody has to wait for others; nothing when that fails."""
        try:
            self._write([errand], session)
        except SQLAlchemyError as failed:
            log.info("tried once more: %s", type(failed).__name__)
            _take_back(session)

    def _lead(self, session: Callable[[], Session]) -> None:
        group: list[Errand] = []
        try:
            self._write_for(group, session())
        finally:
            self._call(group or self._take())

    def _write_for(self, group: list[Errand], session: Session) -> None:
        """Write for all who have gathered by the time it is our turn; *group* is who they are."""
        try:
            begin_write(session)
            group += self._take()
            self._write(group, session)
        except BaseException as error:
            _take_back(session)
            if not group:
                # Whoever waits would wait as long to be told the same.
                group += self._take()
                for errand in group:
                    errand.failed = error
            elif len(group) > 1 and isinstance(error, Exception):
                return
            raise

    def _write(self, group: Sequence[Errand], session: Session) -> None:
        for errand in group:
            errand.run(session, self._limits)
        session.commit()
        for errand in group:
            errand.is_settled = errand.has_room

    def _take(self) -> list[Errand]:
        """Whoever waits by now; who leads is the first of them."""
        with self._lock:
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return taken

    def _call(self, group: Sequence[Errand]) -> None:
        with self._lock:
            self._is_led = bool(self._waiting)
            heir = self._waiting[:1]
        for errand in group:
            errand.is_done = True
        for errand in [*heir, *group]:
            errand.called.set()


def _take_back(session: Session) -> None:
    """Nothing of what *session* has written is to stay, nor is anybody told of it."""
    session.rollback()
    signals.forget(session)
    threads.forget_written(session)

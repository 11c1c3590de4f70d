"""What several readers write at the same moment, in one transaction of one of them.

On SQLite one writes at a time, and each commit waits for the disk: who comes meanwhile stands in
line for a wait of their own. Here the first of them writes for all who have gathered by the time
it is their turn, counted limits included, commits once and gives everybody their outcome. Nobody
is answered before that commit, so what was acknowledged is on the disk. If anything but a refusal
comes between, nothing of it is written and each does their own part alone.

On PostgreSQL, which writes for many at once by itself, everybody writes alone. So does whose
session has begun something that only its own commit would keep.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, TypeVar

from flask import g
from sqlalchemy.orm import Session
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from comments import signals, threads
from comments.database import begin_write
from comments.errors import CommentsError
from comments.identity import Author
from comments.threads.written import Written
from comments.web.limiting import Kind, Limits
from comments.web.state import State, commit

Outcome = TypeVar("Outcome")
#: Written in one go; those at the end of the line are not to wait for ever.
MOST = 32


@dataclass(eq=False, slots=True)
class _Errand:
    """What one reader wants written, and what came of it."""

    kind: Kind
    author: Author
    act: Callable[[Session], Any]
    #: Set when it is done, or when it is theirs to write for those who wait.
    called: Event = field(default_factory=Event)
    is_done: bool = False
    #: Whether it is on the disk, or refused.
    is_settled: bool = False
    outcome: Any = None
    refused: CommentsError | None = None
    written: Written | None = None
    signals: Sequence[Any] = ()

    def run(self, session: Session, limits: Limits) -> None:
        self.is_settled = limits.count_within(session.connection(), self.kind, self.author)
        if not self.is_settled:
            return
        try:
            self.outcome = self.act(session)
        except CommentsError as refused:
            self.refused = refused
        self.written = threads.written(session)
        threads.forget_written(session)
        self.signals = signals.take(session)


class Together:
    """Those of one app who wait to be written."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._waiting: list[_Errand] = []
        self._is_led = False

    def run(self, errand: _Errand, session: Session) -> None:
        """Have *errand* written by whoever writes next, or write for all in *session*."""
        with self._lock:
            self._waiting.append(errand)
            leads, self._is_led = not self._is_led, True
        if not leads:
            errand.called.wait()
        if not errand.is_done:
            self._lead(session)

    def _lead(self, session: Session) -> None:
        group: list[_Errand] = []
        try:
            begin_write(session)
            group = self._take()
            for errand in group:
                errand.run(session, self._limits)
            session.commit()
        except BaseException:
            session.rollback()
            signals.forget(session)
            threads.forget_written(session)
            group = group or self._take()
            for errand in group:
                errand.is_settled = False
            if len(group) == 1:
                raise
        finally:
            self._call(group)

    def _take(self) -> list[_Errand]:
        """Whoever waits by now; who leads is the first of them."""
        with self._lock:
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return taken

    def _call(self, group: Sequence[_Errand]) -> None:
        with self._lock:
            self._is_led = bool(self._waiting)
            heir = self._waiting[:1]
        for errand in group:
            errand.is_done = True
        for errand in [*heir, *group]:
            errand.called.set()


def write(state: State, kind: Kind, author: Author, act: Callable[[Session], Outcome]) -> Outcome:
    """What *act* gives, when it is on the disk and counted as a call of *kind* by *author*.

    *act* gives plain values, since the session it is handed may be somebody else's; it refuses,
    by :class:`CommentsError`, before it has written anything.
    """
    session = state.session()
    errand = _Errand(kind, author, act)
    if _may_be_shared(state, session):
        state.together.run(errand, session)
    if not errand.is_settled:
        return _alone(state, kind, author, act)
    if errand.refused is not None:
        raise errand.refused
    g.comments_written = errand.written
    signals.send(errand.signals, state.owner)
    outcome: Outcome = errand.outcome
    return outcome


def _alone(state: State, kind: Kind, author: Author, act: Callable[[Session], Outcome]) -> Outcome:
    state.limits.check(kind, author)
    outcome = act(state.session())
    commit(state)
    return outcome


def _may_be_shared(state: State, session: Session) -> bool:
    """Whether nothing is lost, and nobody kept waiting, when another session does the writing."""
    engine = state.engine()
    is_a_file = engine.dialect.name == "sqlite" and not isinstance(
        engine.pool, (SingletonThreadPool, StaticPool)
    )
    return is_a_file and state.limits.are_in_database and not _has_begun(session)


def _has_begun(session: Session) -> bool:
    if session.new or session.dirty or session.deleted:
        return True
    if not session.in_transaction():
        return False
    raw: Any = session.connection().connection.dbapi_connection
    return bool(raw.in_transaction)

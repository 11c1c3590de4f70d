"""What is written together with what others write at the same moment, and what is not.

On PostgreSQL, which brings many commits to the disk at once by itself, everybody writes alone. So
does whose session has begun something that only its own commit would keep.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import g
from sqlalchemy.orm import Session
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from comments import signals
from comments.identity import Author
from comments.web.gathering import Errand
from comments.web.limiting import Kind
from comments.web.state import State, commit

Outcome = TypeVar("Outcome")


def write(state: State, kind: Kind, author: Author, act: Callable[[Session], Outcome]) -> Outcome:
    """What *act* gives, when it is on the disk and counted as a call of *kind* by *author*.

    *act* gives plain values, since the session it is handed may be somebody else's; it refuses,
    by :class:`CommentsError`, before it has written anything.
    """
    session = state.session()
    errand = Errand(kind, author, act)
    if _may_be_shared(state, session):
        state.gathering.run(errand, session)
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

"""A short write, counted and committed at once: on SQLite together with what others write.

PostgreSQL brings many commits to the disk at once by itself: there each call has a transaction of
its own, which also counts it against its limit. Whose session has begun something that only its
own commit would keep is counted before, and writes alone.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import g
from sqlalchemy.orm import Session

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
    errand = Errand(kind, author, act)
    # Who has no session yet may need none: the one who writes for them brings theirs.
    has_begun = state.has_session() and _has_begun(state.session())
    if has_begun or not state.limits.are_in_database:
        return _alone(state, kind, author, act)
    if state.engine().dialect.name == "sqlite":
        state.gathering.run(errand, state.session)
    else:
        state.gathering.write_one(errand, state.session())
    if not errand.is_settled:
        return _alone(state, kind, author, act)
    state.limits.tidy()
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


def _has_begun(session: Session) -> bool:
    """Whether *session* may hold what only its own commit would keep, or keeps others from
    writing."""
    if session.new or session.dirty or session.deleted:
        return True
    if not session.in_transaction():
        return False
    raw: Any = session.connection().connection.dbapi_connection
    # SQLite's driver begins a transaction with the first write.
    return bool(getattr(raw, "in_transaction", True))

"""A comment, counted in the transaction that stores it.

SQLite empties a connection's page cache when another connection has written, and each transaction
waits for its turn at the file: counted on a connection of their own, comments come a fifth more
slowly. What is refused is taken back, and then counted alone, since it costs a part of the budget
as well.
"""

import logging
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from comments import posting, screening
from comments.draft import Draft
from comments.identity import Author
from comments.posting import Posted
from comments.web.challenge import arrival
from comments.web.limiting import Kind
from comments.web.state import State, now

log = logging.getLogger("comments.counted")


class _NotCounted(Exception):
    """There is no room, or the counters fail; :meth:`Limits.check` knows which."""


def post(state: State, author: Author, draft: Draft, *, key_hash: str | None = None) -> Posted:
    """Store *draft* as a comment of *author*, and count it. Raises what :func:`posting.post`
    raises, and ``RateLimited``.

    A call that is repeated under its *key_hash* costs nothing.
    """
    session, limits = state.session(), state.limits
    store = partial(
        posting.post,
        session,
        author,
        draft,
        settings=state.settings,
        now=now(),
        idempotency_hash=key_hash,
        arrival=arrival(state, draft),
        screens=state.screens(),
    )
    if _is_all_ours(state) and limits.may_count_within(Kind.POSTING, author):
        try:
            return store(admit=partial(_count, state, author))
        except _NotCounted:
            session.rollback()
        except Exception:
            session.rollback()
            limits.check(Kind.POSTING, author)
            raise
    if not (key_hash and posting.is_repeated(session, key_hash, draft, now=now())):
        limits.check(Kind.POSTING, author)
    return store()


def _is_all_ours(state: State) -> bool:
    """Whether no host's screen is asked, which may cost the host something: for who is too many
    that is not to happen."""
    return tuple(state.screens()) == screening.SCREENS


def _count(state: State, author: Author, session: Session) -> None:
    try:
        has_room = state.limits.count_within(session.connection(), Kind.POSTING, author)
    except SQLAlchemyError as failed:
        log.info("counted apart: %s", type(failed).__name__)
        has_room = False
    if not has_room:
        raise _NotCounted

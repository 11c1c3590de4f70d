"""One thread: its key, its facts, its lock, its numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError, say
from comments.models import KEY_LENGTH, Comment, Thread

#: Keys in one call for counts.
MAX_COUNTS = 100
#: "What is new" is counted up to here; nobody reads "100,000 new comments" as a number.
MAX_NEW = 1000


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """A thread as it was read; ``id`` is ``None`` while nobody has written in it."""

    key: str
    id: int | None = None
    title: str | None = None
    url: str | None = None
    count: int = 0
    revision: int = 0
    closed: bool = False
    site: str | None = None


def check_key(key: Any) -> str:
    """*key* as an owner may name a thread: 1 to 255 visible characters; otherwise 422."""
    if not isinstance(key, str) or not key.strip():
        raise CommentsError("invalid", errors={"thread": say("Name the thread.")})
    if len(key) > KEY_LENGTH:
        too_long = say("A thread's key has at most %(most)s characters.", most=KEY_LENGTH)
        raise CommentsError("invalid", errors={"thread": too_long})
    if not key.isprintable():
        wrong = say("A thread's key has no control or invisible characters.")
        raise CommentsError("invalid", errors={"thread": wrong})
    return key


_facts = select(
    Thread.key,
    Thread.id,
    Thread.title,
    Thread.url,
    Thread.count,
    Thread.revision,
    Thread.closed_at,
    Thread.site,
)


def _read(row: Any) -> ThreadFacts:
    return ThreadFacts(
        row.key,
        row.id,
        row.title,
        row.url,
        row.count,
        row.revision,
        row.closed_at is not None,
        row.site,
    )


def find(session: Session, key: str) -> ThreadFacts:
    """The thread named *key*; an empty one when nobody has written in it."""
    row = session.execute(_facts.where(Thread.key == key)).one_or_none()
    return ThreadFacts(key) if row is None else _read(row)


def facts(thread: Thread) -> ThreadFacts:
    """What a page shows of a thread that is already at hand."""
    return ThreadFacts(
        thread.key,
        thread.id,
        thread.title,
        thread.url,
        thread.count,
        thread.revision,
        thread.closed,
        thread.site,
    )


def of_comment(session: Session, comment_id: int) -> ThreadFacts | None:
    """The thread that a comment is in, in one query; ``None`` when there is no such comment."""
    of_this_comment = select(Comment.thread_id).where(Comment.id == comment_id)
    row = session.execute(_facts.where(Thread.id.in_(of_this_comment))).one_or_none()
    return None if row is None else _read(row)


def by_id(session: Session, thread_id: int) -> ThreadFacts:
    return _read(session.execute(_facts.where(Thread.id == thread_id)).one())


def lock(session: Session, thread_id: int) -> Thread:
    """The thread's row, held until the end of the transaction.

    Everything that changes a thread comes through here, so changes to one thread happen one
    after the other and its counters and revision need no further care.
    """
    begin_write(session)
    return session.execute(
        select(Thread)
        .where(Thread.id == thread_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def lock_many(session: Session, thread_ids: Iterable[int]) -> None:
    """Hold several threads; sorted, so that two who lock several do it in the same order."""
    begin_write(session)
    session.execute(
        select(Thread.id)
        .where(Thread.id.in_(sorted(set(thread_ids))))
        .order_by(Thread.id)
        .with_for_update()
    ).all()


def lock_or_create(session: Session, key: str, *, now: datetime, site: str | None = None) -> Thread:
    """The thread named *key*, locked; made, for *site*, when this is its first comment."""
    begin_write(session)
    locked = (
        select(Thread)
        .where(Thread.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    thread = session.execute(locked).scalar_one_or_none()
    if thread is None:
        insert_or_ignore(session, Thread, key=key, created_at=now, site=site)
        thread = session.execute(locked).scalar_one()
    return thread


# ── counts and the pulse ─────────────────────────────────────────────────────────────────


def counts(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """Published comments of each thread, 0 for one nobody has written in; at most 100 keys."""
    if len(keys) > MAX_COUNTS:
        too_many = say("At most %(most)s threads can be counted at once.", most=MAX_COUNTS)
        raise CommentsError("invalid", errors={"thread": too_many})
    asked = [check_key(key) for key in keys]
    found = session.execute(select(Thread.key, Thread.count).where(Thread.key.in_(asked)))
    known = dict(found.all())
    return {key: known.get(key, 0) for key in asked}


def new_since(session: Session, thread: ThreadFacts, revision: int) -> int:
    """Comments that became visible after *revision*, counted up to :data:`MAX_NEW`."""
    if thread.id is None or revision >= thread.revision:
        return 0
    tail = (
        select(Comment.id)
        .where(Comment.thread_id == thread.id, Comment.published_revision > revision)
        .limit(MAX_NEW)
        .subquery()
    )
    return session.execute(select(func.count()).select_from(tail)).scalar_one()

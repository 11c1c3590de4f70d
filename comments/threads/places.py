"""One thread: its key, its facts, its lock, its numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from comments import spelled
from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError, say
from comments.models import KEY_LENGTH, Comment, Thread, table_of

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
    site: str | None = None
    created_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_at: datetime | None = None
    hold_all: bool = False


def closes_at(thread: Thread | ThreadFacts, close_days: int) -> datetime | None:
    """When *thread* closes or has closed; ``None`` for one that stays open.

    By a moderator, or by itself so many days after its first comment (0: never). One that a
    moderator has opened again stays open until somebody closes it, and one in which nothing was
    ever published, that somebody only asked to be told of, has not begun.
    """
    if thread.closed_at is not None:
        return thread.closed_at
    if not thread.revision:
        return None
    if not close_days or thread.created_at is None or thread.reopened_at is not None:
        return None
    return thread.created_at + timedelta(days=close_days)


def is_closed(thread: Thread | ThreadFacts, close_days: int, now: datetime) -> bool:
    """Whether nobody but moderators may write in *thread* any more."""
    closing = closes_at(thread, close_days)
    return closing is not None and closing <= now


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


_THREADS = table_of(Thread)
_COMMENTS = table_of(Comment)
_facts: Select[*tuple[Any, ...]] = select(*(_THREADS.c[each.name] for each in fields(ThreadFacts)))
_named = aliased(Thread, name="named")
_thread_of_the_key = func.coalesce(_named.merged_into_id, _named.id)


def _led_to() -> Select[*tuple[Any, ...]]:
    named = _THREADS.alias("named")
    led = func.coalesce(named.c.merged_into_id, named.c.id)
    found = _facts.join_from(named, _THREADS, _THREADS.c.id == led)
    return found.where(named.c.key == bindparam("key"))


def _around_comment() -> Select[*tuple[Any, ...]]:
    thread_id = select(_COMMENTS.c.thread_id).where(_COMMENTS.c.id == bindparam("comment_id"))
    return _facts.where(_THREADS.c.id.in_(thread_id))


# Every reader's first question; made once, since making them costs more than the answer.
_by_key, _by_comment = _led_to(), _around_comment()


def find(session: Session, key: str) -> ThreadFacts:
    """The thread that *key* names or, as an old key, leads to; an empty one when nobody has
    written in it. Its own key may be another one."""
    row = session.execute(_by_key, {"key": key}).one_or_none()
    return ThreadFacts(key) if row is None else ThreadFacts(*row)


def leads_to(session: Session, old_id: int, thread_id: int) -> bool:
    """Whether the thread *old_id* has been merged into *thread_id*."""
    merged = select(Thread.id).where(Thread.id == old_id, Thread.merged_into_id == thread_id)
    return session.execute(merged).first() is not None


def of_comment(session: Session, comment_id: int) -> ThreadFacts | None:
    """The thread that a comment is in, in one query; ``None`` when there is no such comment."""
    row = session.execute(_by_comment, {"comment_id": comment_id}).one_or_none()
    return None if row is None else ThreadFacts(*row)


def by_id(session: Session, thread_id: int) -> ThreadFacts:
    return ThreadFacts(*session.execute(_facts.where(Thread.id == thread_id)).one())


def facts_of(session: Session, ids: Iterable[int]) -> dict[int, ThreadFacts]:
    """Some threads, by id."""
    rows = session.execute(_facts.where(Thread.id.in_(list(ids))))
    return {row.id: ThreadFacts(*row) for row in rows}


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


class Held(NamedTuple):
    """What a vote needs to know of a thread that it holds."""

    id: int
    key: str
    site: str | None
    revision: int


_thread_of_it = select(_COMMENTS.c.thread_id).where(_COMMENTS.c.id == bindparam("comment"))
_HOLD_OF_COMMENT = (
    select(*(_THREADS.c[name] for name in Held._fields))
    .where(_THREADS.c.id == _thread_of_it.scalar_subquery())
    .with_for_update()
)


def hold_of_comment(session: Session, comment_id: int) -> Held:
    """:func:`lock` for the thread that a comment is in, in one statement; 404 when there is none.

    Gives numbers and no object. The comment may be in another thread by now, when its thread was
    merged while we waited.
    """
    if not 0 < comment_id < 2**63:
        raise CommentsError("no_such_comment")
    begin_write(session)
    session.flush()
    rows = spelled.run(session.connection(), _HOLD_OF_COMMENT, {"comment": comment_id})
    if not rows:
        raise CommentsError("no_such_comment")
    return Held(*rows[0])


def lock_many(session: Session, thread_ids: Iterable[int]) -> None:
    """Hold several threads; sorted, so that two who lock several do it in the same order."""
    begin_write(session)
    session.execute(
        select(Thread.id)
        .where(Thread.id.in_(sorted(set(thread_ids))))
        .order_by(Thread.id)
        .with_for_update()
    ).all()


_of_this_key = select(_thread_of_the_key).where(_named.key == bindparam("key"))
_held = _facts.add_columns(_THREADS.c.merged_into_id).with_for_update()
_HELD_BY_KEY = _held.where(_THREADS.c.id == _of_this_key.scalar_subquery())
_HELD_BY_ID = _held.where(_THREADS.c.id == bindparam("id"))


def lock_or_create(
    session: Session, key: str, *, now: datetime, site: str | None = None
) -> ThreadFacts:
    """The thread that *key* names or leads to, locked; made, for *site*, when this is its first
    comment.

    Gives what is known of it, and no object of the session. A thread that is merged while we wait
    for it leads on to the other: an old key's row is locked before the row it leads to, by whoever
    needs both.
    """
    begin_write(session)
    session.flush()
    connection = session.connection()
    rows = spelled.run(connection, _HELD_BY_KEY, {"key": key})
    if not rows:
        insert_or_ignore(session, Thread, key=key, created_at=now, active_at=now, site=site)
        rows = spelled.run(connection, _HELD_BY_KEY, {"key": key})
    [(*facts, merged_into_id)] = rows
    while merged_into_id is not None:
        [(*facts, merged_into_id)] = spelled.run(connection, _HELD_BY_ID, {"id": merged_into_id})
    return ThreadFacts(*facts)


# ── counts and the pulse ─────────────────────────────────────────────────────────────────


def counts(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """Published comments of each thread, 0 for one nobody has written in; at most 100 keys."""
    if len(keys) > MAX_COUNTS:
        too_many = say("At most %(most)s threads can be counted at once.", most=MAX_COUNTS)
        raise CommentsError("invalid", errors={"thread": too_many})
    asked = [check_key(key) for key in keys]
    of_target = select(Thread.count).where(Thread.id == _named.merged_into_id).scalar_subquery()
    count = func.coalesce(of_target, _named.count)
    found = session.execute(select(_named.key, count).where(_named.key.in_(asked)))
    known = {row[0]: row[1] for row in found}
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

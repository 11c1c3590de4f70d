"""The moderators' list of discussions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from comments import text
from comments.errors import CommentsError
from comments.models import Comment, Status, Thread
from comments.moderation.reach import Sites, in_reach, within

PAGE = 25

#: How the list can be ordered: the columns of its key, the highest first.
ORDERS = {
    "activity": (Thread.active_at, Thread.id),
    "count": (Thread.count, Thread.id),
}


@dataclass(frozen=True, slots=True)
class Threads:
    """A page of threads, how many comments wait in each, and where the next page begins."""

    threads: Sequence[Thread]
    waiting: Mapping[int, int]
    next: str | None


def listed(
    session: Session,
    sites: Sites,
    *,
    search: str = "",
    order: str = "activity",
    after: str | None = None,
    limit: int = PAGE,
) -> Threads:
    """Threads that stand, those whose key or title holds *search*.

    Raises 422 for an *after* that was not given here.
    """
    columns = ORDERS[order]
    wanted = [Thread.merged_into_id.is_(None), within(sites, Thread.id)]
    if search:
        wanted.append(_holds(search))
    if after:
        key = _opened(order, after)
        wanted.append(tuple_(*columns) < tuple_(*key, types=[column.type for column in columns]))
    in_order = [column.desc() for column in columns]
    found = session.scalars(
        select(Thread).where(*wanted).order_by(*in_order).limit(limit + 1)
    ).all()
    shown = found[:limit]
    more = _sealed(order, shown[-1]) if len(found) > limit else None
    return Threads(shown, waiting(session, [thread.id for thread in shown]), more)


def one(session: Session, sites: Sites, thread_id: int) -> Thread:
    """One thread; 404 beyond *sites*."""
    thread = session.get(Thread, thread_id) if thread_id < 2**63 else None
    if thread is None or not in_reach(sites, thread.site):
        raise CommentsError("not_found")
    return thread


def old_keys(session: Session, thread_id: int) -> Sequence[Thread]:
    """The rows whose keys lead to a thread."""
    led = select(Thread).where(Thread.merged_into_id == thread_id)
    return session.scalars(led.order_by(Thread.key)).all()


def pinned(session: Session, thread_id: int) -> Sequence[Comment]:
    """The comments that come first in a thread."""
    first = select(Comment).where(Comment.thread_id == thread_id, Comment.pinned_at.is_not(None))
    return session.scalars(first.order_by(Comment.pinned_at.desc(), Comment.id)).all()


def waiting(session: Session, thread_ids: Sequence[int]) -> dict[int, int]:
    """How many comments wait for a decision in each of these threads."""
    if not thread_ids:
        return {}
    counted = session.execute(
        select(Comment.thread_id, func.count())
        .where(Comment.status == Status.PENDING, Comment.thread_id.in_(thread_ids))
        .group_by(Comment.thread_id)
    )
    return {row[0]: row[1] for row in counted}


def _holds(search: str) -> ColumnElement[bool]:
    return or_(
        *(column.icontains(search, autoescape=True) for column in (Thread.key, Thread.title))
    )


# ── where a page begins ──────────────────────────────────────────────────────────────────


def _sealed(order: str, thread: Thread) -> str:
    first = text.moment_number(thread.active_at) if order == "activity" else thread.count
    return f"{first}.{thread.id}"


def _opened(order: str, after: str) -> tuple[Any, int]:
    first, _, last = after.partition(".")
    value = text.read_moment(first) if order == "activity" else text.read_number(first)
    thread_id = text.read_number(last)
    if value is None or thread_id is None:
        raise CommentsError("bad_cursor")
    return value, thread_id

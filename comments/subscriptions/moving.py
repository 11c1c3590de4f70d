"""Subscriptions follow what they are about: a discussion that is merged, a guest who signs in.

Of two that become the same one is left, the confirmed one where there is one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from comments.database import chunks
from comments.models import Comment, Scope, Subscription

_QUIET = {"synchronize_session": False}
#: What makes two subscriptions the same.
_WISH = ("subscriber_id", "thread_id", "scope", "author_id", "comment_id")


def to_thread(session: Session, thread_id: int, into_id: int) -> list[int]:
    """Move the subscriptions of one thread into another, both locked; gives those that moved."""
    here = Subscription.thread_id.in_((thread_id, into_id))
    rows = _held(session, here)
    return _move(session, [r for r in rows if r.thread_id == thread_id], rows, thread_id=into_id)


def back(session: Session, ids: Iterable[int], from_id: int, thread_id: int) -> None:
    """Undo of :func:`to_thread`: those that moved then, and what follows a comment that goes back.

    What had become the same as another one stays with the other discussion.
    """
    rows = _held(session, Subscription.thread_id.in_((from_id, thread_id)))
    moved = set(ids)
    theirs = set(
        session.scalars(
            select(Subscription.id)
            .join(Comment, Comment.id == Subscription.comment_id)
            .where(Subscription.thread_id == from_id, Comment.thread_id == thread_id)
        )
    )
    back = [r for r in rows if r.thread_id == from_id and r.id in moved | theirs]
    left = [r for r in back if r.scope is not Scope.COMMENT or r.id in theirs]
    _move(session, left, rows, thread_id=thread_id)


def to_author(session: Session, author_id: str, into_id: str) -> None:
    """What a guest asked for is the member's, whose threads are locked."""
    rows = _held(session, Subscription.author_id.in_((author_id, into_id)))
    _move(session, [r for r in rows if r.author_id == author_id], rows, author_id=into_id)


def threads_of(author_id: str) -> Any:
    """The threads in which *author_id* asked for something, to be locked before they move."""
    return select(Subscription.thread_id).where(Subscription.author_id == author_id)


def _held(session: Session, which: Any) -> Sequence[Any]:
    columns = (getattr(Subscription, name) for name in ("id", "confirmed_at", *_WISH))
    return session.execute(
        select(*columns).where(which).order_by(Subscription.id).with_for_update()
    ).all()


def _move(
    session: Session, moving: Sequence[Any], rows: Sequence[Any], **where_to: Any
) -> list[int]:
    """Give rows another thread or author; of two that become the same one goes."""
    going = {row.id for row in moving}
    there = {_wish(row): row for row in rows if row.id not in going}
    moved, gone = [], []
    for row in moving:
        other = there.get(_wish(row, where_to))
        if other is None:
            there[_wish(row, where_to)] = row
            moved.append(row.id)
        elif row.confirmed_at is not None and other.confirmed_at is None:
            gone.append(other.id)
            moved.append(row.id)
        else:
            gone.append(row.id)
    for some in chunks(gone):
        session.execute(
            delete(Subscription).where(Subscription.id.in_(some)), execution_options=_QUIET
        )
    for some in chunks(moved):
        session.execute(
            update(Subscription).where(Subscription.id.in_(some)).values(where_to),
            execution_options=_QUIET,
        )
    session.expire_all()
    return moved


def _wish(row: Any, changed: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
    changed = changed or {}
    return tuple(changed.get(name, getattr(row, name)) for name in _WISH)

"""What is said of each passage of an article."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from comments.anchors import Anchor
from comments.models import Comment, Status
from comments.threads.places import ThreadFacts
from comments.threads.rows import columns, shown_rows

#: Passages that an article's marks are made for: those somebody wrote about last.
MOST_PASSAGES = 500
#: Comments of one passage that its panel shows.
MOST_LAST = 5


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage with the number of its published comments; *anchor* is the latest one's, which
    knows the article best."""

    id: str
    count: int
    anchor: Anchor


def passages(session: Session, thread: ThreadFacts) -> list[Passage]:
    """The passages of *thread* that were commented on, the latest first; at most
    :data:`MOST_PASSAGES`."""
    last = func.max(Comment.id).label("last")
    counted = (
        select(func.count().label("count"), last)
        .where(*_on_passages(thread))
        .group_by(Comment.passage)
        .order_by(last.desc())
        .limit(MOST_PASSAGES)
        .subquery()
    )
    rows = session.execute(
        select(Comment.passage, counted.c.count, Comment.anchor)
        .join(counted, counted.c.last == Comment.id)
        .order_by(Comment.id.desc())
    )
    return [Passage(id, count, Anchor.from_json(anchor)) for id, count, anchor in rows]


def on_passage(session: Session, thread: ThreadFacts, passage: str) -> tuple[int, Sequence[Any]]:
    """How many comments are on *passage*, and the last of them in the order of time."""
    if not passage.isalnum():  # it names none, and PostgreSQL fails when it looks for a NUL
        return 0, ()
    here = (*_on_passages(thread), Comment.passage == passage)
    count = session.scalar(select(func.count()).select_from(Comment).where(*here)) or 0
    last = shown_rows.where(*here).order_by(Comment.id.desc()).limit(MOST_LAST)
    return count, session.execute(last).all()[::-1]


# Every page asks; made once, since making it costs more than the answer.
_any = (
    select(columns.id)
    .where(
        columns.thread_id == bindparam("of"),
        columns.status == Status.PUBLISHED,
        columns.anchor.is_not(None),
    )
    .limit(1)
)


def has_inline(session: Session, thread: ThreadFacts) -> bool:
    """Whether anybody has written about a passage."""
    return thread.count > 0 and session.execute(_any, {"of": thread.id}).first() is not None


def _on_passages(thread: ThreadFacts) -> tuple[Any, ...]:
    return (
        Comment.thread_id == thread.id,
        Comment.status == Status.PUBLISHED,
        Comment.anchor.is_not(None),
    )

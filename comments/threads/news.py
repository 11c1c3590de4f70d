"""What everybody sees differently in a thread since a revision of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from comments.models import Comment, Status
from comments.threads.places import ThreadFacts
from comments.threads.rows import rows, shown_rows

#: Comments of either kind in one answer; who has missed more looks at the thread anew.
MOST_NEWS = 50
#: The latest comments of which a reader is told when they came.
MOST_LATEST = 100


@dataclass(frozen=True, slots=True)
class News:
    """Rows as a page shows them; ``parents`` are those that the ones in ``came`` answer, by id."""

    #: What became visible, in the order in which it did: a reply after what it answers.
    came: Sequence[Any] = ()
    #: What was there before and reads differently, or has become an empty place.
    changed: Sequence[Any] = ()
    #: The ids of what has no place any more.
    gone: Sequence[int] = ()
    #: Whether that is all.
    complete: bool = True
    #: The latest comments, each with the revision at which it came.
    latest: Sequence[tuple[int, int]] = ()
    parents: dict[int, Any] = field(default_factory=dict)


def news(session: Session, thread: ThreadFacts, revision: int) -> News:
    """What came, changed and went in *thread* after *revision*, in four queries at the most.

    *thread* is read before: what changes between the two is in this answer and in the next one.
    """
    if thread.id is None:
        return News()
    latest = [(row.id, row.published_revision) for row in session.execute(_latest(thread))]
    latest.sort(key=lambda each: (each[1], each[0]), reverse=True)
    if revision >= thread.revision:
        return News(latest=latest)
    # The database takes them out of its indexes as they stand; of those that came at once, as an
    # import does, a reply follows what it answers by its number.
    came = sorted(
        session.execute(_came(thread, revision)), key=lambda row: (row.published_revision, row.id)
    )
    changed = sorted(
        session.execute(_changed(thread, revision)), key=lambda row: (row.changed_revision, row.id)
    )
    shown = [row for row in changed[:MOST_NEWS] if _has_a_place(row)]
    return News(
        came=came[:MOST_NEWS],
        changed=shown,
        gone=[row.id for row in changed[:MOST_NEWS] if not _has_a_place(row)],
        complete=max(len(came), len(changed)) <= MOST_NEWS,
        latest=latest,
        parents=_parents(session, [*came[:MOST_NEWS], *shown]),
    )


def changed_at(session: Session, thread: ThreadFacts) -> int:
    """The revision at which a comment last came, changed or went; votes do not move it."""
    if thread.id is None:
        return 0
    ends = []
    for column in (Comment.published_revision, Comment.changed_revision):
        last = select(func.max(column)).where(Comment.thread_id == thread.id, column.is_not(None))
        ends.append(last.scalar_subquery())
    return max(number or 0 for number in session.execute(select(*ends)).one())


def _latest(thread: ThreadFacts) -> Select[int, int | None]:
    return (
        select(Comment.id, Comment.published_revision)
        .where(Comment.thread_id == thread.id, Comment.published_revision.is_not(None))
        .order_by(Comment.published_revision.desc())
        .limit(MOST_LATEST)
    )


def _came(thread: ThreadFacts, revision: int) -> Select[Any]:
    return (
        shown_rows.where(Comment.thread_id == thread.id, Comment.published_revision > revision)
        .order_by(Comment.published_revision)
        .limit(MOST_NEWS + 1)
    )


def _changed(thread: ThreadFacts, revision: int) -> Select[Any]:
    was_there = or_(Comment.published_revision.is_(None), Comment.published_revision <= revision)
    return (
        shown_rows.where(
            Comment.thread_id == thread.id, Comment.changed_revision > revision, was_there
        )
        .order_by(Comment.changed_revision)
        .limit(MOST_NEWS + 1)
    )


def _has_a_place(row: Any) -> bool:
    """As ``Comment.listed`` says: published, or a tombstone that still carries replies."""
    return row.status is Status.PUBLISHED or row.replies_count > 0


def _parents(session: Session, of: Sequence[Any]) -> dict[int, Any]:
    """What deeper replies answer: they say so in words."""
    asked = {row.parent_id for row in of if row.depth > 1}
    return rows(session, asked) if asked else {}

"""Every stored counter of a site held against the rows, a stretch of rows at a time.

A stretch is compared by the database in one statement, so whatever people write meanwhile is seen
whole or not at all. Threads in which something differs are counted once more under their locks,
and mended if that is wanted: what people say in between waits a moment and is never undone.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from comments import threads
from comments.models import Comment, Report, Status, Thread, Vote
from comments.moderation.counters import DOWN, REVISIONS, UP, Wrong, mend, wrong_in

#: Rows compared in one statement.
STRETCH = 20_000
#: Rows counted again in one transaction, unless one thread has more: whoever writes waits for it.
AT_ONCE = 2_000


class Stretch(NamedTuple):
    """How many rows were looked at, and what was wrong in their threads."""

    rows: int
    wrong: list[Wrong]


def total(session: Session) -> int:
    """How many rows :func:`check` looks at."""
    return sum(
        session.scalar(select(func.count()).select_from(table)) or 0 for table in (Comment, Thread)
    )


def check(session: Session, *, repair: bool, now: datetime) -> Iterator[Stretch]:
    """Hold all counters against the rows; with *repair* what is wrong is mended.

    Ends the session's transaction after each stretch and after each few threads that it locks, so
    it can be broken off at any moment: what is mended stays so.
    """
    # Threads that were looked at as a whole need no second look for another of their rows.
    known: set[int] = set()
    for key, suspects in ((Comment.id, _suspects), (Thread.id, _suspected_threads)):
        last = 0
        while rows := _next_rows(session, key, last):
            found = session.scalars(suspects(last, rows.last)).all()
            session.rollback()
            wrong = []
            for some in _a_few_at_once(session, sorted(set(found) - known)):
                wrong += _look_closely(session, some, now if repair else None)
            known.update(found)
            last = rows.last
            yield Stretch(rows.number, wrong)


class _Rows(NamedTuple):
    number: int
    #: The id of the last one.
    last: int


def _next_rows(session: Session, key: Any, after: int) -> _Rows | None:
    """A stretch of rows behind the id *after*; *key* is the column of their ids."""
    ids = select(key.label("id")).where(key > after).order_by(key).limit(STRETCH).subquery()
    number, last = session.execute(select(func.count(), func.max(ids.c.id))).one()
    return _Rows(number, last) if number else None


def _a_few_at_once(session: Session, thread_ids: Sequence[int]) -> Iterator[list[int]]:
    """Threads with no more than :data:`AT_ONCE` comments together, and larger ones alone.

    One without any comment is alone as well: it may be an old key that leads to another thread,
    and is locked before that one by whoever needs both.
    """
    sized = select(Comment.thread_id, func.count()).where(Comment.thread_id.in_(thread_ids))
    sizes = dict(session.execute(sized.group_by(Comment.thread_id)).all())
    session.rollback()
    few, number = list[int](), 0
    for id in thread_ids:
        size = sizes.get(id, AT_ONCE)
        if few and number + size > AT_ONCE:
            yield few
            few, number = [], 0
        few.append(id)
        number += size
    if few:
        yield few


def _look_closely(
    session: Session, thread_ids: Sequence[int], mend_at: datetime | None
) -> list[Wrong]:
    threads.lock_many(session, thread_ids)
    held = select(Thread).where(Thread.id.in_(thread_ids)).order_by(Thread.id)
    found = session.scalars(held.execution_options(populate_existing=True)).all()
    wrong = wrong_in(session, found)
    if wrong and mend_at is not None:
        mend(session, found, wrong, mend_at)
        session.commit()
    else:
        session.rollback()
    return wrong


# ── where something differs ──────────────────────────────────────────────────────────────


def _suspects(after: int, last: int) -> Select[Any]:
    """Threads of the comments with these ids in which some value does not follow from its rows.

    The number of those below is held against the numbers of the answers: if each fits the next
    ones, all are right.
    """
    votes, answers, reports = (
        made(after, last) for made in (_votes_of, _answers_to, _open_reports_of)
    )
    up, down = func.coalesce(votes.c.up, 0), func.coalesce(votes.c.down, 0)
    below = func.coalesce(answers.c.below, 0)
    is_listed = or_(Comment.status == Status.PUBLISHED, Comment.replies_count > 0)
    return (
        select(Comment.thread_id)
        .outerjoin(votes, votes.c.comment_id == Comment.id)
        .outerjoin(answers, answers.c.parent_id == Comment.id)
        .outerjoin(reports, reports.c.comment_id == Comment.id)
        .where(
            Comment.id > after,
            Comment.id <= last,
            or_(
                Comment.up != up,
                Comment.down != down,
                Comment.score != up - down,
                Comment.vote_rank != down - up,
                Comment.replies_count != below,
                Comment.open_reports != func.coalesce(reports.c.number, 0),
                Comment.listed != is_listed,
                *_misplaced(),
            ),
        )
    )


def _votes_of(after: int, last: int) -> Any:
    counted = select(Vote.comment_id, UP.label("up"), DOWN.label("down"))
    these = counted.where(Vote.comment_id > after, Vote.comment_id <= last)
    return these.group_by(Vote.comment_id).subquery("votes")


def _answers_to(after: int, last: int) -> Any:
    answer = aliased(Comment)
    below = case((answer.status == Status.PUBLISHED, 1), else_=0) + answer.replies_count
    counted = select(answer.parent_id, func.sum(below).label("below"))
    these = counted.where(answer.parent_id > after, answer.parent_id <= last)
    return these.group_by(answer.parent_id).subquery("answers")


def _open_reports_of(after: int, last: int) -> Any:
    counted = select(Report.comment_id, func.count().label("number"))
    these = counted.where(Report.comment_id > after, Report.comment_id <= last)
    still = these.where(Report.settled_at.is_(None))
    return still.group_by(Report.comment_id).subquery("reports")


def _misplaced() -> Sequence[ColumnElement[bool]]:
    """The way to a comment is its parent's and one step; depth and root are read off it."""
    above = aliased(Comment)
    way = case((above.path == "", ""), else_=above.path + ".").concat(cast(above.id, String))
    right = select(way).where(above.id == Comment.parent_id).scalar_subquery()
    steps = func.length(Comment.path) - func.length(func.replace(Comment.path, ".", ""))
    root = cast(Comment.root_id, String)
    return (
        Comment.path != func.coalesce(right, ""),
        Comment.depth != case((Comment.path == "", 0), else_=steps + 1),
        and_(Comment.path == "", Comment.root_id.is_not(None)),
        and_(Comment.path != "", func.coalesce((Comment.path + ".").not_like(root + ".%"), True)),
    )


def _suspected_threads(after: int, last: int) -> Select[Any]:
    count = select(func.count()).where(
        Comment.thread_id == Thread.id, Comment.status == Status.PUBLISHED
    )
    newest = (
        select(func.max(of)).where(whose == Thread.id).scalar_subquery() for of, whose in REVISIONS
    )
    return select(Thread.id).where(
        Thread.id > after,
        Thread.id <= last,
        or_(
            Thread.count != count.scalar_subquery(),
            *(Thread.revision < func.coalesce(one, 0) for one in newest),
        ),
    )

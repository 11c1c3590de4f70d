"""How a site is doing, in numbers: what is written, what is decided, by whom and how soon.

All are of a window of days up to now and of the threads within a moderator's reach. Days are
those of UTC, on both databases.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from comments.database import is_sqlite
from comments.models import Comment, Decision, Status, Thread
from comments.moderation.actions import BY_PEOPLE
from comments.moderation.reach import Sites, within

#: The latest decisions that a median is taken of, the busiest threads, the busiest moderators.
MOST_DECISIONS = 20_000
MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Window:
    """Whole days, the last of them today."""

    first: date
    days: int
    sites: Sites = None

    @classmethod
    def of(cls, days: int, now: datetime, sites: Sites = None) -> "Window":
        return cls(now.astimezone(UTC).date() - timedelta(days=days - 1), days, sites)

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time.min, UTC)

    def dates(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.days)]


@dataclass(frozen=True, slots=True)
class Busy:
    """A thread and what was written in it within the window."""

    thread_id: int
    key: str
    title: str | None
    comments: int


@dataclass(frozen=True, slots=True)
class Worker:
    """A moderator: comments and other things decided, and in how many presses of a button."""

    actor: str
    name: str
    decided: int
    presses: int


def per_day(session: Session, window: Window) -> dict[date, Mapping[Status, int]]:
    """How many comments of each day stand in which state now; every day of the window."""
    day = _day(session, Comment.created_at)
    counted = session.execute(
        select(day, Comment.status, func.count())
        .where(*_written(window))
        .group_by(day, Comment.status)
    )
    found: dict[date, Counter[Status]] = {each: Counter() for each in window.dates()}
    for written, status, number in counted:
        on = date.fromisoformat(str(written))
        if on in found:  # a clock that runs ahead writes into tomorrow
            found[on][status] += number
    return dict(found)


def totals(days: Mapping[date, Mapping[Status, int]]) -> Counter[Status]:
    summed: Counter[Status] = Counter()
    for of_day in days.values():
        summed.update(of_day)
    return summed


def waited(session: Session, window: Window) -> list[timedelta]:
    """How long each comment that was held waited for its first decision by a person."""
    held = Decision.__table__.alias("held")
    held_at = (
        select(func.max(held.c.created_at))
        .where(
            held.c.comment_id == Decision.comment_id,
            held.c.after == Status.PENDING,
            held.c.batch == "",
            held.c.id < Decision.id,
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(Decision.comment_id, Decision.created_at, held_at)
        .where(
            BY_PEOPLE,
            Decision.action == "status",
            Decision.before == Status.PENDING,
            Decision.created_at >= window.since,
            within(window.sites, Decision.thread_id),
        )
        .order_by(Decision.created_at.desc(), Decision.id.desc())
        .limit(MOST_DECISIONS)
    )
    # A comment may be decided again after an undo; the newest come first, so the first one stays.
    first = {(id, since): decided for id, decided, since in rows if since is not None}
    return [max(decided - since, timedelta()) for (_, since), decided in first.items()]


def median_wait(waits: Sequence[timedelta]) -> timedelta | None:
    seconds = median(wait.total_seconds() for wait in waits) if waits else None
    return None if seconds is None else timedelta(seconds=seconds)


def busiest(session: Session, window: Window) -> list[Busy]:
    """The threads in which most was published."""
    number = func.count().label("number")
    counted = (
        select(Comment.thread_id, number)
        .where(*_written(window, (Status.PUBLISHED,)))
        .group_by(Comment.thread_id)
        .order_by(number.desc(), Comment.thread_id)
        .limit(MOST_ROWS)
        .subquery()
    )
    rows = session.execute(
        select(Thread.id, Thread.key, Thread.title, counted.c.number)
        .join(counted, counted.c.thread_id == Thread.id)
        .order_by(counted.c.number.desc(), Thread.id)
    )
    return [Busy(*row) for row in rows]


def workload(session: Session, window: Window) -> list[Worker]:
    """Who decided how much, the busiest first."""
    decided = func.count().label("decided")
    # Not the bare column: to group by it SQLite would read all of the index over it.
    actor = func.coalesce(Decision.actor, literal_column("''"))
    name = func.max(Decision.actor_name)
    rows = session.execute(
        select(actor, name, decided, func.count(Decision.batch.distinct()))
        .where(
            BY_PEOPLE,
            Decision.created_at >= window.since,
            within(window.sites, Decision.thread_id),
        )
        .group_by(actor)
        .order_by(decided.desc(), actor)
        .limit(MOST_ROWS)
    )
    return [Worker(*row) for row in rows]


def _written(window: Window, states: Sequence[Status] = tuple(Status)) -> list[ColumnElement[bool]]:
    # Every state is named: the index over state and time is read in as many pieces.
    return [
        Comment.status.in_(states),
        Comment.created_at >= window.since,
        within(window.sites, Comment.thread_id),
    ]


def _day(session: Session, moment: Any) -> ColumnElement[Any]:
    if is_sqlite(session):
        return func.date(moment)
    return func.date(func.timezone("UTC", moment))

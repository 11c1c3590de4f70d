"""Stored counters, held against the rows they count.

The truth is counted from the votes, the statuses, the open reports, and who answers whom. One
thread is looked at as a whole; :mod:`comments.moderation.checking` finds the threads worth it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session

from comments.models import Comment, Report, ScoreStep, Status, Thread, Vote

#: What is stored of a comment and follows from other columns and rows.
OF_COMMENTS = (
    "depth",
    "path",
    "root_id",
    "replies_count",
    "listed",
    "up",
    "down",
    "score",
    "vote_rank",
    "open_reports",
)


#: Where a change of a thread leaves its revision behind, and in which thread it was.
REVISIONS = (
    (Comment.published_revision, Comment.thread_id),
    (Comment.changed_revision, Comment.thread_id),
    (ScoreStep.revision, ScoreStep.thread_id),
)
#: How many of some votes say yes, and how many no.
UP, DOWN = (func.sum(case((which, 1), else_=0)) for which in (Vote.value > 0, Vote.value < 0))


class Wrong(NamedTuple):
    """A stored value that the rows do not bear out; without a comment it is the thread's own."""

    thread: str
    comment_id: int | None
    name: str
    stored: Any
    right: Any


def wrong_in(session: Session, thread: Thread) -> list[Wrong]:
    """What is wrong in one thread. Who wants to be sure while others write holds its lock."""
    columns = (Comment.id, Comment.parent_id, Comment.status)
    stored = [getattr(Comment, name) for name in OF_COMMENTS]
    in_thread = select(*columns, *stored).where(Comment.thread_id == thread.id)
    rows = session.execute(in_thread.order_by(Comment.id)).all()
    wrong = _wrong_of_thread(session, thread, rows)
    for row, right in _right(session, thread, rows):
        for name, value in right.items():
            if getattr(row, name) != value:
                wrong.append(Wrong(thread.key, row.id, name, getattr(row, name), value))
    return wrong


def _wrong_of_thread(session: Session, thread: Thread, rows: Iterable[Row[Any]]) -> list[Wrong]:
    count = sum(row.status is Status.PUBLISHED for row in rows)
    newest = _newest_revision(session, thread.id)
    return [
        Wrong(thread.key, None, name, stored, right)
        for name, stored, right in (
            ("count", thread.count, count),
            ("revision", thread.revision, max(newest, thread.revision)),
        )
        if stored != right
    ]


def _newest_revision(session: Session, thread_id: int) -> int:
    """The revision of the latest change that a row tells of; the thread's is never lower."""
    return max(
        session.scalar(select(func.max(of)).where(whose == thread_id)) or 0
        for of, whose in REVISIONS
    )


def _right(
    session: Session, thread: Thread, rows: Sequence[Row[Any]]
) -> Iterable[tuple[Row[Any], dict[str, Any]]]:
    """Each comment with the values it should have."""
    votes, reports = _votes(session, thread.id), _open_reports(session, thread.id)
    places = _places(rows)
    below = _below(rows, places)
    for row in rows:
        up, down = votes.get(row.id, (0, 0))
        listed = row.status is Status.PUBLISHED or below[row.id] > 0
        counted = (below[row.id], listed, up, down, up - down, down - up, reports.get(row.id, 0))
        yield row, dict(zip(OF_COMMENTS, (*places[row.id], *counted), strict=True))


def _votes(session: Session, thread_id: int) -> Mapping[int, tuple[int, int]]:
    counted = select(Vote.comment_id, UP, DOWN).join(Comment, Comment.id == Vote.comment_id)
    mine = counted.where(Comment.thread_id == thread_id).group_by(Vote.comment_id)
    return {id: (int(plus), int(minus)) for id, plus, minus in session.execute(mine)}


def _open_reports(session: Session, thread_id: int) -> Mapping[int, int]:
    counted = select(Report.comment_id, func.count()).join(Comment, Comment.id == Report.comment_id)
    still = counted.where(Comment.thread_id == thread_id, Report.settled_at.is_(None))
    return dict(session.execute(still.group_by(Report.comment_id)).all())


def _places(rows: Sequence[Row[Any]]) -> dict[int, tuple[int, str, int | None]]:
    """Depth, path and root of each comment by who answers whom, from the top down.

    What hangs on a comment of another thread is believed to be where it says.
    """
    answers: dict[int, list[int]] = defaultdict(list)
    ids = {row.id for row in rows}
    places: dict[int, tuple[int, str, int | None]] = {}
    for row in rows:
        if row.parent_id is None:
            places[row.id] = (0, "", None)
        elif row.parent_id in ids:
            answers[row.parent_id].append(row.id)
        else:
            places[row.id] = (row.depth, row.path, row.root_id)
    level = list(places)
    while level:
        for parent in level:
            depth, path, root = places[parent]
            way = f"{path}.{parent}" if path else str(parent)
            places.update(dict.fromkeys(answers[parent], (depth + 1, way, root or parent)))
        level = [answer for parent in level for answer in answers[parent]]
    return places


def _below(rows: Sequence[Row[Any]], places: Mapping[int, tuple[int, Any, Any]]) -> dict[int, int]:
    """How many published comments are below each one: the deepest are counted first."""
    below = dict.fromkeys((row.id for row in rows), 0)
    for row in sorted(rows, key=lambda row: places[row.id][0], reverse=True):
        if row.parent_id in below:
            below[row.parent_id] += below[row.id] + (row.status is Status.PUBLISHED)
    return below


# ── mending ──────────────────────────────────────────────────────────────────────────────


def mend(session: Session, thread: Thread, wrong: Sequence[Wrong], now: datetime) -> None:
    """Write what is right; the caller has held the thread's lock since it was counted.

    The thread gets a new revision, so that nobody goes on showing what was wrong.
    """
    by_name: dict[str, dict[int | None, Any]] = defaultdict(dict)
    for it in wrong:
        by_name[it.name][it.comment_id] = it.right
    thread.count = by_name.pop("count", {None: thread.count})[None]
    thread.revision = by_name.pop("revision", {None: thread.revision})[None]
    _remember_ranks(session, thread, wrong, now)
    thread.revision += 1
    # Who asks what has changed is told of those that come and go.
    if moved := by_name.get("listed"):
        by_name["changed_revision"] = dict.fromkeys(moved, thread.revision)
    for name, right in by_name.items():
        _write(session, name, right)
    session.flush()
    session.expire_all()


def _remember_ranks(
    session: Session, thread: Thread, wrong: Iterable[Wrong], now: datetime
) -> None:
    """As after a vote: whoever is reading "most voted" page by page misses nothing."""
    steps = [
        {
            "thread_id": thread.id,
            "revision": thread.revision + number,
            "comment_id": it.comment_id,
            "rank_before": it.stored,
            "created_at": now,
        }
        for number, it in enumerate((it for it in wrong if it.name == "vote_rank"), start=1)
    ]
    if steps:
        session.execute(insert(ScoreStep), steps)
        thread.revision += len(steps)


def _write(session: Session, name: str, right: Mapping[int | None, Any]) -> None:
    session.connection().execute(
        update(Comment).where(Comment.id == bindparam("at")).values({name: bindparam("right")}),
        [{"at": id, "right": value} for id, value in right.items()],
    )

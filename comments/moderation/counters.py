"""Stored counters, held against the rows they count.

The truth is counted from the votes, the statuses, the open reports, and who answers whom. Threads
are looked at as a whole; :mod:`comments.moderation.checking` finds those worth it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Row, Update, bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session

from comments.models import Comment, Report, ScoreStep, Status, Thread, Vote, table_of

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


_THESE: BindParameter[Any] = bindparam("threads", expanding=True)
_comments = table_of(Comment)
_READ = ("thread_id", "id", "parent_id", "status")
_FIRST_STORED = len(_READ)
_IN_THREADS = (
    select(*(_comments.c[name] for name in (*_READ, *OF_COMMENTS)))
    .where(_comments.c.thread_id.in_(_THESE))
    .order_by(_comments.c.thread_id, _comments.c.id)
)
_NEWEST = tuple(
    select(whose, func.max(of)).where(whose.in_(_THESE)).group_by(whose) for of, whose in REVISIONS
)
_VOTES = (
    select(Vote.comment_id, UP, DOWN)
    .join(Comment, Comment.id == Vote.comment_id)
    .where(Comment.thread_id.in_(_THESE))
    .group_by(Vote.comment_id)
)
_OPEN_REPORTS = (
    select(Report.comment_id, func.count())
    .join(Comment, Comment.id == Report.comment_id)
    .where(Comment.thread_id.in_(_THESE), Report.settled_at.is_(None))
    .group_by(Report.comment_id)
)


class Wrong(NamedTuple):
    """A stored value that the rows do not bear out; without a comment it is the thread's own."""

    thread: str
    comment_id: int | None
    name: str
    stored: Any
    right: Any


def wrong_in(session: Session, threads: Sequence[Thread]) -> list[Wrong]:
    """What is wrong in some threads, in their order. Who wants to be sure while others write holds
    their locks."""
    ids = [thread.id for thread in threads]
    rows: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_IN_THREADS, {"threads": ids}):
        rows[row.thread_id].append(row)
    votes, reports, newest = (
        _votes(session, ids),
        _open_reports(session, ids),
        _newest(session, ids),
    )
    wrong: list[Wrong] = []
    for thread in threads:
        in_thread = rows[thread.id]
        wrong += _wrong_of_thread(thread, in_thread, newest[thread.id])
        for row, right in zip(in_thread, _right(in_thread, votes, reports), strict=True):
            # Most often all is as it should be.
            if row[_FIRST_STORED:] != right:
                wrong += _differing(thread.key, row, right)
    return wrong


def _wrong_of_thread(thread: Thread, rows: Iterable[Row[Any]], newest: int) -> list[Wrong]:
    count = sum(row.status is Status.PUBLISHED for row in rows)
    return [
        Wrong(thread.key, None, name, stored, right)
        for name, stored, right in (
            ("count", thread.count, count),
            ("revision", thread.revision, max(newest, thread.revision)),
        )
        if stored != right
    ]


def _differing(key: str, row: Row[Any], right: tuple[Any, ...]) -> Iterator[Wrong]:
    for name, stored, value in zip(OF_COMMENTS, row[_FIRST_STORED:], right, strict=True):
        if stored != value:
            yield Wrong(key, row.id, name, stored, value)


def _newest(session: Session, thread_ids: Sequence[int]) -> dict[int, int]:
    """The revision of the latest change that a row tells of; the thread's is never lower."""
    newest = dict.fromkeys(thread_ids, 0)
    for statement in _NEWEST:
        for id, revision in session.execute(statement, {"threads": thread_ids}):
            newest[id] = max(newest[id], revision or 0)
    return newest


def _right(
    rows: Sequence[Row[Any]], votes: Mapping[int, tuple[int, int]], reports: Mapping[int, int]
) -> Iterator[tuple[Any, ...]]:
    """What should be stored of each comment of a thread, as :data:`OF_COMMENTS`."""
    places = _places(rows)
    below = _below(rows, places)
    for row in rows:
        up, down = votes.get(row.id, (0, 0))
        listed = row.status is Status.PUBLISHED or below[row.id] > 0
        counted = (below[row.id], listed, up, down, up - down, down - up, reports.get(row.id, 0))
        yield (*places[row.id], *counted)


def _votes(session: Session, thread_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    found = session.execute(_VOTES, {"threads": thread_ids})
    return {id: (int(plus), int(minus)) for id, plus, minus in found}


def _open_reports(session: Session, thread_ids: Sequence[int]) -> dict[int, int]:
    return dict(session.execute(_OPEN_REPORTS, {"threads": thread_ids}).all())


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


def mend(
    session: Session, threads: Sequence[Thread], wrong: Iterable[Wrong], now: datetime
) -> None:
    """Write what is right; the caller has held the threads' locks since it was counted.

    Each thread in which something was wrong gets a new revision, so that nobody goes on showing
    it. Comments that differ in the same values are written by one statement.
    """
    by_key: dict[str, list[Wrong]] = defaultdict(list)
    for it in wrong:
        by_key[it.thread].append(it)
    steps: list[dict[str, Any]] = []
    changes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for thread in threads:
        if in_thread := by_key.get(thread.key):
            steps += _mend_thread(thread, in_thread, now)
            for id, right in _by_comment(thread, in_thread).items():
                changes[tuple(right)].append({_AT: id, **right})
    if steps:
        session.connection().execute(insert(table_of(ScoreStep)), steps)
    for names, rows in changes.items():
        session.connection().execute(_update_of(names), rows)
    session.flush()
    session.expire_all()


def _mend_thread(thread: Thread, wrong: Sequence[Wrong], now: datetime) -> list[dict[str, Any]]:
    """Its own values. What is given is as after a vote: whoever is reading "most voted" page by
    page misses nothing."""
    right = {it.name: it.right for it in wrong if it.comment_id is None}
    revision = right.get("revision", thread.revision)
    steps = [
        {
            "thread_id": thread.id,
            "revision": revision + number,
            "comment_id": it.comment_id,
            "rank_before": it.stored,
            "created_at": now,
        }
        for number, it in enumerate((it for it in wrong if it.name == "vote_rank"), start=1)
    ]
    thread.count = right.get("count", thread.count)
    thread.revision = revision + len(steps) + 1
    return steps


def _by_comment(thread: Thread, wrong: Iterable[Wrong]) -> dict[int, dict[str, Any]]:
    """What is to be written of each comment."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for it in wrong:
        if it.comment_id is not None:
            found[it.comment_id][it.name] = it.right
            # Who asks what has changed is told of those that come and go.
            if it.name == "listed":
                found[it.comment_id]["changed_revision"] = thread.revision
    return found


_AT = "comment"


@cache
def _update_of(names: tuple[str, ...]) -> Update:
    right: dict[str, Any] = {name: bindparam(name) for name in names}
    return update(_comments).where(_comments.c.id == bindparam(_AT)).values(right)

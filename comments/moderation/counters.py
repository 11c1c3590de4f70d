"""Stored counters, held against the rows they count.

The truth is counted from the votes, the statuses, the open reports, and who answers whom. Threads
are looked at as a whole; :mod:`comments.moderation.checking` finds those worth it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import compress
from operator import ne
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Update, bindparam, case, func, insert, select, update
from sqlalchemy.orm import Session

from comments import spelled
from comments.models import Comment, Report, ScoreStep, Status, Thread, Vote, table_of


class _Stored(NamedTuple):
    """What is read of a comment; far quicker to look into than a row of SQLAlchemy's."""

    thread_id: int
    id: int
    parent_id: int | None
    status: Status
    depth: int
    path: str
    root_id: int | None
    replies_count: int
    listed: bool
    up: int
    down: int
    score: int
    vote_rank: int
    open_reports: int


#: What of that follows from other columns and rows begins here.
_FOLLOWS = _Stored._fields.index("depth")
OF_COMMENTS = _Stored._fields[_FOLLOWS:]
#: And of a thread.
OF_THREADS = ("count", "revision")


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
_IN_THREADS = (
    select(*(_comments.c[name] for name in _Stored._fields))
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


class WrongValue(NamedTuple):
    """A stored value that the rows do not bear out; without a comment it is the thread's own."""

    thread: str
    comment_id: int | None
    name: str
    stored: Any
    right: Any


class Wrong(NamedTuple):
    """All wrong values of one comment, or of one thread."""

    thread: str
    comment_id: int | None
    names: tuple[str, ...]
    stored: tuple[Any, ...]
    right: tuple[Any, ...]

    def values(self) -> Iterator[WrongValue]:
        for name, stored, right in zip(self.names, self.stored, self.right, strict=True):
            yield WrongValue(self.thread, self.comment_id, name, stored, right)


def wrong_in(session: Session, threads: Sequence[Thread]) -> list[Wrong]:
    """What is wrong in some threads, in their order. Who wants to be sure while others write holds
    their locks."""
    ids = [thread.id for thread in threads]
    rows: dict[int, list[_Stored]] = defaultdict(list)
    for row in map(_Stored._make, session.execute(_IN_THREADS, {"threads": ids}).all()):
        rows[row.thread_id].append(row)
    votes, reports = _votes(session, ids), _open_reports(session, ids)
    newest = _newest(session, ids)
    wrong: list[Wrong] = []
    for thread in threads:
        in_thread = rows[thread.id]
        count = sum(row.status is Status.PUBLISHED for row in in_thread)
        stored: tuple[Any, ...] = (thread.count, thread.revision)
        right: tuple[Any, ...] = (count, max(newest[thread.id], thread.revision))
        if stored != right:
            wrong.append(_differing(thread.key, None, OF_THREADS, stored, right))
        for row, right in zip(in_thread, _right(in_thread, votes, reports), strict=True):
            # Most often all is as it should be.
            if (stored := row[_FOLLOWS:]) != right:
                wrong.append(_differing(thread.key, row.id, OF_COMMENTS, stored, right))
    return wrong


def _differing(
    key: str, id: int | None, names: Sequence[str], stored: Sequence[Any], right: Sequence[Any]
) -> Wrong:
    differs = list(map(ne, stored, right))
    kept = (tuple(compress(values, differs)) for values in (names, stored, right))
    return Wrong(key, id, *kept)


def _newest(session: Session, thread_ids: Sequence[int]) -> dict[int, int]:
    """The revision of the latest change that a row tells of; the thread's is never lower."""
    newest = dict.fromkeys(thread_ids, 0)
    for statement in _NEWEST:
        for id, revision in session.execute(statement, {"threads": thread_ids}):
            newest[id] = max(newest[id], revision or 0)
    return newest


def _right(
    rows: Sequence[_Stored], votes: Mapping[int, tuple[int, int]], reports: Mapping[int, int]
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


def _places(rows: Sequence[_Stored]) -> dict[int, tuple[int, str, int | None]]:
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


def _below(rows: Sequence[_Stored], places: Mapping[int, tuple[int, Any, Any]]) -> dict[int, int]:
    """How many published comments are below each one: the deepest are counted first."""
    below = dict.fromkeys((row.id for row in rows), 0)
    for row in sorted(rows, key=lambda row: places[row.id][0], reverse=True):
        if row.parent_id in below:
            below[row.parent_id] += below[row.id] + (row.status is Status.PUBLISHED)
    return below


# ── mending ──────────────────────────────────────────────────────────────────────────────

#: Parameters of the statements below that are no columns.
_ID, _REVISION = "its_id", "its_revision"


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
            for it in in_thread:
                if it.comment_id is not None:
                    right = dict(zip(it.names, it.right, strict=True))
                    right |= {_ID: it.comment_id, _REVISION: thread.revision}
                    changes[it.names].append(right)
    connection = session.connection()
    if steps:
        spelled.run_many(connection, _REMEMBER, steps)
    for names, rows in changes.items():
        spelled.run_many(connection, _update_of(names), rows)
    session.flush()
    session.expire_all()


def _mend_thread(thread: Thread, wrong: Sequence[Wrong], now: datetime) -> list[dict[str, Any]]:
    """Its own values. What is given is as after a vote: whoever is reading "most voted" page by
    page misses nothing."""
    right = {
        value.name: value.right for it in wrong if it.comment_id is None for value in it.values()
    }
    revision = right.get("revision", thread.revision)
    moved = (it for it in wrong if "vote_rank" in it.names)
    steps = [
        {
            "thread_id": thread.id,
            "revision": revision + number,
            "comment_id": it.comment_id,
            "rank_before": it.stored[it.names.index("vote_rank")],
            "created_at": now,
        }
        for number, it in enumerate(moved, start=1)
    ]
    thread.count = right.get("count", thread.count)
    thread.revision = revision + len(steps) + 1
    return steps


_REMEMBER = insert(table_of(ScoreStep)).values(
    {column.name: bindparam(column.name) for column in table_of(ScoreStep).c}
)


@cache
def _update_of(names: tuple[str, ...]) -> Update:
    right: dict[str, Any] = {name: bindparam(name) for name in names}
    # Who asks what has changed is told of those that come and go.
    if "listed" in names:
        right["changed_revision"] = bindparam(_REVISION)
    return update(_comments).where(_comments.c.id == bindparam(_ID)).values(right)

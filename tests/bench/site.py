"""A whole site of a million comments: the same rows every time, straight into the tables.

Everything is as the use-cases would have left it: counters, paths, ranks, the log, the index of
the search. A hundredth of the comments waits for a moderator or was thrown out, and readers have
reported some. It takes a minute or two.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, func, select, text

from comments import index
from comments.models import Comment, Decision, Report, Status, Thread, Vote
from comments.models.columns import folded_name
from comments.text import lexemes
from tests.bench import bulk, data
from tests.bench.data import BEGAN, Planned
from tests.bench.report import Progress

#: One comment in so many waits or was thrown out, and has been reported.
HELD, REPORTED = 100, 1_000
_HELD_AS = (Status.PENDING, Status.PENDING, Status.SPAM)
#: People who write here.
_GUESTS = 50_000
#: Threads that are written in one go.
_AT_ONCE = 500
_MOST_VOTES = 11
#: How a number stands in the index of the search.
_BEFORE_NUMBERS = index.TEXT + lexemes.of("0")[0].removesuffix("0")

#: What follows from the comments, which the database makes of them.
_VOTES = f"""
    WITH numbers (n) AS (VALUES {", ".join(f"({n})" for n in range(_MOST_VOTES))})
    INSERT INTO {Vote.__tablename__} (comment_id, voter_id, value, created_at)
    SELECT id, 'guest:bench-voter-' || n, CASE WHEN n < up THEN 1 ELSE -1 END, created_at
    FROM {Comment.__tablename__}, numbers WHERE n < up + down ORDER BY id, n
"""  # noqa: S608
_DECISIONS = f"""
    INSERT INTO {Decision.__tablename__}
        (action, batch, comment_id, thread_id, after, actor, reason, created_at)
    SELECT 'status', '', id, thread_id, status, 'screen', '', created_at
    FROM {Comment.__tablename__} ORDER BY id
"""  # noqa: S608
_OF_PEOPLE = f"""
    INSERT INTO {Decision.__tablename__}
        (action, batch, comment_id, thread_id, before, after, actor, reason, created_at)
    SELECT 'status', 'batch ' || id, id, thread_id, 'published', status, 'host:bob', '', created_at
    FROM {Comment.__tablename__} WHERE status = 'deleted' ORDER BY id
"""  # noqa: S608
_REPORTS = f"""
    INSERT INTO {Report.__tablename__} (comment_id, reporter_id, reason, note, created_at)
    SELECT id, 'guest:bench-reader', 'spam', '', created_at
    FROM {Comment.__tablename__} WHERE open_reports > 0 ORDER BY id
"""  # noqa: S608


def sizes(comments: int, threads: int) -> list[int]:
    """The sizes of the threads of a site: a tenth of all comments in the largest, then ten of a
    tenth of that; a fifth in threads of a thousand; and most threads are small."""
    found = [comments // 10, *[comments // 100] * 10, *[1_000] * (comments // 5_000)]
    rest, left = comments - sum(found), threads - len(found)
    return found + [rest // left + (place < rest % left) for place in range(left)]


def build(engine: Engine, comments: int, threads: int) -> None:
    """Write a site of that size into a database with empty tables.

    The threads are called ``t1`` (the largest) and so on.
    """
    wanted = sizes(comments, threads)
    steps = range(0, len(wanted), _AT_ONCE)
    progress = Progress(f"building a site of {comments:,} comments", len(steps) + 2)
    with bulk.opened(engine) as (connection, write):
        first = 1
        for start in steps:
            progress.step(f"from comment {first:,} on")
            some = wanted[start : start + _AT_ONCE]
            _write(write, _rows(start + 1, first, some))
            first += sum(some)
        progress.step("votes, reports and the log")
        for derived in (_VOTES, _DECISIONS, _OF_PEOPLE, _REPORTS):
            connection.execute(text(derived))
        _number_on(connection)
        progress.step("indexes")
    progress.end()


def _write(write: bulk.Write, rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
    columns: dict[str, list[str]] = {}
    by_table: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, row in rows:
        columns.setdefault(table, list(row))
        by_table[table].append(tuple(row.values()))
    for table, some in by_table.items():
        write(table, columns[table], some)


def _number_on(connection: Connection) -> None:
    """Rows written with their ids leave PostgreSQL's sequences behind."""
    if connection.dialect.name != "postgresql":
        return
    for table in (Comment, Thread):
        newest = select(func.max(table.id)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.__tablename__, "id")
        connection.execute(select(func.setval(sequence, newest)))


# ── rows ─────────────────────────────────────────────────────────────────────────────────


def _rows(thread_id: int, first: int, some: list[int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Threads from *thread_id* on of these sizes, and their comments from the id *first* on."""
    for size in some:
        plan = _planned(size)
        yield Thread.__tablename__, _thread(thread_id, plan)
        for row in data.comments(plan, thread_id, first):
            held = row["id"] - first >= size - size // HELD
            yield from _comment(row, thread_id, held=held)
        thread_id, first = thread_id + 1, first + size


@cache
def _planned(size: int) -> list[Planned]:
    return data.conversation(size - size // HELD) + [Planned() for _ in range(size // HELD)]


def _thread(thread_id: int, plan: list[Planned]) -> dict[str, Any]:
    talked = plan[: len(plan) - len(plan) // HELD]
    began = BEGAN + timedelta(minutes=thread_id)
    return {
        "id": thread_id,
        "key": f"t{thread_id}",
        "title": f"About {thread_id}",
        "count": sum(not planned.removed for planned in talked),
        "revision": len(plan) + sum(planned.up + planned.down for planned in talked),
        "created_at": str(began),
        "active_at": str(began + timedelta(seconds=7 * len(plan))),
    }


def _comment(
    row: dict[str, Any], thread_id: int, *, held: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    id = row["id"]
    status = _HELD_AS[id % len(_HELD_AS)] if held else row["status"]
    shows = status is Status.PUBLISHED
    at = str(row["created_at"] + timedelta(minutes=thread_id))
    guest = id * 7_919 % _GUESTS
    name, folded, name_terms = _guest(guest)
    yield (
        Comment.__tablename__,
        row
        | {
            "status": status.value,
            "listed": row["listed"] and not held,
            "published_revision": row["published_revision"] if shows else None,
            "author_id": f"guest:bench-{guest}",
            "author_kind": row["author_kind"].value,
            "author_name": name,
            "author_folded": folded,
            "body": f"{row['body']}\n\nNumber {id}.",
            "html": f"{row['html']}<p>Number {id}.</p>\n",
            "created_at": at,
            "status_at": at,
            "status_reason": "" if shows else "The first comment of a guest.",
            "risk": id % 100 / 100,
            "open_reports": int(shows and id % REPORTED == 7),
        },
    )
    terms = f"{_text_terms(row['body'])} {_BEFORE_NUMBERS}{id} {name_terms}"
    yield index.NAME, {bulk.SEARCH_KEY: id, "terms": terms}


@cache
def _guest(number: int) -> tuple[str, str, str]:
    """A guest's name, as it is compared, and as it is in the index of the search."""
    name = f"{data.WORDS[number % len(data.WORDS)].title()} {number}"
    terms = (index.AUTHOR + lexeme for lexeme in lexemes.of(name))
    return name, folded_name(name), " ".join(terms)


@cache
def _text_terms(body: str) -> str:
    return " ".join(index.TEXT + lexeme for lexeme in lexemes.of(f"{body} Number"))

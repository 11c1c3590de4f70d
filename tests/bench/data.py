"""Threads of any size, made without posting: the same rows every time, straight into the tables.

A hundred thousand comments through ``posting.post`` would take minutes. Here they are planned in
memory (who answers whom, who was removed, who was voted on) and written in bulk, with every
counter, path and rank as the use-cases would have left them; ``tests.reading.wrong_counters`` finds
nothing to complain about. Only the audit log stays empty, since no reader's page looks at it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from comments.models import AuthorKind, Comment, Status, Thread, Vote
from comments.text import RENDERER_VERSION, render

BEGAN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
BATCH = 5_000
GUESTS = 400
BODIES = 200
BODY_LENGTH = 280

_SENTENCE = """
    tram night stop harbour ticket council plan money street late early people work always never
    because although window noise quiet bridge morning driver school market question answer number
    page reason winter light walk wait build close open keep think know say
"""
WORDS = _SENTENCE.split()


@dataclass(slots=True)
class Planned:
    """One comment before it is a row; places count from 0 in the order of posting."""

    parent: int | None = None
    removed: bool = False
    up: int = 0
    down: int = 0
    path: list[int] = field(default_factory=list)
    published_below: int = 0


# ── shapes ───────────────────────────────────────────────────────────────────────────────


def conversation(size: int) -> list[Planned]:
    """*size* comments as people write them: one in five begins something new, the others answer
    what was written lately, half of them very lately; a few were removed.

    Any stretch of it looks like any other, so a page holds as much of a long conversation as of
    a short one, and the two can be compared.
    """
    dice = Random(size)
    plan: list[Planned] = []
    for place in range(size):
        fresh = place == 0 or dice.random() < 0.2
        earliest = place - (20 if dice.random() < 0.5 else 200)
        parent = None if fresh else dice.randrange(max(0, earliest), place)
        plan.append(_voted_on(dice, Planned(parent, removed=dice.random() < 0.02)))
    return _with_ways(plan)


def pile(size: int) -> list[Planned]:
    """One comment and *size* answers to it."""
    dice = Random(size)
    answers = [_voted_on(dice, Planned(parent=0)) for _ in range(size)]
    return _with_ways([Planned(), *answers])


def _voted_on(dice: Random, planned: Planned) -> Planned:
    planned.up = dice.choice((0, 0, 0, 0, 0, 1, 1, 2, 3, 9))
    planned.down = dice.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 2))
    return planned


def _with_ways(plan: list[Planned]) -> list[Planned]:
    for planned in plan:
        if planned.parent is not None:
            planned.path = [*plan[planned.parent].path, planned.parent]
    for planned in reversed(plan):
        if planned.parent is not None:
            below = planned.published_below + (not planned.removed)
            plan[planned.parent].published_below += below
    return plan


# ── rows ─────────────────────────────────────────────────────────────────────────────────


def load(session: Session, key: str, plan: list[Planned]) -> int:
    """Write *plan* as the thread *key* and commit; gives the id of its first comment."""
    published = sum(not planned.removed for planned in plan)
    votes = sum(planned.up + planned.down for planned in plan)
    thread = Thread(
        key=key, count=published, revision=len(plan) + votes, created_at=BEGAN, title=f"About {key}"
    )
    session.add(thread)
    session.flush()
    first_id = (session.scalar(select(func.max(Comment.id))) or 0) + 1
    _write(session, Comment, comments(plan, thread.id, first_id))
    _write(session, Vote, _votes(plan, first_id))
    _numbers_go_on(session)
    session.commit()
    return first_id


def _write(session: Session, model: type[Any], rows: Iterator[dict[str, Any]]) -> None:
    table: Table = model.__table__
    while batch := list(islice(rows, BATCH)):
        session.connection().execute(insert(table), batch)


def comments(plan: list[Planned], thread_id: int, first_id: int) -> Iterator[dict[str, Any]]:
    written = bodies()
    dice = Random(len(plan))
    for place, planned in enumerate(plan):
        body, html = dice.choice(written)
        guest = dice.randrange(GUESTS)
        visible = not planned.removed
        above = [first_id + step for step in planned.path]
        yield {
            "id": first_id + place,
            "thread_id": thread_id,
            "parent_id": above[-1] if above else None,
            "root_id": above[0] if above else None,
            "depth": len(above),
            "path": ".".join(map(str, above)),
            "status": Status.PUBLISHED if visible else Status.DELETED,
            "listed": visible or planned.published_below > 0,
            "published_revision": place + 1 if visible else None,
            "author_id": f"guest:bench-{guest}",
            "author_kind": AuthorKind.GUEST,
            "author_name": f"{WORDS[guest % len(WORDS)].title()} {guest}",
            "body": body,
            "html": html,
            "renderer_version": RENDERER_VERSION,
            "created_at": BEGAN + timedelta(seconds=7 * place),
            "up": planned.up,
            "down": planned.down,
            "score": planned.up - planned.down,
            "vote_rank": planned.down - planned.up,
            "replies_count": planned.published_below,
        }


def _votes(plan: list[Planned], first_id: int) -> Iterator[dict[str, Any]]:
    for place, planned in enumerate(plan):
        for voter, value in enumerate([1] * planned.up + [-1] * planned.down):
            yield {
                "comment_id": first_id + place,
                "voter_id": f"guest:bench-voter-{voter}",
                "value": value,
                "created_at": BEGAN + timedelta(seconds=7 * place + voter),
            }


@cache
def bodies() -> list[tuple[str, str]]:
    """Some texts of about 280 bytes with their HTML, for all comments to share."""
    dice = Random(BODIES)
    texts = [sentences(dice) for _ in range(BODIES)]
    return [(body, render(body)) for body in texts]


def sentences(dice: Random) -> str:
    """Two paragraphs of about :data:`BODY_LENGTH` bytes."""
    words: list[str] = []
    while sum(map(len, words)) + len(words) < BODY_LENGTH:
        words.append(dice.choice(WORDS))
    words[3] = f"**{words[3]}**"
    if dice.random() < 0.2:
        words[-3] = f"https://example.org/{words[-3]}"
    middle = len(words) // 2
    return " ".join(words[:middle]).capitalize() + ".\n\n" + " ".join(words[middle:]) + "."


def _numbers_go_on(session: Session) -> None:
    """Rows written with their ids leave PostgreSQL's sequence behind; SQLite follows by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    newest = select(func.max(Comment.id)).scalar_subquery()
    session.execute(
        select(func.setval(func.pg_get_serial_sequence(Comment.__tablename__, "id"), newest))
    )

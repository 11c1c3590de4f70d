"""A wave: ten thousand comments decided about with one press, while readers go on reading."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from comments import moderation, threads, tree
from comments.models import Comment, Status
from comments.moderation import Action, queue
from comments.moderation.queue import Filter
from tests import factories as make
from tests.bench import databases
from tests.bench.report import Goal, print_table
from tests.bench.section import Run

WAVE = 10_000
THREADS = 40
#: Decided one by one, to be held against.
ALONE = 100
MOST_SECONDS = 5.0


@dataclass
class Reader:
    """Somebody who reads one thread after the other; how long pages took, what was wrong."""

    engine: Engine
    stop: threading.Event = field(default_factory=threading.Event)
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def read(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            began = time.perf_counter()
            with Session(self.engine) as session:
                key, order = f"wave {number % THREADS}", tree.order_named("newest")
                page = threads.page(session, make.KEYS, key, order, limit=100)
            self.seconds.append(time.perf_counter() - began)
            hidden = [n for n in page.nodes if n.row.status is not Status.PUBLISHED]
            if hidden:
                self.faults.append(f"{key} shows {len(hidden)} hidden comments")
            self.stop.wait(0.005)


@dataclass(frozen=True)
class Row:
    name: str
    seconds: float
    #: Of these, what this process computed for it: a busy machine makes the rest.
    cpu_seconds: float
    times_quicker: float
    slowest_page: float
    faults: int


def measure(run: Run, size: int = WAVE) -> list[Goal]:
    """Print the table; the goal is the wave of comments that waited."""
    rows = []
    with databases.opened(f"sqlite:///{run.folder / 'wave.sqlite3'}") as engine:
        for name, stood, leads_to in (
            ("spam in the queue", Status.SPAM, Status.REJECTED),
            ("published already", Status.PUBLISHED, Status.SPAM),
        ):
            _fill(engine, size, stood)
            alone = _one_by_one(engine, stood, leads_to)
            cleared: list[str] = []
            clear = partial(_clear, stood=stood, leads_to=leads_to, cleared=cleared)
            rows.append(_watched(name, engine, alone, clear))
            take_back = partial(_take_back, cleared=cleared)
            rows.append(_watched(f"{name}, undone", engine, alone, take_back))
    print_table(
        f"A wave of {size:,} comments, with a reader meanwhile",
        ("", "seconds", "CPU", "than one by one", "slowest page meanwhile", "faults"),
        [
            (
                row.name,
                f"{row.seconds:.2f}",
                f"{row.cpu_seconds:.2f}",
                f"{row.times_quicker:.0f} ×",
                f"{row.slowest_page:.2f} s",
                str(row.faults),
            )
            for row in rows
        ],
    )
    slowest = max(row.seconds for row in rows)
    right = not any(row.faults for row in rows)
    return [
        Goal(f"{size:,} at once ≤ 5 s, and back", f"{slowest:.2f} s", slowest <= MOST_SECONDS),
        Goal("pages are right meanwhile", "yes" if right else "no", right),
    ]


def _fill(engine: Engine, size: int, stood: Status) -> None:
    with Session(engine) as session:
        session.execute(update(Comment).where(Comment.status == stood).values(body=""))
        for number in range(THREADS):
            key = f"wave {number}" if stood is Status.PUBLISHED else f"wave of spam {number}"
            ids = make.rows(session, (size + ALONE) // THREADS + 1, key=key, parents=(None, 0, 1))
            if stood is not Status.PUBLISHED:
                moderation.set_status_of_many(session, ids, stood, _action())
        session.commit()


def _one_by_one(engine: Engine, stood: Status, leads_to: Status) -> float:
    """Seconds that each decision takes alone, its commit included."""
    with Session(engine) as session:
        ids = _matching(session, stood)[:ALONE]
        began = time.perf_counter()
        for id in ids:
            moderation.decide(session, id, leads_to, _action())
            session.commit()
        return (time.perf_counter() - began) / ALONE


def _watched(name: str, engine: Engine, alone: float, act: Callable[[Session], int]) -> Row:
    reader = Reader(engine)
    reading = threading.Thread(target=reader.read)
    reading.start()
    with Session(engine) as session:
        began, busy = time.perf_counter(), time.thread_time()
        changed = act(session)
        session.commit()
        seconds, busy = time.perf_counter() - began, time.thread_time() - busy
    reader.stop.set()
    reading.join()
    slowest = max(reader.seconds, default=0)
    quicker = alone * changed / seconds
    return Row(name, seconds, busy, quicker, slowest, len(reader.faults))


def _clear(session: Session, *, stood: Status, leads_to: Status, cleared: list[str]) -> int:
    action = _action()
    cleared.append(action.batch)
    ids = _matching(session, stood)[:WAVE]
    return len(moderation.decide_many(session, ids, leads_to, action))


def _take_back(session: Session, *, cleared: list[str]) -> int:
    return moderation.undo(session, cleared[0], _action())


def _matching(session: Session, stood: Status) -> list[int]:
    asked = Filter(show=stood.value)
    seen = queue.Seen(2**40, datetime.now(UTC))
    return list(queue.matching(session, asked, None, seen))


def _action(**facts: Any) -> Action:
    return Action(by="host:1", name="Bob", now=datetime.now(UTC), **facts)

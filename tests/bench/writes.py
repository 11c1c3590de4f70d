"""Votes and comments a second: through HTTP, with limits counted and every commit on the disk.

``make bench ARGS="--only writes"``. On SQLite as the service runs it, and on both databases with a
worker process for each core. Writers are processes of their own, with one connection and with
eight; the CPU time is that of all processes of ours and of the database.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from tests.bench import data, databases, load, ours
from tests.bench.load import Load
from tests.bench.report import Goal, Progress, print_list, print_table, sqlite_version
from tests.bench.section import Run
from tests.bench.servers import Server, service
from tests.services.postgres import Postgres

FEW, MANY = 1, 8
LEAST_VOTES, LEAST_POSTS = 850, 550
#: A long thread takes comments as quickly as a new one, but for what a run differs by.
LEAST_OF_SHORT = 0.9
#: One comment in a viral hour, and those who read along.
VIRAL_VOTES, VIRAL_READERS, MOST_TIMES_QUIET = 200, 50, 2.0
#: Requests of one run have numbers of their own; no run sends so many.
_APART = 20_000


@dataclass(slots=True)
class Stage:
    """A running server on a loaded database, and what has been measured on it."""

    about: str
    server: Server
    sizes: tuple[int, ...]
    #: A published comment of the longest thread.
    comment: int
    rates: dict[str, list[Load]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(0, _APART))

    def run(self, name: str, kind: str, target: str, connections: int, seconds: float) -> None:
        began = self.server.cpu_seconds()
        latencies = load.told(self.start(kind, target, connections, seconds), seconds)
        used = self.server.cpu_seconds() - began
        cuts = quantiles(latencies, n=100)
        rate = Load(len(latencies) / seconds, cuts[49], cuts[98], 1000 * used / len(latencies))
        self.rates.setdefault(name, []).append(rate)

    def start(
        self, kind: str, target: str, connections: int, seconds: float, per_second: float = 0
    ) -> "subprocess.Popen[str]":
        port = urlsplit(self.server.url).port
        how = (port, seconds, connections, next(self._numbers), per_second, kind, target)
        return load.started("writer", *how)

    def middle(self, name: str) -> Load:
        """Of all rounds."""
        return load.middle(self.rates[name])


def measure(run: Run) -> list[Goal]:
    sizes = (10_000,) if run.quick else (10_000, 100_000)
    rounds, seconds = (2, 2.0) if run.quick else (3, 4.0)
    goals: list[Goal] = []
    cores = os.cpu_count() or 1
    for kind, workers in dict.fromkeys((("sqlite", 1), ("sqlite", cores), ("postgres", cores))):
        with _stage(kind, run.folder, sizes, workers) as stage:
            _write(stage, rounds, seconds)
            _print(stage)
            goals += _goals(stage)
            goals.append(_viral(stage, rounds, seconds))
    return goals


@contextmanager
def _stage(kind: str, folder: Path, sizes: tuple[int, ...], workers: int) -> Iterator[Stage]:
    processes = "one process" if workers == 1 else f"{workers} processes"
    if kind == "sqlite":
        place = folder / f"writes-{workers}"
        place.mkdir()
        uri, about = f"sqlite:///{place / 'writes.sqlite3'}", f"{sqlite_version()}, {processes}"
        with _served(place, uri, sizes, about, workers=workers) as stage:
            yield stage
        return
    postgres = Postgres(durable=True)
    about = f"PostgreSQL, {processes}"
    try:
        with _served(folder, postgres.create(), sizes, about, workers=workers) as stage:
            stage.server.also = postgres.pid
            yield stage
    finally:
        postgres.stop()


@contextmanager
def _served(
    folder: Path, uri: str, sizes: tuple[int, ...], about: str, *, workers: int
) -> Iterator[Stage]:
    comment = _load(uri, sizes)
    print_list(f"Database: {about}")
    with service(folder, uri, **settings(workers)) as server:
        yield Stage(about, server, sizes, comment)


def settings(workers: int) -> dict[str, object]:
    """Limits counted; everybody comes from a network of their own and is published at once."""
    return {
        "COMMENTS_RATE_LIMITS": "on",
        "COMMENTS_TRUSTED_PROXIES": 1,
        "COMMENTS_HOLD": "none",
        "COMMENTS_WORKERS": workers,
    }


def _load(uri: str, sizes: tuple[int, ...]) -> int:
    progress = Progress("loading", len(sizes))
    with databases.opened(uri) as engine, Session(engine) as session:
        for size in sizes:
            progress.step(f"a thread of {size:,}")
            data.load(session, f"t{size}", data.conversation(size))
        progress.end()
        return databases.a_comment(session, f"t{sizes[-1]}")


# ── as quickly as it goes ────────────────────────────────────────────────────────────────


def _write(stage: Stage, rounds: int, seconds: float) -> None:
    """Round after round of everything; the first one warms up."""
    runs = [("votes", "vote", str(stage.comment))]
    runs.append(("comments, new thread", "post", "new"))
    runs += [(f"comments, thread of {size:,}", "post", f"t{size}") for size in stage.sizes]
    progress = Progress(f"writing, {stage.about}", (rounds + 1) * len(runs) * 2)
    for number in range(rounds + 1):
        for name, kind, target in runs:
            new = f"new {number}" if target == "new" else target
            for connections in (FEW, MANY):
                progress.step(f"{name}, {connections}")
                stage.run(f"{name}|{connections}", kind, new, connections, seconds)
        if number == 0:
            stage.rates.clear()
    progress.end()


def _print(stage: Stage) -> None:
    rows = []
    for name in stage.rates:
        rate = stage.middle(name)
        what, _, connections = name.partition("|")
        rows.append(
            (
                what,
                connections,
                f"{rate.per_second:,.0f}",
                f"{rate.p50:.1f}",
                f"{rate.slow:.1f}",
                f"{rate.cpu:.2f}",
            )
        )
    heads = ("", "connections", "a second", "p50 ms", "p99 ms", "CPU ms each")
    print_table(f"Writing, {stage.about}", heads, rows)


def _goals(stage: Stage) -> list[Goal]:
    votes = stage.middle(f"votes|{MANY}").per_second
    new = stage.middle(f"comments, new thread|{MANY}").per_second
    long = stage.middle(f"comments, thread of {stage.sizes[-1]:,}|{MANY}").per_second
    where = stage.about
    return [
        Goal(f"{where}: ≥ {LEAST_VOTES} votes a second", f"{votes:,.0f}", votes >= LEAST_VOTES),
        Goal(f"{where}: ≥ {LEAST_POSTS} comments a second", f"{new:,.0f}", new >= LEAST_POSTS),
        Goal(
            f"{where}: into a thread of {stage.sizes[-1]:,} as quickly as into a new one",
            f"{long / new:.0%}",
            long >= LEAST_OF_SHORT * new,
        ),
    ]


# ── a viral hour ─────────────────────────────────────────────────────────────────────────


def _viral(stage: Stage, rounds: int, seconds: float) -> Goal:
    """Readers at a steady pace, without and with 200 votes a second on one comment they see."""
    quiet: list[float] = []
    viral: list[float] = []
    page = ours.PAGE.format(f"t{stage.sizes[-1]}")
    for _ in range(rounds):
        quiet += load.told(stage.start("read", page, MANY, seconds, VIRAL_READERS), seconds)
        votes = stage.start("vote", str(stage.comment), MANY, seconds, VIRAL_VOTES)
        viral += load.told(stage.start("read", page, MANY, seconds, VIRAL_READERS), seconds)
        load.told(votes, seconds)
    before, meanwhile = (quantiles(each, n=100) for each in (quiet, viral))
    rows = [
        (name, f"{cuts[49]:.1f}", f"{cuts[98]:.1f}")
        for name, cuts in (("quiet", before), (f"{VIRAL_VOTES} votes a second", meanwhile))
    ]
    print_table(
        f"{VIRAL_READERS} readers a second of one page, {stage.about}",
        ("", "p50 ms", "p99 ms"),
        rows,
    )
    times = meanwhile[98] / before[98]
    promise = f"p99 of readers with {VIRAL_VOTES} votes a second ≤ {MOST_TIMES_QUIET:.0f} × without"
    return Goal(f"{stage.about}: {promise}", f"{times:.1f} ×", times <= MOST_TIMES_QUIET)

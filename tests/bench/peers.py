"""Beside us: Isso, with the same comments on the same machine in one run, A B A B.

Both keep their comments in a SQLite file, both have their limits off and their own settings
otherwise. Ours holds nothing for a moderator, as Isso does not.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import ModuleType

from tests.bench import data, databases, isso, load, ours
from tests.bench.duels import Duel, Outcome, Side, fight
from tests.bench.load import Load, Request
from tests.bench.report import Goal, Progress, print_list, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, get, service

SIZES = (10, 100, 1_000, 10_000)
#: Besides: small threads, whose counts a list of articles shows.
LISTED = 50
COUNTED = 20
_LONGEST = f"t{SIZES[-1]}"
LEAST_TIMES_ISSO = 1_000


def measure(run: Run) -> list[Goal]:
    """Print the tables, and give the goals."""
    plans = {f"t{size}": data.conversation(size) for size in SIZES}
    plans |= {f"few{number}": data.conversation(10) for number in range(LISTED)}
    with _loaded(run.folder, plans) as both:
        total = sum(map(len, plans.values()))
        print_list(isso.ABOUT, f"A site of {total:,} comments; Isso keeps one level of answers")
        crowd = _crowd(both, run)
        _one_reader(both, run)
        _small(both, run)
        _writes(both, run, plans)
    _starts(run)
    ratio = crowd.speed
    promise = f"thread of 100 from cache ≥ {LEAST_TIMES_ISSO:,} × Isso's"
    return [Goal(promise, f"{ratio:,.0f} ×", ratio >= LEAST_TIMES_ISSO)]


# ── both servers ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Both:
    ours: Server
    #: The same database, nothing kept ready.
    uncached: Server
    isso: Server


@contextmanager
def _loaded(folder: Path, plans: dict[str, list[data.Planned]]) -> Iterator[Both]:
    progress = Progress("loading", 2)
    progress.step("ours")
    uri = databases.of_threads(folder, plans)
    progress.step("Isso")
    isso.load(folder, plans)
    progress.end()
    with (
        service(folder, uri, COMMENTS_HOLD="none", COMMENTS_ORIGINS=ours.SITE) as served,
        service(folder, uri, COMMENTS_CACHE_BYTES=0) as uncached,
        isso.server(folder) as theirs,
    ):
        yield Both(served, uncached, theirs)


# ── reading ──────────────────────────────────────────────────────────────────────────────


def _crowd(both: Both, run: Run) -> Outcome:
    """The thread of 100, as many at once as :data:`load.CONNECTIONS`.

    Isso is still at work for readers who have hung up when its turn is over; they are waited for.
    """

    def ask(side: Side) -> Load:
        loaded = load.crowd(side.server, side.path, seconds=3 if run.quick else 10)
        _wait_until_idle(side.server)
        return loaded

    duel = Duel(
        "thread of 100, from cache",
        Side(both.ours, ours.PAGE.format("t100")),
        Side(both.isso, isso.PAGE.format("t100")),
    )
    [outcome] = fight("crowd", [duel], ask, rounds=1 if run.quick else 5).values()
    print_table(
        f"{load.CONNECTIONS} readers at once",
        ("page", "req/s", "Isso", "ratio", "p50 ms", "Isso", "p99 ms", "Isso"),
        [
            (
                outcome.name,
                f"{outcome.ours.per_second:,.0f}",
                f"{outcome.theirs.per_second:,.1f}",
                f"{outcome.speed:,.0f} ×",
                f"{outcome.ours.p50:.1f}",
                f"{outcome.theirs.p50:,.0f}",
                f"{outcome.ours.slow:.1f}",
                f"{outcome.theirs.slow:,.0f}",
            )
        ],
    )
    return outcome


def _wait_until_idle(server: Server) -> None:
    used = -1.0
    while (now := server.cpu_seconds()) > used + 0.01:
        used = now
        time.sleep(0.2)


def _one_reader(both: Both, run: Run) -> None:
    """Threads of every size, what the page of each asks for."""

    def ask(side: Side) -> Load:
        return load.reader(side.server, side.path, requests=_times(both, side))

    sizes = SIZES[:-1] if run.quick else SIZES
    duels = [
        Duel(
            f"{size:,}, {name}",
            Side(server, ours.PAGE.format(f"t{size}")),
            Side(both.isso, isso.PAGE.format(f"t{size}")),
        )
        for size in sizes
        for name, server in (("from cache", both.ours), ("cache missed", both.uncached))
    ]
    outcomes = fight("one reader", duels, ask, rounds=1 if run.quick else 3)
    heads = ("p50 ms", "Isso", "ratio", "CPU ms", "Isso", "ratio", "shown", "Isso", "KB", "Isso")
    rows = [
        (name, *_costs(outcome), *_sizes(duel))
        for duel, (name, outcome) in zip(duels, outcomes.items(), strict=True)
    ]
    print_table("One reader: threads by their size", ("comments", *heads), rows)


def _times(both: Both, side: Side) -> int:
    """As often as it takes to tell, which for Isso's long threads is once."""
    if side.server is not both.isso:
        return 20 if side.server is both.uncached else 1_000
    paths = [isso.PAGE.format(f"t{size}") for size in SIZES]
    return (20, 5, 2, 1)[paths.index(side.path)]


def _costs(outcome: Outcome) -> tuple[str, ...]:
    ours, theirs = outcome.ours, outcome.theirs
    return (
        f"{ours.p50:,.2f}",
        f"{theirs.p50:,.0f}",
        f"{outcome.speed:,.0f} ×",
        f"{ours.cpu:,.3f}",
        f"{theirs.cpu:,.0f}",
        f"{theirs.cpu / ours.cpu if ours.cpu else 0:,.0f} ×",
    )


def _sizes(duel: Duel) -> tuple[str, ...]:
    """How many comments the two answers show, and how long they are."""
    mine, theirs = (get(side.server.url + side.path) for side in (duel.ours, duel.theirs))
    shown = mine.count(b'"html":'), theirs.count(b'"text":')
    return *map(str, shown), *(f"{len(answer) / 1000:,.1f}" for answer in (mine, theirs))


# ── what is small, and writing ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Work:
    """Something that is done again and again: the next request for ours and for Isso."""

    connections: int
    ours: Callable[[], Request]
    theirs: Callable[[], Request]


def _small(both: Both, run: Run) -> None:
    keys = [f"few{number}" for number in range(COUNTED)]
    name = f"counts of {COUNTED} threads, {load.CONNECTIONS} connections"
    work = Work(load.CONNECTIONS, lambda: ours.counts(keys), lambda: isso.counts(keys))
    times, rounds = (300, 3) if run.quick else (2_000, 7)
    _print_works("Counts", _compared(both, {name: work}, times, rounds))


def _writes(both: Both, run: Run, plans: dict[str, list[data.Planned]]) -> None:
    mine, theirs = Writer(ours, plans), Writer(isso, plans)
    works = {}
    for connections, some in ((1, "1 connection"), (8, "8 connections")):
        works[f"comment, new thread, {some}"] = Work(connections, mine.open, theirs.open)
        works[f"vote, {some}"] = Work(connections, mine.vote, theirs.vote)
    works["comment, thread of 10,000, 8 connections"] = Work(8, mine.join, theirs.join)
    times, rounds = (100, 3) if run.quick else (400, 7)
    _print_works("Writing", _compared(both, works, times, rounds))


class Writer:
    """Writes what nobody has written yet, and votes where nobody has voted, in the words of
    *calls*: the module :mod:`ours` or :mod:`isso`."""

    def __init__(self, calls: ModuleType, plans: dict[str, list[data.Planned]]) -> None:
        self._calls = calls
        self._number = count(1)
        self._texts = [body for body, _ in data.bodies()]
        first = 1 + sum(SIZES[:-1])
        plan = plans[_LONGEST]
        self._ids = (first + at for at, planned in enumerate(plan) if not planned.removed)

    def open(self) -> Request:
        """The first comment of a new thread."""
        number = next(self._number)
        return self._post(f"new{number}", number)

    def join(self) -> Request:
        """One more in the longest thread."""
        return self._post(_LONGEST, next(self._number))

    def vote(self) -> Request:
        request: Request = self._calls.vote(next(self._ids))
        return request

    def _post(self, key: str, number: int) -> Request:
        text = self._texts[number % len(self._texts)]
        request: Request = self._calls.post(key, f"{number}. {text}")
        return request


def _compared(both: Both, works: dict[str, Work], times: int, rounds: int) -> list[Outcome]:
    def do(side: Side) -> Load:
        work = works[side.path]
        make = work.theirs if side.server is both.isso else work.ours
        requests = [make() for _ in range(times)]
        return load.errands(side.server, requests, connections=work.connections)

    duels = [Duel(name, Side(both.ours, name), Side(both.isso, name)) for name in works]
    return list(fight("writing", duels, do, rounds=rounds).values())


def _print_works(title: str, outcomes: list[Outcome]) -> None:
    heads = ("a second", "Isso", "ratio", "p99 ms", "Isso", "CPU ms", "Isso", "ratio")
    rows = [
        (
            each.name,
            f"{each.ours.per_second:,.0f}",
            f"{each.theirs.per_second:,.0f}",
            f"{each.speed:.2f} ×",
            f"{each.ours.slow:.1f}",
            f"{each.theirs.slow:.1f}",
            f"{each.ours.cpu:.2f}",
            f"{each.theirs.cpu:.2f}",
            f"{1 / each.cpu if each.cpu else 0:.2f} ×",
        )
        for each in outcomes
    ]
    print_table(title, ("work", *heads), rows)


# ── starting ─────────────────────────────────────────────────────────────────────────────


def _starts(run: Run) -> None:
    """Seconds from the start of the process to a first page of ten, and what it holds then."""
    uri = f"sqlite:///{run.folder / 'comments.sqlite3'}"
    sides: dict[str, tuple[Callable[[], Server], str]] = {
        "ours": (lambda: service(run.folder, uri), ours.PAGE),
        "Isso": (lambda: isso.server(run.folder), isso.PAGE),
    }
    starts: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sides}
    for _ in range(2 if run.quick else 5):
        for name, (start, page) in sides.items():
            began = time.perf_counter()
            with start() as server:
                get(server.url + page.format("t10"))
                took = time.perf_counter() - began
                _wait_until_idle(server)
                starts[name].append((took, server.cpu_seconds(), server.megabytes()))
    rows = [(name, *_least(taken)) for name, taken in starts.items()]
    heads = ("first answer after", "CPU s", "memory then, MB")
    print_table("Starting, the best of each", ("", *heads), rows)


def _least(taken: list[tuple[float, float, float]]) -> Iterator[str]:
    seconds, cpu, megabytes = (min(column) for column in zip(*taken, strict=True))
    yield from (f"{seconds:.2f} s", f"{cpu:.2f}", f"{megabytes:.0f}")

"""Reading a thread, from cache and without it.

Each comparison is a duel: both sides are driven in turn, A B A B, in one run, and the median of
the rounds' ratios counts. What else the machine does then hits both sides alike.
"""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.load import Load, drive
from tests.bench.report import Goal, Progress, print_table
from tests.bench.servers import Server, ceiling, get, service
from tests.bench.store import Store

SORTS = ("oldest", "newest", "most_voted")
FORMATS = {"JSON": "/comments/api/v1/comments?thread=", "HTML": "/comments/thread?key="}
SHORT, LONG = 1_000, 100_000


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: a path of a server, and how it is asked."""

    server: Server
    path: str
    connections: int = 16
    packed: bool = False


@dataclass(frozen=True, slots=True)
class Duel:
    name: str
    ours: Side
    theirs: Side


@dataclass(frozen=True, slots=True)
class Outcome:
    """The medians of both sides, and of the ratio ours / theirs in requests a second."""

    name: str
    ours: Load
    theirs: Load
    ratio: float


def fight(title: str, duels: Sequence[Duel], *, rounds: int, seconds: int) -> list[Outcome]:
    """Drive all *duels*, round after round, so that no side has the machine's quiet hour."""
    runs: dict[str, list[tuple[Load, Load]]] = {duel.name: [] for duel in duels}
    progress = Progress(title, (rounds + 1) * len(duels))
    for duel in duels:
        progress.step(f"warming up {duel.name}")
        for side in (duel.ours, duel.theirs):
            get(side.server.url + side.path, packed=side.packed)
    for _ in range(rounds):
        for duel in duels:
            progress.step(duel.name)
            runs[duel.name].append((_run(duel.ours, seconds), _run(duel.theirs, seconds)))
    progress.end()
    return [_outcome(name, pairs) for name, pairs in runs.items()]


def _run(side: Side, seconds: int) -> Load:
    return drive(
        side.server,
        side.path,
        seconds=seconds,
        connections=side.connections,
        packed=side.packed,
    )


def _outcome(name: str, pairs: list[tuple[Load, Load]]) -> Outcome:
    ratio = median(ours.per_second / theirs.per_second for ours, theirs in pairs)
    return Outcome(name, _middle([a for a, _ in pairs]), _middle([b for _, b in pairs]), ratio)


def _middle(loads: list[Load]) -> Load:
    def of(figure: Callable[[Load], float]) -> float:
        return median(map(figure, loads))

    return Load(
        of(lambda load: load.per_second),
        of(lambda load: load.p50),
        of(lambda load: load.p99),
        of(lambda load: load.cpu),
    )


# ── from cache ───────────────────────────────────────────────────────────────────────────


def cached(store: Store, folder: Path, *, rounds: int, seconds: int) -> list[Goal]:
    """A ready page against the same bytes from an empty Flask route on the same server."""
    ours = service(folder, store.uri)
    pages = folder / "pages"
    pages.mkdir()
    wanted = [
        (form, size, packed)
        for form in FORMATS
        for packed in (False, True)
        for size in (SHORT, LONG)
    ]
    for form, size, packed in wanted:
        _keep_page(ours, pages, form, size, packed)
    empty = ceiling(folder, pages)
    duels = [
        Duel(
            _page_name(form, size, packed),
            Side(ours, f"{FORMATS[form]}t{size}", packed=packed),
            Side(empty, f"/{_file(form, size, packed)}", packed=packed),
        )
        for form, size, packed in wanted
    ]
    outcomes = fight("from cache", duels, rounds=rounds, seconds=seconds)
    ours.stop()
    empty.stop()
    _print_cached(outcomes)
    return _cached_goals({outcome.name: outcome.ratio for outcome in outcomes})


def _keep_page(server: Server, pages: Path, form: str, size: int, packed: bool) -> None:
    body = get(f"{server.url}{FORMATS[form]}t{size}")
    (pages / _file(form, size, packed)).write_bytes(
        gzip.compress(body, 6, mtime=0) if packed else body
    )


def _file(form: str, size: int, packed: bool) -> str:
    return f"{size}.{form.lower()}{'.gz' if packed else ''}"


def _page_name(form: str, size: int, packed: bool) -> str:
    return f"{form}{' gzip' if packed else ''}, thread of {size:,}"


def _print_cached(outcomes: Sequence[Outcome]) -> None:
    rows = [
        (
            outcome.name,
            f"{outcome.ours.per_second:,.0f}",
            f"{outcome.theirs.per_second:,.0f}",
            f"{outcome.ratio:.0%}",
            f"{outcome.ours.p99:.1f}",
            f"{outcome.theirs.p99:.1f}",
            f"{outcome.ours.cpu:.3f}",
            f"{outcome.theirs.cpu:.3f}",
        )
        for outcome in outcomes
    ]
    heads = ("first page, from cache", "req/s", "Flask req/s", "ratio", "p99 ms", "Flask p99")
    print_table(
        "First page from cache, and the same bytes from an empty Flask route, 16 connections",
        (*heads, "CPU ms", "Flask CPU"),
        rows,
    )


def _cached_goals(ratios: dict[str, float]) -> list[Goal]:
    goals = []
    for form in FORMATS:
        short = min(ratios[_page_name(form, SHORT, packed)] for packed in (False, True))
        goals.append(
            Goal(f"cached {form} of {SHORT:,} ≥ 80 % of Flask", f"{short:.0%}", short >= 0.8)
        )
        change = [
            ratios[_page_name(form, LONG, packed)] / ratios[_page_name(form, SHORT, packed)]
            for packed in (False, True)
        ]
        goals.append(
            Goal(
                f"cached {form} of {LONG:,}: the same within 10 %",
                " and ".join(f"{part - 1:+.0%}" for part in change),
                min(change) >= 0.9,
            )
        )
    return goals


# ── without a cache ──────────────────────────────────────────────────────────────────────


def uncached(store: Store, folder: Path, *, rounds: int, seconds: int) -> list[Goal]:
    """Pages drawn for every request, of a long thread against a short one."""
    server = service(folder, store.uri, COMMENTS_CACHE_BYTES=0)

    def duel(name: str, ours: str, theirs: str) -> Duel:
        # One reader at a time: what a page costs, not how readers queue for it.
        return Duel(name, Side(server, ours, connections=1), Side(server, theirs, connections=1))

    first_pages = [
        duel(
            f"{form}, {sort}",
            f"{FORMATS[form]}t{LONG}&sort={sort}",
            f"{FORMATS[form]}t{SHORT}&sort={sort}",
        )
        for form in FORMATS
        for sort in SORTS
    ]
    json = FORMATS["JSON"]
    other_places = [
        *(
            duel(
                f"page 500, {sort}, and page 1 of it",
                f"{json}t{LONG}&sort={sort}&after={store.cursor_of_page(500, sort)}",
                f"{json}t{LONG}&sort={sort}",
            )
            for sort in SORTS
        ),
        *(
            duel(
                f"50,000 replies, {sort}, and a few",
                f"/comments/api/v1/comments/{store.pile}/replies?sort={sort}",
                f"/comments/api/v1/comments/{store.small_pile}/replies?sort={sort}",
            )
            for sort in SORTS
        ),
    ]
    outcomes = fight("uncached", [*first_pages, *other_places], rounds=rounds, seconds=seconds)
    server.stop()
    first, others = outcomes[: len(first_pages)], outcomes[len(first_pages) :]
    _print_uncached(f"Uncached first page, thread of {LONG:,} and of {SHORT:,}", first)
    _print_uncached("Uncached, elsewhere in a long thread", others)
    return [
        Goal(
            f"uncached {form} of {LONG:,} ≤ 1.5 × that of {SHORT:,}",
            f"{worst:.2f} ×",
            worst <= 1.5,
        )
        for form in FORMATS
        for worst in [max(_slower(each) for each in first if each.name.startswith(form))]
    ]


def _slower(outcome: Outcome) -> float:
    return 1 / outcome.ratio


def _print_uncached(title: str, outcomes: Sequence[Outcome]) -> None:
    rows = [
        (
            outcome.name,
            f"{outcome.ours.p50:.1f}",
            f"{outcome.theirs.p50:.1f}",
            f"{_slower(outcome):.2f} ×",
            f"{outcome.ours.p99:.1f}",
            f"{outcome.ours.cpu:.1f}",
            f"{outcome.theirs.cpu:.1f}",
        )
        for outcome in outcomes
    ]
    heads = ("page", "p50 ms", "other p50", "takes", "p99 ms", "CPU ms", "other CPU")
    print_table(f"{title}, 1 connection", heads, rows)

"""Reading a thread: from cache against an empty Flask route, and long threads against short."""

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.duels import Duel, Outcome, Side, fight
from tests.bench.report import Goal, print_table
from tests.bench.servers import Server, ceiling, get, service
from tests.bench.store import Store

SORTS = ("oldest", "newest", "most_voted")
FORMATS = {"JSON": "/comments/api/v1/comments?thread=", "HTML": "/comments/thread?key="}
SHORT, LONG = 1_000, 100_000
LEAST_OF_FLASK, LEAST_OF_SHORT, MOST_TIMES_SHORT = 0.8, 0.9, 1.5


# ── from cache ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ready:
    """A page as it lies in the cache."""

    form: str
    size: int
    packed: bool

    @property
    def name(self) -> str:
        return f"{self.form}{' gzip' if self.packed else ''}, thread of {self.size:,}"

    @property
    def path(self) -> str:
        return f"{FORMATS[self.form]}t{self.size}"

    @property
    def file(self) -> str:
        return f"{self.size}.{self.form.lower()}{'.gz' if self.packed else ''}"

    def save(self, server: Server, folder: Path) -> None:
        body = get(server.url + self.path)
        (folder / self.file).write_bytes(gzip.compress(body, 6) if self.packed else body)


def cached(
    store: Store, folder: Path, *, rounds: int, seconds: int, packings: Sequence[bool]
) -> list[Goal]:
    """Pages from cache, plain and packed, against the same bytes from an empty Flask route."""
    pages = [
        Ready(form, size, packed)
        for form in FORMATS
        for packed in packings
        for size in (SHORT, LONG)
    ]
    saved = folder / "pages"
    saved.mkdir()
    with service(folder, store.uri) as ours:
        for page in pages:
            page.save(ours, saved)
        with ceiling(folder, saved) as empty:
            duels = [
                Duel(
                    page.name,
                    Side(ours, page.path, packed=page.packed),
                    Side(empty, f"/{page.file}", packed=page.packed),
                )
                for page in pages
            ]
            outcomes = fight("from cache", duels, rounds=rounds, seconds=seconds)
    _print_cached(outcomes.values())
    return [goal for page in pages if page.size == SHORT for goal in _cached_goals(page, outcomes)]


def _print_cached(outcomes: Iterable[Outcome]) -> None:
    rows = [
        (
            each.name,
            f"{each.ours.per_second:,.0f}",
            f"{each.theirs.per_second:,.0f}",
            f"{each.speed:.0%}",
            f"{each.ours.p99:.1f}",
            f"{each.theirs.p99:.1f}",
            f"{each.ours.cpu:.3f}",
            f"{each.theirs.cpu:.3f}",
            f"{each.cpu:.0%}",
        )
        for each in outcomes
    ]
    heads = ("req/s", "Flask", "ratio", "p99 ms", "Flask", "CPU ms", "Flask", "ratio")
    title = "First page from cache, and the same bytes from an empty Flask route, 16 connections"
    print_table(title, ("page", *heads), rows)


def _cached_goals(page: Ready, outcomes: dict[str, Outcome]) -> list[Goal]:
    short = outcomes[page.name].speed
    long = outcomes[Ready(page.form, LONG, page.packed).name].speed
    kind = page.name.partition(",")[0]
    return [
        Goal(
            f"{kind} from cache, {SHORT:,}: ≥ 80 % of an empty Flask route",
            f"{short:.0%}",
            short >= LEAST_OF_FLASK,
        ),
        Goal(
            f"{kind} from cache, {LONG:,}: the same within 10 %",
            f"{long:.0%}",
            long >= LEAST_OF_SHORT * short,
        ),
    ]


# ── without a cache ──────────────────────────────────────────────────────────────────────


def uncached(store: Store, folder: Path, *, rounds: int, seconds: int) -> list[Goal]:
    """Pages drawn for every request, of a long thread against a short one."""
    first = [
        (f"{form}, {sort}", f"{path}t{LONG}&sort={sort}", f"{path}t{SHORT}&sort={sort}")
        for form, path in FORMATS.items()
        for sort in SORTS
    ]
    far = [place for sort in SORTS for place in _far_places(store, sort)]
    with service(folder, store.uri, COMMENTS_CACHE_BYTES=0) as server:
        # One reader at a time: what a page costs, not how readers queue for it.
        duels = [
            Duel(name, Side(server, ours, connections=1), Side(server, theirs, connections=1))
            for name, ours, theirs in (*first, *far)
        ]
        outcomes = fight("uncached", duels, rounds=rounds, seconds=seconds)
    title = f"Uncached first page, thread of {LONG:,} and of {SHORT:,}, 1 connection"
    _print_uncached(title, [outcomes[name] for name, _, _ in first])
    title = "Uncached, elsewhere in a long thread (JSON), 1 connection"
    _print_uncached(title, [outcomes[name] for name, _, _ in far])
    return [_uncached_goal(form, outcomes) for form in FORMATS]


def _far_places(store: Store, sort: str) -> list[tuple[str, str, str]]:
    """What is compared, its path, and the path it is held against."""
    long = f"{FORMATS['JSON']}t{LONG}&sort={sort}"
    replies = "/comments/api/v1/comments/{}/replies?sort=" + sort
    return [
        (
            f"page 500 against page 1, {sort}",
            f"{long}&after={store.cursor_of_page(500, sort)}",
            long,
        ),
        (
            f"replies of 50,000 against 50, {sort}",
            replies.format(store.pile),
            replies.format(store.small_pile),
        ),
    ]


def _print_uncached(title: str, outcomes: Iterable[Outcome]) -> None:
    rows = [
        (
            each.name,
            f"{each.ours.p50:.1f}",
            f"{each.theirs.p50:.1f}",
            f"{1 / each.speed:.2f} ×",
            f"{each.ours.p99:.1f}",
            f"{each.theirs.p99:.1f}",
            f"{each.ours.cpu:.1f}",
            f"{each.theirs.cpu:.1f}",
            f"{each.cpu:.2f} ×",
        )
        for each in outcomes
    ]
    heads = ("p50 ms", "other", "ratio", "p99 ms", "other", "CPU ms", "other", "ratio")
    print_table(title, ("page", *heads), rows)


def _uncached_goal(form: str, outcomes: dict[str, Outcome]) -> Goal:
    worst = max(1 / outcomes[f"{form}, {sort}"].speed for sort in SORTS)
    promise = f"{form} uncached, {LONG:,}: ≤ 1.5 × that of {SHORT:,}, every sort"
    return Goal(promise, f"{worst:.2f} ×", worst <= MOST_TIMES_SHORT)

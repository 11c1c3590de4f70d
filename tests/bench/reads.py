"""Reading a thread: from cache against an empty WSGI app, and long threads against short."""

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import load
from tests.bench.duels import Duel, Outcome, Side, fight
from tests.bench.load import Load
from tests.bench.ours import API, HTML_PAGE, PAGE, counts
from tests.bench.report import Goal, print_list, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, ceiling, etag, get, service
from tests.bench.store import Store, opened

SORTS = ("oldest", "newest", "most_voted")
FORMATS = {"JSON": PAGE, "HTML": HTML_PAGE}
COUNTS = counts([f"t{number}" for number in (10, 1_000, 100_000, *range(11, 28))]).path
_COUNTS_FILE = "counts.json"
SHORT, LONG = 1_000, 100_000
LEAST_OF_EMPTY, LEAST_OF_SHORT, MOST_TIMES_SHORT = 0.5, 0.9, 1.5
#: What a reader is told who has the page already, and the least of what an empty app does there.
NOT_MODIFIED, LEAST_NOT_MODIFIED = "304", 0.6


def measure(run: Run) -> list[Goal]:
    """Print the tables of both halves below, and give their goals."""
    with opened(run.database, run.folder) as store:
        print_list(f"Database: {store.about}")
        if run.quick:
            return [
                *cached(store, run.folder, rounds=3, seconds=1, packings=[True]),
                *uncached(store, run.folder, rounds=5, requests=4),
            ]
        return [
            *cached(store, run.folder, rounds=12, seconds=1, packings=[False, True]),
            *uncached(store, run.folder, rounds=15, requests=8),
        ]


# ── from cache ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ready:
    """A form of the first page as it lies in the cache."""

    form: str
    packed: bool

    @property
    def name(self) -> str:
        return f"{self.form} gzip" if self.packed else self.form

    @property
    def file(self) -> str:
        return f"page.{self.form.lower()}{'.gz' if self.packed else ''}"

    def path(self, size: int) -> str:
        return FORMATS[self.form].format(f"t{size}")

    def save(self, server: Server, folder: Path) -> None:
        body = get(server.url + self.path(SHORT))
        (folder / self.file).write_bytes(gzip.compress(body, 6) if self.packed else body)


def cached(
    store: Store, folder: Path, *, rounds: int, seconds: int, packings: Sequence[bool]
) -> list[Goal]:
    """Ready pages, plain and packed: against the same bytes from an empty WSGI app, and of a
    long thread against a short one."""
    pages = [Ready(form, packed) for form in FORMATS for packed in packings]
    saved = folder / "pages"
    saved.mkdir()

    def run(side: Side) -> Load:
        return load.crowd(
            side.server, side.path, seconds=seconds, packed=side.packed, known=side.known
        )

    with service(folder, store.uri) as ours:
        for page in pages:
            page.save(ours, saved)
        (saved / _COUNTS_FILE).write_bytes(get(ours.url + COUNTS))
        with ceiling(folder, saved) as empty:
            against_empty = [
                Duel(
                    page.name,
                    Side(ours, page.path(SHORT), page.packed),
                    Side(empty, f"/{page.file}", page.packed),
                )
                for page in pages
            ]
            against_empty.append(_counts_duel(ours, empty))
            against_empty.append(_not_modified_duel(ours, empty, pages[-1]))
            against_short = [
                Duel(
                    f"{page.name}, {LONG:,}",
                    Side(ours, page.path(LONG), page.packed),
                    Side(ours, page.path(SHORT), page.packed),
                )
                for page in pages
            ]
            duels = [*against_empty, *against_short]
            outcomes = fight("from cache", duels, run, rounds=rounds)
    title = f"First page from cache, {load.CONNECTIONS} connections: thread of"
    empties = [outcomes[duel.name] for duel in against_empty]
    short = [outcomes[duel.name] for duel in against_short]
    _print_cached(f"{title} {SHORT:,} against the same bytes from an empty WSGI app", empties)
    _print_cached(f"{title} {LONG:,} against one of {SHORT:,}", short)
    return [*map(_empty_goal, empties), *map(_short_goal, short)]


def _counts_duel(ours: Server, empty: Server) -> Duel:
    return Duel("counts of 20", Side(ours, COUNTS), Side(empty, f"/{_COUNTS_FILE}"))


def _not_modified_duel(ours: Server, empty: Server, page: Ready) -> Duel:
    path, file = page.path(SHORT), f"/{page.file}"
    known = etag(ours.url + path)
    return Duel(
        NOT_MODIFIED,
        Side(ours, path, page.packed, known),
        Side(empty, file, page.packed, etag(empty.url + file)),
    )


def _print_cached(title: str, outcomes: Iterable[Outcome]) -> None:
    rows = [
        (
            each.name,
            f"{each.ours.per_second:,.0f}",
            f"{each.theirs.per_second:,.0f}",
            f"{each.speed:.0%}",
            f"{each.ours.slow:.1f}",
            f"{each.theirs.slow:.1f}",
            f"{each.ours.cpu:.3f}",
            f"{each.theirs.cpu:.3f}",
            f"{each.cpu:.0%}",
        )
        for each in outcomes
    ]
    heads = ("req/s", "other", "ratio", "p99 ms", "other", "CPU ms", "other", "ratio")
    print_table(title, ("page", *heads), rows)


def _empty_goal(outcome: Outcome) -> Goal:
    least = LEAST_NOT_MODIFIED if outcome.name == NOT_MODIFIED else LEAST_OF_EMPTY
    promise = f"{outcome.name} from cache, {SHORT:,}: ≥ {100 * least:.0f} % of an empty WSGI app"
    return Goal(promise, f"{outcome.speed:.0%}", outcome.speed >= least)


def _short_goal(outcome: Outcome) -> Goal:
    promise = f"{outcome.name} from cache: ≥ 90 % of a thread of {SHORT:,}"
    return Goal(promise, f"{outcome.speed:.0%}", outcome.speed >= LEAST_OF_SHORT)


# ── without a cache ──────────────────────────────────────────────────────────────────────


def uncached(store: Store, folder: Path, *, rounds: int, requests: int) -> list[Goal]:
    """Pages drawn for every request, of a long thread against a short one."""
    first = [
        (f"{form}, {sort}", *(f"{page.format(f't{size}')}&sort={sort}" for size in (LONG, SHORT)))
        for form, page in FORMATS.items()
        for sort in SORTS
    ]
    far = [place for sort in SORTS for place in _far_places(store, sort)]

    def run(side: Side) -> Load:
        return load.reader(side.server, side.path, requests=requests)

    with service(folder, store.uri, COMMENTS_CACHE_BYTES=0) as server:
        duels = [
            Duel(name, Side(server, ours), Side(server, theirs))
            for name, ours, theirs in (*first, *far)
        ]
        outcomes = fight("uncached", duels, run, rounds=rounds)
    title = f"First page uncached, one reader: thread of {LONG:,} against one of {SHORT:,}"
    _print_uncached(title, [outcomes[name] for name, _, _ in first])
    title = "Elsewhere in a long thread, uncached, one reader, JSON"
    _print_uncached(title, [outcomes[name] for name, _, _ in far])
    return [_uncached_goal(form, outcomes) for form in FORMATS]


def _far_places(store: Store, sort: str) -> list[tuple[str, str, str]]:
    """What is compared, its path, and the path it is held against."""
    long = f"{PAGE.format(f't{LONG}')}&sort={sort}"
    replies = f"{API}/comments/{{}}/replies?sort={sort}"
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
            f"{each.ours.slow:.1f}",
            f"{each.theirs.slow:.1f}",
            f"{each.ours.cpu:.1f}",
            f"{each.theirs.cpu:.1f}",
            f"{each.cpu:.2f} ×",
        )
        for each in outcomes
    ]
    heads = ("p50 ms", "other", "ratio", "slowest", "other", "CPU ms", "other", "ratio")
    print_table(title, ("page", *heads), rows)


def _uncached_goal(form: str, outcomes: dict[str, Outcome]) -> Goal:
    worst = max(1 / outcomes[f"{form}, {sort}"].speed for sort in SORTS)
    promise = f"{form} uncached, {LONG:,}: ≤ 1.5 × that of {SHORT:,}, every sort"
    return Goal(promise, f"{worst:.2f} ×", worst <= MOST_TIMES_SHORT)

"""Requests a second and CPU per request over the size of the thread, drawn: ``--plot``.

One reader asks for the first page as JSON: of ours from cache, of ours with nothing kept ready,
of an app that has the same bytes ready and does nothing else, and of Isso as its page asks.
"""

from dataclasses import dataclass
from math import ceil, floor, log10
from pathlib import Path

from tests.bench import data, databases, isso, load, ours, plot
from tests.bench.load import Load
from tests.bench.report import Goal, Progress, print_list, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, ceiling, get, service

SIZES = (10, 100, 1_000, 10_000, 100_000)
#: Beyond this, a page of Isso's takes minutes.
MOST_OF_ISSO = 10_000


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    server: Server
    #: With the size of the thread to be put in.
    path: str
    #: Requests in a row, for each size.
    times: tuple[int, ...]


def measure(run: Run) -> list[Goal]:
    """Print the figures and draw both pictures; there is no goal in them."""
    sizes = SIZES[:3] if run.quick else SIZES
    plans = {f"t{size}": data.conversation(size) for size in sizes}
    theirs = {key: plan for key, plan in plans.items() if len(plan) <= MOST_OF_ISSO}
    uri = databases.of_threads(run.folder, plans)
    isso.load(run.folder, theirs)
    saved = run.folder / "pages"
    saved.mkdir()
    with (
        service(run.folder, uri) as ready,
        service(run.folder, uri, COMMENTS_CACHE_BYTES=0) as bare,
        isso.server(run.folder) as other,
    ):
        for size in sizes:
            (saved / f"t{size}.json").write_bytes(get(ready.url + ours.PAGE.format(f"t{size}")))
        with ceiling(run.folder, saved) as empty:
            curves = [
                Curve("the same bytes", empty, "/{}.json", (600,) * len(sizes)),
                Curve("ours, from cache", ready, ours.PAGE, (600,) * len(sizes)),
                Curve("ours, cache missed", bare, ours.PAGE, (20,) * len(sizes)),
                Curve("Isso", other, isso.PAGE, (20, 5, 2, 1)[: len(theirs)]),
            ]
            drawn = _driven(curves, sizes, rounds=2 if run.quick else 5)
    _print(drawn, sizes)
    _draw(run, drawn, sizes)
    return []


Drawn = dict[str, list[Load]]


def _driven(curves: list[Curve], sizes: tuple[int, ...], *, rounds: int) -> Drawn:
    """The medians of each curve, size by size; all of them once around, and again."""
    loads: dict[tuple[str, int], list[Load]] = {}
    progress = Progress("curves", rounds)
    for number in range(rounds):
        progress.step(f"round {number + 1}")
        for place, size in enumerate(sizes):
            for curve in curves:
                if place < len(curve.times):
                    path = curve.path.format(f"t{size}")
                    done = load.reader(curve.server, path, requests=curve.times[place])
                    loads.setdefault((curve.name, size), []).append(done)
    progress.end()
    return {
        curve.name: [load.middle(loads[curve.name, size]) for size in sizes[: len(curve.times)]]
        for curve in curves
    }


def _print(drawn: Drawn, sizes: tuple[int, ...]) -> None:
    for title, figure in (("Pages a second", "per_second"), ("CPU ms for a page", "cpu")):
        rows = [
            (name, *(f"{getattr(each, figure):,.4g}" for each in loads))
            for name, loads in drawn.items()
        ]
        heads = [f"{size:,}" for size in sizes]
        rows = [(*row, *[""] * (len(heads) + 1 - len(row))) for row in rows]
        print_table(f"{title}, one reader, by comments of the thread", ("", *heads), rows)


def _draw(run: Run, drawn: Drawn, sizes: tuple[int, ...]) -> None:
    speed = {name: [each.per_second for each in loads] for name, loads in drawn.items()}
    cost = {name: [max(each.cpu, 0.001) for each in loads] for name, loads in drawn.items()}
    paths: list[Path] = [
        run.draw("pages-a-second.svg", picture("Pages a second", "a second", speed, sizes)),
        run.draw("cpu-of-a-page.svg", picture("CPU time of a page", "ms", cost, sizes)),
    ]
    print_list(*(f"Drawn: {path}" for path in paths))


def picture(title: str, unit: str, lines: dict[str, list[float]], sizes: tuple[int, ...]) -> str:
    """*lines* of values over *sizes*, each axis by powers of ten, as SVG."""
    values = [log10(value) for line in lines.values() for value in line]
    return plot.svg(
        plot.Picture(
            title=f"{title}, one reader, by the size of the thread",
            about="A line for each server, both axes by powers of ten.",
            across=_powers("comments in the thread", log10(sizes[0]), log10(sizes[-1])),
            up=_powers(unit, min(values), max(values)),
            lines=[
                plot.Line(name, points, colour, marks=points)
                for colour, (name, line) in enumerate(lines.items())
                for points in [[(log10(s), log10(v)) for s, v in zip(sizes, line, strict=False)]]
            ],
        )
    )


def _powers(name: str, low: float, high: float) -> plot.Axis:
    """Whole powers of ten around *low* and *high*, which are logarithms."""
    first, last = floor(low), max(ceil(high), floor(low) + 1)
    ticks = [(power, f"{10.0**power:,.10g}") for power in range(first, last + 1)]
    return plot.Axis(name, first, last, ticks)

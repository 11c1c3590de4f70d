"""``python -m tests.bench``: measure, print tables and ratios, and say which goals are met."""

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.bench import (
    anchors,
    bench_text,
    load,
    reads,
    spam,
    store,
    told,
    wave,
    weight,
    words,
)
from tests.bench.report import Goal, Progress, print_goals, print_header, print_list, print_table
from tests.bench.servers import service
from tests.hostile_text import FAMILIES

SECTIONS = ("reads", "text", "weight", "wave", "told", "words", "anchors", "spam")
# All families of hostile texts count for the goals; these many are printed.
_SHOWN_FAMILIES = 8
_LENGTH = 10_000
_MOST_CPU_MS, _MOST_GROWTH = 50, 2.6
# Of a text that costs less, the clock decides how much more twice of it costs.
_LEAST_CPU_MS = 10


def main() -> None:
    options = _options()
    print_header("quick" if options.quick else "full", load.client())
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory(prefix="comments-bench-") as temporary:
        folder = Path(temporary)
        if options.only in (None, "reads"):
            goals += _reads(folder, options.database, quick=options.quick)
        if options.only in (None, "text"):
            goals += _text(quick=options.quick)
        if options.only in (None, "weight"):
            goals += _weight(folder)
        if options.only in (None, "wave"):
            goals += wave.measure(folder)
        if options.only in (None, "told"):
            goals += told.measure(folder)
        if options.only in (None, "words"):
            goals += words.measure()
        if options.only in (None, "anchors"):
            goals += anchors.measure(options.plot, quick=options.quick)
        if options.only in (None, "spam") and options.spam:
            goals += _spam(folder, options)
    print_goals(goals)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less exact, in a minute or two")
    parser.add_argument("--only", choices=SECTIONS, help="one section of the benchmark")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--spam", type=Path, help="comments to try the learned filter on")
    parser.add_argument("--plot", type=Path, default=Path("build"), help="folder for pictures")
    options = parser.parse_args()
    if options.only == "spam" and not options.spam:
        parser.error("say on which comments: --spam path/of/comments.json")
    return options


def _reads(folder: Path, database: str, *, quick: bool) -> list[Goal]:
    with store.opened(database, folder) as loaded:
        print_list(f"Database: {loaded.about}")
        if quick:
            return [
                *reads.cached(loaded, folder, rounds=3, seconds=1, packings=[True]),
                *reads.uncached(loaded, folder, rounds=5, requests=4),
            ]
        return [
            *reads.cached(loaded, folder, rounds=12, seconds=1, packings=[False, True]),
            *reads.uncached(loaded, folder, rounds=15, requests=8),
        ]


def _text(*, quick: bool) -> list[Goal]:
    """The rendering of hostile texts, which has a program of its own."""
    lengths = (_LENGTH, 2 * _LENGTH) if quick else bench_text.LENGTHS
    progress = Progress("rendering", len(FAMILIES))
    rows = []
    for name, family in FAMILIES.items():
        progress.step(name)
        rows.append(bench_text.measure(name, family, lengths))
    progress.end()
    place = lengths.index(_LENGTH)
    rows.sort(key=lambda row: row.milliseconds[place], reverse=True)
    _print_text(rows[:_SHOWN_FAMILIES], lengths)
    slowest = rows[0].milliseconds[place]
    growth = max(map(_growth, rows))
    return [
        Goal("any 10,000 characters ≤ 50 ms CPU", f"{slowest:.0f} ms", slowest <= _MOST_CPU_MS),
        Goal("twice the length ≤ 2.6 × the CPU", f"{growth:.2f} ×", growth <= _MOST_GROWTH),
    ]


def _growth(row: bench_text.Row) -> float:
    """How much more twice the length costs, where it costs enough to tell."""
    told = zip(row.growth, row.milliseconds[1:], strict=True)
    return max((growth for growth, cost in told if cost >= _LEAST_CPU_MS), default=1)


def _print_text(rows: Iterable[bench_text.Row], lengths: Iterable[int]) -> None:
    cells = [(row.family, *(f"{value:.1f}" for value in row.milliseconds)) for row in rows]
    heads = [f"{length:,}" for length in lengths]
    print_table("Rendering hostile texts, CPU ms by characters", ("family", *heads), cells)


def _weight(folder: Path) -> list[Goal]:
    with service(folder, f"sqlite:///{folder / 'empty.sqlite3'}") as server:
        return weight.measure(server)


def _spam(folder: Path, options: argparse.Namespace) -> list[Goal]:
    draws = 1 if options.quick else spam.DRAWS
    return spam.measure(options.spam, folder, options.plot, draws=draws)


if __name__ == "__main__":
    main()

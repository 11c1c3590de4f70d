"""What rendering costs: each family of hostile texts at four lengths.

    python -m tests.bench.text            every family, the most expensive first
    python -m tests.bench.text stars www  those whose name contains a word

CPU milliseconds are the best of three runs.
"""

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from comments.text import render
from tests.bench.report import Goal, Progress, print_table
from tests.bench.section import Run
from tests.hostile_text import FAMILIES, Family

LENGTHS = (5_000, 10_000, 20_000, 40_000)
RUNS = 3
# Below this, a ratio says more about the clock than about the text.
TOO_SHORT_TO_COMPARE = 2.0
# All families count for the goals; these many are printed.
_SHOWN_FAMILIES = 8
_LENGTH = 10_000
_MOST_CPU_MS, _MOST_GROWTH = 50, 2.6
# Of a text that costs less, the clock decides how much more twice of it costs.
_LEAST_CPU_MS = 10


@dataclass(frozen=True, slots=True)
class Row:
    family: str
    milliseconds: tuple[float, ...]

    @property
    def growth(self) -> list[float]:
        """How much twice the length costs, for each length but the last."""
        pairs = zip(self.milliseconds, self.milliseconds[1:], strict=False)
        return [after / max(before, TOO_SHORT_TO_COMPARE) for before, after in pairs]

    @property
    def worst_growth(self) -> float:
        """The greatest of them, where it costs enough to tell."""
        told = zip(self.growth, self.milliseconds[1:], strict=True)
        return max((growth for growth, cost in told if cost >= _LEAST_CPU_MS), default=1)


def measure(run: Run) -> list[Goal]:
    """Print the most expensive families, and give the goals for all of them."""
    lengths = (_LENGTH, 2 * _LENGTH) if run.quick else LENGTHS
    rows = _rows(FAMILIES, lengths)
    print_rows(rows[:_SHOWN_FAMILIES], lengths)
    place = lengths.index(_LENGTH)
    slowest = max(row.milliseconds[place] for row in rows)
    growth = max(row.worst_growth for row in rows)
    return [
        Goal("any 10,000 characters ≤ 50 ms CPU", f"{slowest:.0f} ms", slowest <= _MOST_CPU_MS),
        Goal("twice the length ≤ 2.6 × the CPU", f"{growth:.2f} ×", growth <= _MOST_GROWTH),
    ]


def _rows(families: dict[str, Family], lengths: Sequence[int]) -> list[Row]:
    """The most expensive first."""
    render("warm up")
    progress = Progress("rendering", len(families))
    rows = []
    for name, make in families.items():
        progress.step(name)
        rows.append(Row(name, tuple(_cpu_milliseconds(make(length)) for length in lengths)))
    progress.end()
    place = lengths.index(_LENGTH)
    return sorted(rows, key=lambda row: row.milliseconds[place], reverse=True)


def _cpu_milliseconds(text: str) -> float:
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        render(text)
        best = min(best, time.process_time() - start)
    return best * 1000


def print_rows(rows: Iterable[Row], lengths: Iterable[int]) -> None:
    cells = [(row.family, *(f"{value:.1f}" for value in row.milliseconds)) for row in rows]
    heads = [f"{length:,}" for length in lengths]
    print_table("Rendering hostile texts, CPU ms by characters", ("family", *heads), cells)


if __name__ == "__main__":
    words = sys.argv[1:]
    chosen = {
        name: make
        for name, make in FAMILIES.items()
        if not words or any(word in name for word in words)
    }
    print_rows(_rows(chosen, LENGTHS), LENGTHS)

"""What rendering costs: each family of hostile texts at four lengths.

    python -m tests.bench.bench_text            every family, the most expensive first
    python -m tests.bench.bench_text stars www  those whose name contains a word

Prints CPU milliseconds (the best of three runs) and how much twice the length costs.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from comments.text import render
from tests.hostile_text import FAMILIES, Family

LENGTHS = (5_000, 10_000, 20_000, 40_000)
RUNS = 3
# Below this, a ratio says more about the clock than about the text.
TOO_SHORT_TO_COMPARE = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    family: str
    milliseconds: tuple[float, ...]

    @property
    def growth(self) -> list[float]:
        pairs = zip(self.milliseconds, self.milliseconds[1:], strict=False)
        return [after / max(before, TOO_SHORT_TO_COMPARE) for before, after in pairs]


def measure(family: str, make: Family, lengths: Sequence[int] = LENGTHS) -> Row:
    return Row(family, tuple(_cpu_milliseconds(make(length)) for length in lengths))


def _cpu_milliseconds(text: str) -> float:
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        render(text)
        best = min(best, time.process_time() - start)
    return best * 1000


def main(words: list[str]) -> None:
    render("warm up")
    chosen = {
        name: make
        for name, make in FAMILIES.items()
        if not words or any(word in name for word in words)
    }
    rows = [measure(name, make) for name, make in chosen.items()]
    rows.sort(key=lambda row: row.milliseconds[1], reverse=True)
    heads = "".join(f"{length:>9}" for length in LENGTHS)
    print(f"{'CPU ms for characters':32}{heads}   twice the length")
    for row in rows:
        times = "".join(f"{value:9.1f}" for value in row.milliseconds)
        growth = "".join(f"{value:7.2f}" for value in row.growth)
        print(f"{row.family:32}{times}  {growth}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Plots as SVG, drawn on the server: geometry in numbers, which the template turns into shapes.

No colour stands here and no style: shapes have classes, and each kind has a pattern of its own,
so that they can be told apart without colours. Every plot has a table with the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

#: The drawing's own units; it is as wide as its place on the page.
WIDTH, HEIGHT = 720, 220
#: Room for the numbers of the scale and for the days below.
SIDE, FOOT, TOP = 40, 24, 8
#: A day in so many has its date written below it.
_LABELS = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle of the kind number *kind*."""

    kind: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """What stands over one label, with the numbers in it."""

    label: str
    numbers: Sequence[int]
    pieces: Sequence[Piece]
    middle: float
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the scale."""

    value: int
    y: float


@dataclass(frozen=True, slots=True)
class Stacked:
    """Columns of stacked kinds over a scale from 0."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    width: int = WIDTH
    height: int = HEIGHT
    #: Where the lines of the scale end; its numbers stand beyond, on the side of today.
    edge: int = WIDTH - SIDE


def stacked(rows: Sequence[tuple[str, Sequence[int]]]) -> Stacked:
    """*rows* are labels with the numbers to stack over them, the first at the ground."""
    most = scale(max((sum(numbers) for _, numbers in rows), default=0))
    unit = (HEIGHT - FOOT - TOP) / most
    step = (WIDTH - SIDE) / max(len(rows), 1)
    every = max(1, -(-len(rows) // _LABELS))
    columns = []
    for place, (label, numbers) in enumerate(rows):
        x = place * step
        pieces = _stack(numbers, x + step * 0.1, step * 0.8, unit)
        labelled = (len(rows) - 1 - place) % every == 0
        columns.append(Column(label, numbers, pieces, round(x + step / 2, 1), labelled))
    lines = [
        Line(value, round(HEIGHT - FOOT - value * unit, 1))
        for value in sorted({0, most // 2, most})
    ]
    return Stacked(columns, lines)


def _stack(numbers: Sequence[int], x: float, width: float, unit: float) -> list[Piece]:
    pieces, below = [], float(HEIGHT - FOOT)
    for kind, number in enumerate(numbers):
        if number:
            height = number * unit
            below -= height
            pieces.append(
                Piece(kind, round(x, 1), round(below, 1), round(width, 1), round(height, 1))
            )
    return pieces


def bars(numbers: Sequence[int]) -> list[int]:
    """The lengths of bars, in hundredths of the longest."""
    most = max(numbers, default=0)
    return [max(1, round(100 * number / most)) if number else 0 for number in numbers]


def scale(most: int) -> int:
    """A round number that is even and at least *most*: 2, 4, 6, 10, 20, 40, 60, 100 …"""
    power = 1
    while True:
        for step in (2, 4, 6, 10):
            if most <= step * power:
                return step * power
        power *= 10

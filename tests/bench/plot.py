"""Lines in a picture: a small SVG, written without a library.

A :class:`Line` is drawn through its points, with a dot on each of its marks, and named in a legend.
Everybody can tell the colours apart (M. Okabe and K. Ito, "Color Universal Design", 2008).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 212, 48, 56
_LEGEND_STEP = 20


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: Sequence[Point]
    colour: int
    dashed: bool = False
    #: Points with a mark on them.
    marks: Sequence[Point] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    name: str
    low: float
    high: float
    #: (value, label)
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Picture:
    title: str
    #: What the picture shows, for those who cannot see it.
    about: str
    across: Axis
    up: Axis
    lines: Sequence[Line]
    #: Rectangles (left, right, low, high) in which the lines should run.
    goals: Sequence[tuple[float, float, float, float]] = ()


def svg(picture: Picture) -> str:
    """*picture* as the text of an SVG file."""
    parts = [*_goals(picture), *_grid(picture)]
    for line in picture.lines:
        parts += _line(picture, line)
    parts += _legend(picture.lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">\n'
        f"<title>{escape(picture.title)}</title>\n<desc>{escape(picture.about)}</desc>\n"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>\n'
        + _text(_LEFT, 26, picture.title, size=15)
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _goals(picture: Picture) -> Iterable[str]:
    for left, right, low, high in picture.goals:
        (x, bottom), (end, y) = _at(picture, (left, low)), _at(picture, (right, high))
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{end - x:.1f}" height="{bottom - y:.1f}" '
            'fill="#e3f1e3"/>'
        )


def _grid(picture: Picture) -> Iterable[str]:
    across, up = picture.across, picture.up
    left, right, bottom, top = _LEFT, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM, _TOP
    for value, label in up.ticks:
        _, y = _at(picture, (across.low, value))
        yield _rule(left, y, right, y) + _text(left - 8, y + 4, label, anchor="end")
    for value, label in across.ticks:
        x, _ = _at(picture, (value, up.low))
        yield _rule(x, top, x, bottom) + _text(x, bottom + 18, label, anchor="middle")
    yield _text((left + right) / 2, _HEIGHT - 14, across.name, anchor="middle")
    yield (
        f'<g transform="translate(18 {(top + bottom) / 2:.1f}) rotate(-90)">'
        + _text(0, 0, up.name, anchor="middle")
        + "</g>"
    )


def _line(picture: Picture, line: Line) -> Iterable[str]:
    places = [_at(picture, point) for point in line.points]
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{way}" fill="none" {_pen(line)}/>'
    for x, y in (_at(picture, mark) for mark in line.marks):
        colour = _COLOURS[line.colour % len(_COLOURS)]
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}" stroke="white"/>'


def _legend(lines: Sequence[Line]) -> Iterable[str]:
    x = _WIDTH - _RIGHT + 16
    for place, line in enumerate(lines):
        y = _TOP + 8 + _LEGEND_STEP * place
        yield f'<line x1="{x}" y1="{y}" x2="{x + 24}" y2="{y}" {_pen(line)}/>'
        yield _text(x + 32, y + 4, line.name)


def _pen(line: Line) -> str:
    dashes = ' stroke-dasharray="5 4"' if line.dashed else ""
    return f'stroke="{_COLOURS[line.colour % len(_COLOURS)]}" stroke-width="2"{dashes}'


def _rule(x: float, y: float, end_x: float, end_y: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{end_x:.1f}" y2="{end_y:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="#222">'
        f"{escape(text)}</text>\n"
    )


def _at(picture: Picture, point: Point) -> Point:
    """Where *point* is drawn; what lies outside is moved to the edge."""
    return (
        _LEFT + _share(picture.across, point[0]) * (_WIDTH - _LEFT - _RIGHT),
        _HEIGHT - _BOTTOM - _share(picture.up, point[1]) * (_HEIGHT - _TOP - _BOTTOM),
    )


def _share(axis: Axis, value: float) -> float:
    return (min(max(value, axis.low), axis.high) - axis.low) / (axis.high - axis.low)

"""A small drawing that makes a badge recognisable at a glance.

Five by five cells, mirrored, as one path: the same badge gives the same drawing everywhere, no
request leaves the page, and presentational attributes alone carry it, so a policy that forbids
inline styles does not touch it.
"""

from functools import lru_cache

from markupsafe import Markup

#: Every colour has nearly the same luminance (0.165 to 0.185): at least 3.6 : 1 on white and
#: on a page of #16181d alike, so one drawing serves light and dark.
COLOURS = (
    "#c2477f",
    "#d1453b",
    "#bd5b17",
    "#a06a00",
    "#837500",
    "#5f7f12",
    "#35852f",
    "#0b8660",
    "#008480",
    "#0b7fa0",
    "#2f76c4",
    "#5f6ad0",
    "#8160c8",
    "#a153b8",
    "#8a6a5c",
    "#6b7280",
)

CELLS = 5
_HALF = (CELLS + 1) // 2
_PATTERN_BITS = CELLS * _HALF
#: Fewer cells than this, or more than all but this, is a speck or a block and not a drawing.
_FEWEST = 4


@lru_cache(maxsize=1024)
def identicon(badge: str) -> Markup:
    """The drawing of *badge*, six hex digits, as an inline SVG that readers' tools skip."""
    number = int(badge, 16)
    colour = COLOURS[(number >> _PATTERN_BITS) % len(COLOURS)]
    return Markup(
        '<svg viewBox="-1 -1.5 7 7" width="32" height="32" stroke="{}"><path d="{}"/></svg>'
    ).format(colour, _path(_pattern(number)))


def _pattern(number: int) -> int:
    pattern = number & ((1 << _PATTERN_BITS) - 1)
    set_cells = pattern.bit_count()
    if set_cells < _FEWEST or set_cells > _PATTERN_BITS - _FEWEST:
        # A fixed scatter keeps such badges apart from one another and from their opposites.
        return pattern ^ 0b101010010101011
    return pattern


def _path(pattern: int) -> str:
    """Each run of set cells in a row as one line, as broad as a cell."""
    return "".join(
        f"M{start} {row}h{length}"
        for row in range(CELLS)
        for start, length in _runs(_row(pattern, row))
    )


def _row(pattern: int, row: int) -> list[bool]:
    left = [bool(pattern >> (row * _HALF + column) & 1) for column in range(_HALF)]
    return left + left[: CELLS - _HALF][::-1]


def _runs(cells: list[bool]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for column, filled in enumerate(cells):
        if not filled:
            continue
        if runs and sum(runs[-1]) == column:
            start, length = runs.pop()
            runs.append((start, length + 1))
        else:
            runs.append((column, 1))
    return runs

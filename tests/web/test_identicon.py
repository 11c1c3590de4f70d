"""The drawing of a badge: the same for the same badge, mirrored, readable in light and dark."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.web.identicon import CELLS, COLOURS, identicon

badges = st.integers(0, 0xFFFFFF).map(lambda number: f"{number:06x}")


def cells(drawing: str) -> set[tuple[int, int]]:
    """The filled cells as (column, row)."""
    runs = re.findall(r"M(\d) (\d)h(\d)", drawing)
    return {(int(x) + i, int(y)) for x, y, length in runs for i in range(int(length))}


@given(badges)
def test_it_is_mirrored_and_neither_empty_nor_full(badge: str) -> None:
    filled = cells(identicon(badge))

    assert filled == {(CELLS - 1 - column, row) for column, row in filled}
    assert 0 < len(filled) < CELLS * CELLS


@given(badges)
def test_it_carries_nothing_that_a_policy_forbids(badge: str) -> None:
    drawing = identicon(badge)

    assert re.fullmatch(r'<svg [^<>]+ stroke="#[0-9a-f]{6}"><path d="[Mh0-9 ]+"/></svg>', drawing)
    assert "style" not in drawing and "url(" not in drawing


def test_the_same_badge_is_the_same_drawing() -> None:
    assert identicon("a1b2c3") == identicon("a1b2c3")
    assert identicon("a1b2c3") != identicon("a1b2c4")


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("page", ["#ffffff", "#16181d"])
def test_its_colour_stands_out_in_both_schemes(colour: str, page: str) -> None:
    lighter, darker = sorted((luminance(colour), luminance(page)), reverse=True)

    assert (lighter + 0.05) / (darker + 0.05) >= 3


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""Rendering is cheap for every text, and twice a text costs little more than twice as much.

What is counted is the calls of functions, Python's and C's, under the profiler: the same number
on every machine, however busy. ``tests.bench.text`` has the milliseconds.
"""

import cProfile
from collections.abc import Sequence
from itertools import pairwise

import pytest

from comments.models import folded_name
from comments.text import render
from comments.text.budget import Budget
from comments.text.markdown import parse
from tests.hostile_text import FAMILIES

pytestmark = pytest.mark.again

LENGTHS = (10_000, 20_000, 40_000)
# A call takes 0.2 µs or so, and the promise is 50 ms.
MOST_CALLS = 200_000
MOST_GROWTH = 2.6
# What costs less than this (3 ms) may grow as it likes up to here.
LITTLE = 20_000


def everybody(places: Sequence[Sequence[str]]) -> dict[str, int]:
    """Whatever is behind an @ is a name; to know that, it is compared as names are."""
    return {reading: len(folded_name(reading)) or 1 for place in places for reading in place}


def calls(text: str) -> int:
    """How many functions are called to render *text*."""
    profiler = cProfile.Profile()
    profiler.enable()
    render(text, everybody)
    profiler.disable()
    return sum(entry.callcount for entry in profiler.getstats())


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """What is made once per process counts for no text."""
    render("*a* `b` http://é.example/ <http://a.example> [a](http://b.example) &amp;\n\n> - 1. c")


@pytest.mark.parametrize("family", FAMILIES)
def test_it_stays_below_the_ceiling_and_grows_with_the_length(family: str) -> None:
    counted = [calls(FAMILIES[family](length)) for length in LENGTHS]

    assert counted[0] <= MOST_CALLS
    for shorter, longer in pairwise(counted):
        assert longer <= MOST_GROWTH * max(shorter, LITTLE)


def test_the_families_are_many_and_of_the_length_asked_for() -> None:
    assert len(FAMILIES) >= 60
    for name, make in FAMILIES.items():
        assert len(make(1_000)) == 1_000, name
        assert make(1_000) == make(1_000), name


@pytest.mark.parametrize("family", FAMILIES)
def test_however_little_is_left_to_spend_the_words_stay(family: str) -> None:
    html = render(FAMILIES[family](9_000) + "\n\nthe last words")

    assert "the last words" in html


def test_a_long_honest_body_is_within_the_budget() -> None:
    words = "An honest reader writes sentences of some length, and not too few of them. " * 6
    paragraph = (
        f"{words} *And* **so** on.\n> quoted\n\n- one\n- two `code`\n\nSee www.a.example/page.\n\n"
    )
    body = paragraph * (10_000 // len(paragraph))
    budget = Budget()

    parse(body, budget)

    assert budget.blocks > 0
    assert budget.marks > 0
    assert render(body).count("<a href=") == body.count("www.")


def test_past_the_ceiling_the_rest_stands_as_it_was_typed() -> None:
    html = render("- *item*\n" * 1_000 + "the last line")

    assert html.startswith("<ul><li><em>item</em></li>")
    assert "<pre>" in html
    assert "*item*\n- *item*\n" in html
    assert "the last line" in html


def test_past_the_ceiling_there_are_no_links() -> None:
    html = render("http://a.example " * 1_000)

    assert 20 < html.count("<a href=") < 100
    assert html.count("http://a.example") > 1_000


def test_past_the_ceiling_angle_brackets_are_full_width() -> None:
    html = render("<" * 1_000)

    assert html.count("&lt;") + html.count("＜") == 1_000
    assert html.startswith("<p>&lt;&lt;")
    assert html.endswith("＜＜</p>")


def test_an_address_is_whole_or_no_link() -> None:
    """The & in an address has no full-width form that would lead to the same place."""
    html = render("<" * 495 + " http://a.example/?" + "a&" * 20)

    assert "<a " not in html
    assert html.endswith("a＆</p>")

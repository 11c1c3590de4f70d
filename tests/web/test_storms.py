"""In a storm of votes a page is drawn now and then; whatever else changes is on it at once."""

from datetime import timedelta

import pytest
import time_machine

from comments import Status
from comments.web.storms import AT_ONCE, MOST_PAGES, Storms
from tests.web import cast
from tests.web.cast import API

PAGE = f"{API}/comments?thread=story"
SECONDS = 5
START = 1_800_000_000.0
#: What the page shows when the storm is on: the first one that was made, and all draws at once.
SHOWN = AT_ONCE + 1


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def stormy(app, alice, clock):
    """A thread of two comments of which one has been voted on until its page is old."""
    alice.says("The first.")
    alice.says("Another one.")
    for number in range(SHOWN):
        vote(app, number)
        assert score(app) == number + 1
    vote(app, SHOWN)
    assert score(app) == SHOWN
    return app


def vote(app, number):
    client = app.test_client()
    client.environ_base = client.environ_base | {"REMOTE_ADDR": f"198.51.{number}.1"}
    cast.Visitor(f"voter {number}", client).vote(1)


def score(app, address=PAGE):
    comments = cast.visitor(app, "dave").client.get(address).get_json()["comments"]
    return next(each["score"] for each in comments if each["id"] == 1)


def test_some_seconds_later_the_page_is_drawn_anew(stormy, clock):
    clock.shift(timedelta(seconds=SECONDS - 0.1))
    assert score(stormy) == SHOWN
    clock.shift(timedelta(seconds=0.2))
    assert score(stormy) == SHOWN + 1


@pytest.mark.parametrize(
    "change",
    [
        lambda app, alice: alice.says("New."),
        lambda app, alice: alice.edit(1, "Edited."),
        lambda app, alice: cast.decide(app, 2, Status.SPAM),
        lambda app, alice: cast.close(app),
    ],
    ids=["post", "edit", "hide", "close"],
)
def test_whatever_else_changes_is_there_at_once(stormy, alice, change):
    change(stormy, alice)
    vote(stormy, 99)
    assert score(stormy) == SHOWN + 2


def test_another_page_of_the_thread_has_draws_of_its_own(stormy):
    assert score(stormy, f"{PAGE}&sort=newest") == SHOWN + 1


def test_there_is_no_storm_where_nothing_may_be_old():
    storms = Storms(0)
    assert all(storms.may_draw("page") for _ in range(100))


def test_the_pages_that_are_remembered_are_bounded():
    storms = Storms(SECONDS, clock=lambda: START)
    draws = [storms.may_draw("page") for _ in range(AT_ONCE + 1)]
    assert draws == [True] * AT_ONCE + [False]
    for number in range(MOST_PAGES):
        storms.may_draw(number)
    assert storms.may_draw("page")

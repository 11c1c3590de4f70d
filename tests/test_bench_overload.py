"""What the benchmark tells of a flood, counted by hand; and the client that sends one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.bench import flood, overload

ANSWERS = [
    *[("read", 200, ms) for ms in (10.0, 20.0, 90.0)],
    *[("read", 503, ms) for ms in (1.0, 2.0, 3.0)],
    ("write", 201, 40.0),
    *[("write", 503, 5.0)] * 3,
]


def test_each_kind_has_its_rate_and_times():
    assert overload.rows_of(ANSWERS, seconds=2) == [
        overload.Row("read", 1.5, 20.0, 90.0),
        overload.Row("read, refused", 1.5, 2.0, 3.0),
        overload.Row("write", 0.5, 40.0, 40.0),
        overload.Row("write, refused", 1.5, 5.0, 5.0),
    ]


def test_shares_are_of_what_was_asked():
    assert overload.share_answered(ANSWERS, "read") == 0.5
    assert overload.share_answered(ANSWERS, "write") == 0.25
    assert overload.share_answered([], "write") == 0


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({}, set()),
        ({"capacity": 3.0}, {"answers"}),
        ({"answers": [*ANSWERS, ("read", 500, 1.0)]}, {"nothing"}),
        ({"answers": [*ANSWERS, ("read", 503, 900.0)]}, {"refusals"}),
        ({"answers": ANSWERS[3:]}, {"answers", "nothing", "reads"}),
        ({"memory": (100, 130)}, {"memory"}),
        ({"back": 6.0}, {"back"}),
    ],
)
def test_a_goal_that_is_missed_is_told(change, missed):
    facts = {"answers": ANSWERS, "capacity": 2.0, "memory": (100, 110), "back": 1.0} | change
    rows = overload.rows_of(facts["answers"], seconds=2)
    goals = overload.goals(rows, **facts)
    words = {goal.promise.split()[0] for goal in goals if not goal.met}
    assert {word if word != "10" else "answers" for word in words} == missed


def test_the_flood_does_not_wait_for_answers(serve):
    together = Barrier(3, timeout=60)

    def app(environ, start_response):
        together.wait()
        start_response("503 NO", [("Content-Length", "2")])
        return [b"no"]

    crowd = flood.Flood(serve(app), [("read", "GET", "/", ""), ("write", "POST", "/", "{}")])
    # Not in this thread: the tests' browser may have left a loop there.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, crowd.run(seconds=0.3, per_second=10)).result()
    # It never answers one or two: three have to be there at once.
    assert [(kind, status) for kind, status, _ms in sorted(crowd.answers)] == [
        ("read", 503),
        ("read", 503),
        ("write", 503),
    ]

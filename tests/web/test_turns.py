"""Whose turn it is: shares, order, the room to wait in, patience. Threads, and no clock."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product

import pytest

from comments.web.turns import Kind, Share, Turns, shares_of

MODERATING, READING, PRIVATE, WRITING = Kind
ANYTHING = dict.fromkeys(Kind, Share(0, 100))
LONG = 60.0

Ask = Callable[[Turns, Kind], "Future[bool]"]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Enters from a thread of its own, and comes back once that one waits or is done."""
    with ThreadPoolExecutor(20) as pool:

        def enter(turns: Turns, kind: Kind) -> "Future[bool]":
            before = turns.waiting(kind)
            asked = pool.submit(turns.enter, kind)
            for _ in range(1_000_000):
                if asked.done() or turns.waiting(kind) > before:
                    return asked
            raise AssertionError("it neither waits nor is done")

        yield enter


def full(places: int = 1, seats: int = 4, patience: float = LONG) -> Turns:
    turns = Turns(places, seats, patience, ANYTHING)
    assert all(turns.enter(READING) for _ in range(places))
    return turns


def test_who_finds_a_place_does_not_wait():
    turns = Turns(2, 0, LONG, ANYTHING)
    assert [turns.enter(READING) for _ in range(3)] == [True, True, False]
    turns.leave(READING)
    assert turns.enter(WRITING)


def test_readers_go_before_writers_who_came_first_and_moderators_before_both(ask):
    turns = full()
    writer, reader, moderator = (ask(turns, kind) for kind in (WRITING, READING, MODERATING))
    for goes, kind in ((moderator, READING), (reader, MODERATING), (writer, READING)):
        assert not goes.done()
        turns.leave(kind)
        assert goes.result(LONG)
    assert turns.waiting() == 0


def test_of_one_kind_the_first_to_come_goes_first(ask):
    turns = full()
    first, second = ask(turns, WRITING), ask(turns, WRITING)
    turns.leave(READING)
    assert first.result(LONG) and not second.done()
    turns.leave(WRITING)
    assert second.result(LONG)


def test_a_full_room_refuses_at_once(ask):
    turns = full(seats=1)
    waits = ask(turns, READING)
    assert [turns.enter(kind) for kind in (READING, PRIVATE, WRITING)] == [False] * 3
    turns.leave(READING)
    assert waits.result(LONG)


def test_a_reader_takes_the_seat_of_the_writer_who_came_last(ask):
    turns = full(seats=2)
    first, last = ask(turns, WRITING), ask(turns, WRITING)
    reader = ask(turns, READING)
    assert last.result(LONG) is False
    moderator = ask(turns, MODERATING)
    assert first.result(LONG) is False
    assert turns.enter(WRITING) is False
    turns.leave(READING)
    turns.leave(MODERATING)
    assert moderator.result(LONG) and reader.result(LONG)


def test_patience_ends_and_leaves_no_trace(ask):
    turns = full(patience=0)
    assert ask(turns, READING).result(LONG) is False
    assert turns.waiting() == 0
    turns.leave(READING)
    assert turns.enter(READING)


def test_neither_readers_nor_writers_take_everything():
    turns = Turns(8, 0, LONG)
    assert sum(turns.enter(READING) for _ in range(20)) == 5
    assert [turns.enter(kind) for kind in (MODERATING, PRIVATE, WRITING)] == [True] * 3
    assert not any(turns.enter(kind) for kind in Kind)

    turns = Turns(8, 0, LONG)
    assert sum(turns.enter(WRITING) for _ in range(20)) == 4
    assert sum(turns.enter(READING) for _ in range(20)) == 2


@pytest.mark.parametrize(("places", "kind"), list(product((1, 2, 3, 4), Kind)))
def test_however_few_places_there_are_everybody_gets_one(places, kind):
    turns = Turns(places, 0, LONG, shares_of(places))
    assert turns.enter(kind)


def test_a_crowd_never_has_more_than_its_places_and_nobody_is_forgotten():
    turns, busy, most = Turns(4, 100, LONG), [], []

    def work(number: int) -> bool:
        kind = list(Kind)[number % len(Kind)]
        if not turns.enter(kind):
            return False
        busy.append(number)
        most.append(len(busy))
        busy.remove(number)
        turns.leave(kind)
        return True

    with ThreadPoolExecutor(40) as pool:
        assert all(pool.map(work, range(2_000)))
    assert max(most) <= 4 and turns.waiting() == 0

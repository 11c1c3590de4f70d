"""Who is let in: shares, order, the room to wait in, patience. Threads, and a clock that stands."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product

import pytest

from comments.web.doorkeeper import Doorkeeper, Kind, Share, shares_of

MODERATING, READING, PRIVATE, WRITING = Kind
ANYTHING = dict.fromkeys(Kind, Share(0, 100))
LONG = 60.0

Ask = Callable[[Doorkeeper, Kind], "Future[bool]"]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Enters from a thread of its own, and comes back once that one waits or is done."""
    with ThreadPoolExecutor(20) as pool:

        def enter(doorkeeper: Doorkeeper, kind: Kind) -> "Future[bool]":
            before = doorkeeper.waiting(kind)
            asked = pool.submit(doorkeeper.enter, kind)
            for _ in range(1_000_000):
                if asked.done() or doorkeeper.waiting(kind) > before:
                    return asked
            raise AssertionError("it neither waits nor is done")

        yield enter


def full(places: int = 1, seats: int = 4) -> Doorkeeper:
    doorkeeper = Doorkeeper(places, seats, LONG, ANYTHING)
    assert all(doorkeeper.enter(READING) for _ in range(places))
    return doorkeeper


def test_who_finds_a_place_does_not_wait():
    doorkeeper = Doorkeeper(2, 0, LONG, ANYTHING)
    assert [doorkeeper.enter(READING) for _ in range(3)] == [True, True, False]
    doorkeeper.leave(READING)
    assert doorkeeper.enter(WRITING)


def test_readers_go_before_writers_who_came_first_and_moderators_before_both(ask):
    doorkeeper = full()
    writer, reader, moderator = (ask(doorkeeper, kind) for kind in (WRITING, READING, MODERATING))
    for goes, kind in ((moderator, READING), (reader, MODERATING), (writer, READING)):
        assert not goes.done()
        doorkeeper.leave(kind)
        assert goes.result(LONG)
    assert doorkeeper.waiting() == 0


def test_of_one_kind_the_first_to_come_goes_first(ask):
    doorkeeper = full()
    first, second = ask(doorkeeper, WRITING), ask(doorkeeper, WRITING)
    doorkeeper.leave(READING)
    assert first.result(LONG) and not second.done()
    doorkeeper.leave(WRITING)
    assert second.result(LONG)


def test_a_full_room_refuses_at_once(ask):
    doorkeeper = full(seats=1)
    waits = ask(doorkeeper, READING)
    assert [doorkeeper.enter(kind) for kind in (READING, PRIVATE, WRITING)] == [False] * 3
    doorkeeper.leave(READING)
    assert waits.result(LONG)


def test_a_reader_takes_the_seat_of_the_writer_who_came_last(ask):
    doorkeeper = full(seats=2)
    first, last = ask(doorkeeper, WRITING), ask(doorkeeper, WRITING)
    reader = ask(doorkeeper, READING)
    assert last.result(LONG) is False
    moderator = ask(doorkeeper, MODERATING)
    assert first.result(LONG) is False
    assert doorkeeper.enter(WRITING) is False
    doorkeeper.leave(READING)
    doorkeeper.leave(MODERATING)
    assert moderator.result(LONG) and reader.result(LONG)


def test_patience_ends_and_leaves_no_trace(ask):
    doorkeeper = Doorkeeper(1, 4, 0, ANYTHING, clock=lambda: 0)
    assert doorkeeper.enter(READING)
    assert ask(doorkeeper, READING).result(LONG) is False
    assert doorkeeper.waiting() == 0
    doorkeeper.leave(READING)
    assert doorkeeper.enter(READING)


def test_where_nothing_moves_nobody_waits(ask):
    now = [0.0]
    doorkeeper = Doorkeeper(1, 4, LONG, ANYTHING, clock=lambda: now[0])
    assert doorkeeper.enter(READING)
    now[0] = LONG
    waits = ask(doorkeeper, READING)
    now[0] = 2 * LONG
    assert doorkeeper.enter(READING) is False
    doorkeeper.leave(READING)
    assert waits.result(LONG)
    again = ask(doorkeeper, READING)
    doorkeeper.leave(READING)
    assert again.result(LONG)


def test_neither_readers_nor_writers_take_everything():
    doorkeeper = Doorkeeper(8, 0, LONG)
    assert sum(doorkeeper.enter(READING) for _ in range(20)) == 5
    assert [doorkeeper.enter(kind) for kind in (MODERATING, PRIVATE, WRITING)] == [True] * 3
    assert not any(doorkeeper.enter(kind) for kind in Kind)

    doorkeeper = Doorkeeper(8, 0, LONG)
    assert sum(doorkeeper.enter(WRITING) for _ in range(20)) == 4
    assert sum(doorkeeper.enter(READING) for _ in range(20)) == 2


def test_who_knocks_at_the_moderators_door_leaves_places_and_seats_for_readers(ask):
    """Anybody may: nobody knows who they are before they are in."""
    doorkeeper = Doorkeeper(8, 4, LONG)
    knocking = [ask(doorkeeper, MODERATING) for _ in range(20)]
    assert sum(asked.done() and asked.result() for asked in knocking) == 4
    assert doorkeeper.waiting(MODERATING) == 2
    reading = [ask(doorkeeper, READING) for _ in range(4)]
    assert sum(asked.done() and asked.result() for asked in reading) == 2
    assert doorkeeper.waiting(READING) == 2
    for kind in (*[READING] * 4, *[MODERATING] * 6):
        doorkeeper.leave(kind)


def test_forms_sent_slowly_to_every_door_leave_readers_a_quarter():
    doorkeeper = Doorkeeper(8, 0, LONG)
    taken = [doorkeeper.enter(kind) for kind in (MODERATING, WRITING, PRIVATE) * 8]
    assert sum(taken) == 6
    assert [doorkeeper.enter(READING) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(("places", "kind"), list(product((1, 2, 3, 4), Kind)))
def test_however_few_places_there_are_everybody_gets_one(places, kind):
    doorkeeper = Doorkeeper(places, 0, LONG, shares_of(places))
    assert doorkeeper.enter(kind)


def test_a_crowd_never_has_more_than_its_places_and_nobody_is_forgotten():
    doorkeeper, busy, most = Doorkeeper(4, 100, LONG), [], []

    def work(number: int) -> bool:
        kind = list(Kind)[number % len(Kind)]
        if not doorkeeper.enter(kind):
            return False
        busy.append(number)
        most.append(len(busy))
        busy.remove(number)
        doorkeeper.leave(kind)
        return True

    with ThreadPoolExecutor(40) as pool:
        assert all(pool.map(work, range(2_000)))
    assert max(most) <= 4 and doorkeeper.waiting() == 0

"""A page that many miss at once is made once, and nobody gets an older one than they asked for."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from comments.web import flights, front
from comments.web.flights import Flights
from tests.web import cast
from tests.web.cast import API

PAGE = f"{API}/comments?thread=story"
READERS = 6
SECONDS = 20


class Crowd:
    """Readers who all ask for one address, and how many of them have come."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._inner = app.wsgi_app
        self._came = threading.Semaphore(0)
        app.wsgi_app = self

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self._came.release()
        return self._inner(environ, start_response)

    def wait(self, readers: int) -> None:
        for _ in range(readers):
            assert self._came.acquire(timeout=SECONDS)

    def asks(self, address: str, readers: int = READERS) -> list[Any]:
        clients = [self._app.test_client() for _ in range(readers)]
        with ThreadPoolExecutor(readers) as pool:
            return list(pool.map(lambda client: client.get(address), clients))


@contextmanager
def held_up(app: Flask, act: Callable[[], None]) -> Iterator[list[str]]:
    """Does *act* before the first query; gives the queries for a thread's facts."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "named" in statement:
            sent.append(statement)
            if len(sent) == 1:
                act()

    engine = cast.state_of(app).engine()
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no page that hangs."""
    monkeypatch.setattr(front, "_PATIENCE", SECONDS)


@pytest.mark.parametrize("was_ready", [False, True], ids=["never made", "made before"])
def test_it_is_made_once(app, alice, carol, was_ready):
    alice.says()
    if was_ready:
        carol.client.get(PAGE)
        alice.says("And it is no longer true.")
    crowd = Crowd(app)
    with held_up(app, lambda: crowd.wait(READERS)) as made:
        answers = crowd.asks(PAGE)
    assert len(made) == 1
    assert {(each.status_code, each.data) for each in answers} == {(200, answers[0].data)}


def test_who_comes_while_it_is_made_because_of_votes_gets_the_old_one_at_once(app, alice, carol):
    alice.says()
    carol.client.get(PAGE)
    carol.vote(1)
    early: list[Any] = []

    def look() -> None:
        client = cast.visitor(app, "dave").client
        reader = threading.Thread(target=lambda: early.append(client.get(PAGE)))
        reader.start()
        reader.join()

    with held_up(app, look) as made:
        late = carol.client.get(PAGE)
    assert len(made) == 1
    assert [each.json["comments"][0]["score"] for each in (*early, late)] == [0, 1]


def test_who_fails_to_make_it_lets_the_others_go_on(app, alice):
    alice.says()
    crowd = Crowd(app)

    def fail() -> None:
        crowd.wait(READERS)
        raise OperationalError("SELECT", {}, Exception("gone"))

    with held_up(app, fail) as made:
        answers = crowd.asks(PAGE)
    assert sorted(each.status_code for each in answers) == [200] * (READERS - 1) + [503]
    assert len(made) == 2


def test_who_asks_after_a_change_sees_it(app, alice, carol):
    """Also when the page was begun before it."""
    alice.says("The first.")
    late: list[Any] = []
    readers = ThreadPoolExecutor(1)

    def change() -> None:
        """While the page is being made: its thread has been read."""
        writer = threading.Thread(target=lambda: alice.says("The second."))
        writer.start()
        writer.join()
        late.append(readers.submit(cast.visitor(app, "dave").client.get, PAGE))

    with after_the_first_query(app, change):
        carol.client.get(PAGE)
    with readers:
        assert "The second." in late[0].result(timeout=SECONDS).text


@contextmanager
def after_the_first_query(app: Flask, act: Callable[[], None]) -> Iterator[None]:
    done: list[bool] = []

    def note(*_: Any) -> None:
        if not done:
            done.append(True)
            act()

    engine = cast.state_of(app).engine()
    event.listen(engine, "after_cursor_execute", note)
    yield
    event.remove(engine, "after_cursor_execute", note)


@pytest.mark.parametrize("address", [f"{API}/me?thread=story", "/comments/mine?key=story"])
def test_what_is_for_one_reader_is_made_for_each(app, alice, address):
    """Two who ask for it are at work at the same time."""
    alice.says()
    crowd, both = Crowd(app), threading.Barrier(2, timeout=SECONDS)
    engine = cast.state_of(app).engine()
    met: set[int] = set()

    def meet(*_: Any) -> None:
        if threading.get_ident() not in met:
            met.add(threading.get_ident())
            both.wait()

    event.listen(engine, "before_cursor_execute", meet)
    answers = crowd.asks(address, 2)
    event.remove(engine, "before_cursor_execute", meet)
    assert [each.status_code for each in answers] == [200, 200]


def test_nobody_waits_for_ever():
    under_way = Flights(patience=0)
    with under_way.joined("page") as first:
        with under_way.joined("page") as in_vain:
            assert (first, in_vain) == (True, True)
        with under_way.joined("other") as makes_other:
            assert makes_other
    with under_way.joined("page") as makes_it:
        assert makes_it


def test_while_something_hangs_one_finds_it_out_for_all(monkeypatch):
    waited: list[float | None] = []

    class InVain(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return False

    monkeypatch.setattr(flights, "Event", InVain)
    now = [0.0]
    under_way = Flights(patience=1, clock=lambda: now[0])
    with under_way.joined("page"):
        for now[0] in (0, 1, flights.HANGING_SECONDS + 2):
            with under_way.joined("page") as makes_it:
                assert makes_it
    assert waited == [1, 0, 1]

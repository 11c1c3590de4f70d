"""A comment is counted by the transaction that stores it; what is refused is counted as well."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, event, text

from tests.web import cast
from tests.web.cast import problem
from tests.web.conftest import MakeApp

FEW = 3
_HITS = text("SELECT coalesce(sum(hits), 0) FROM comments_limit_counters WHERE key LIKE :kind")


@pytest.fixture
def strict(make_app: MakeApp) -> Flask:
    return make_app(COMMENTS_GUEST_LIMIT=f"{FEW} per hour")


def counted(app: Flask) -> int:
    with cast.state_of(app).engine().connect() as connection:
        return int(connection.execute(_HITS, {"kind": "%posting%"}).scalar_one())


@contextmanager
def without(app: Flask, table: str) -> Iterator[None]:
    """A database that has lost *table*."""
    rename = "ALTER TABLE {} RENAME TO {}"
    names = (f"comments_{table}", "comments_lost")
    engine = cast.state_of(app).engine()
    with engine.begin() as connection:
        connection.exec_driver_sql(rename.format(*names))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(rename.format(*reversed(names)))


@contextmanager
def counting() -> Iterator[list[Engine]]:
    """The engines by which hits are written meanwhile, whosever they are."""
    seen: list[Engine] = []

    def note(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if "INTO comments_limit_counters" in statement:
            seen.append(connection.engine)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_comment_is_counted_by_the_connection_that_stores_it(strict):
    alice = cast.visitor(strict, "alice")
    with counting() as engines:
        assert alice.post().status_code == 201
    assert engines == [cast.state_of(strict).engine()]
    assert counted(strict) == 1


def test_the_one_that_is_too_many_is_neither_stored_nor_counted(strict):
    alice = cast.visitor(strict, "alice")
    answers = [alice.post(f"Number {n}.").status_code for n in range(FEW + 2)]
    assert answers == [201] * FEW + [429] * 2
    assert (alice.reads()["thread"]["count"], counted(strict)) == (FEW, FEW)


def test_who_is_refused_for_another_reason_uses_up_the_budget_all_the_same(strict):
    """Or names that are taken could be found out for nothing."""
    alice = cast.visitor(strict, "alice")
    alice.says()
    cast.close(strict)
    answers = [problem(alice.post("More."))[1] for _ in range(FEW)]
    assert answers == ["closed"] * (FEW - 1) + ["rate_limited"]
    assert counted(strict) == FEW


def test_what_fails_uses_up_the_budget_too(strict):
    alice = cast.visitor(strict, "alice")
    with without(strict, "decisions"):
        answers = [alice.post().status_code for _ in range(FEW + 1)]
    assert answers == [503] * FEW + [429]
    assert counted(strict) == FEW


def test_a_hosts_screen_is_not_asked_about_who_is_too_many(strict):
    asked: list[str] = []
    cast.state_of(strict).owner.screen(lambda submitted: asked.append(submitted.text))
    alice = cast.visitor(strict, "alice")
    answers = [alice.post(f"Number {n}.").status_code for n in range(FEW + 2)]
    assert answers == [201] * FEW + [429] * 2
    assert len(asked) == counted(strict) == FEW


def test_the_form_counts_as_the_api_does(strict):
    alice = cast.visitor(strict, "alice")
    fields = {"key": "story", "name": "alice", "body": "Hello."}
    answers = [alice.submit("/post", **fields).status_code for _ in range(FEW + 1)]
    assert answers == [303] * FEW + [429]
    assert (alice.reads()["thread"]["count"], counted(strict)) == (FEW, FEW)


def test_without_counters_people_write_and_each_process_counts_for_itself(strict):
    alice = cast.visitor(strict, "alice")
    with without(strict, "limit_counters"):
        answers = [alice.post(f"Number {n}.").status_code for n in range(FEW + 1)]
    assert answers == [201] * FEW + [429]
    assert alice.reads()["thread"]["count"] == FEW


@pytest.mark.parametrize("is_counted_apart", [False, True])
def test_a_call_whose_answer_was_lost_costs_nothing_again(strict, is_counted_apart):
    if is_counted_apart:  # as where a host has a screen
        cast.state_of(strict).owner.screen(lambda _submitted: None)
    alice = cast.visitor(strict, "alice")
    again = {"Idempotency-Key": "a key of alice's"}
    alice.says("The first.")
    answers = [alice.post("Once.", headers=again) for _ in range(FEW + 2)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["comment"]["id"] for answer in answers}) == 1
    assert counted(strict) == 2

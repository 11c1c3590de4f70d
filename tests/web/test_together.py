"""Votes that wait at the same moment are written together, and each has its own outcome."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from comments import comment_voted, turns
from comments.identity import Author
from comments.models import AuthorKind, Thread
from comments.web import together
from comments.web.limiting import Kind
from tests.web import cast
from tests.web.cast import problem

PEOPLE = 4
LONG = 30
_NOTE = text("UPDATE comments_threads SET title = coalesce(title, '') || :word")


@pytest.fixture
def story(sqlite_app):
    """Alice has written the comments 1 and 2, and four strangers with tokens have a look."""
    alice = cast.visitor(sqlite_app, "alice")
    for _ in range(2):
        alice.says()
    return sqlite_app


def strangers(app, number: int = PEOPLE):
    for place in range(number):
        client = app.test_client()
        client.environ_base = client.environ_base | {"REMOTE_ADDR": f"198.51.{place}.1"}
        yield cast.Visitor(f"stranger {place}", client)


@contextmanager
def gathered(app, *calls: Callable[[], Any]) -> Iterator[list["Future[Any]"]]:
    """*calls* that wait for one another, until the block ends; then each has its answer."""
    state = cast.state_of(app)
    with ThreadPoolExecutor(len(calls)) as pool:
        with turns.waited(state.engine().url.database, LONG):
            answers = [pool.submit(call) for call in calls]
            while state.gathering.waiting() < len(calls):
                assert not any(answer.done() for answer in answers)
        yield answers


def score(app, comment_id: int = 1) -> int:
    shown = cast.visitor(app, "dave").reads()["comments"]
    return next(each["score"] for each in shown if each["id"] == comment_id)


def test_those_who_wait_share_one_commit_and_nobody_is_answered_before_it(story):
    commits: list[int] = []
    votes = [lambda it=each: it.vote(1) for each in strangers(story)]
    with gathered(story, *votes) as answers:
        event.listen(
            cast.state_of(story).engine(),
            "commit",
            lambda _: commits.append(sum(answer.done() for answer in answers)),
        )
    assert [answer.result().status_code for answer in answers] == [200] * PEOPLE
    assert commits == [0]
    assert score(story) == PEOPLE


def test_each_is_told_their_own_revision_and_numbers(story):
    with gathered(story, *(lambda it=each: it.vote(1) for each in strangers(story))) as answers:
        pass
    told = [answer.result() for answer in answers]
    assert sorted(each.json["up"] for each in told) == [1, 2, 3, 4]
    assert len({each.headers["Comments-Revision"] for each in told}) == PEOPLE


def test_each_vote_is_told_to_the_host_by_who_cast_it(story):
    heard: list[int] = []
    with comment_voted.connected_to(lambda _, **told: heard.append(told["comment_id"])):
        first, second, *_ = strangers(story)
        with gathered(story, lambda: first.vote(1), lambda: second.vote(2)):
            pass
    assert sorted(heard) == [1, 2]


def test_who_is_refused_is_refused_alone(story):
    first, second, third, _ = strangers(story)
    votes = [lambda: first.vote(1), lambda: second.vote(4711), lambda: third.vote(1)]
    with gathered(story, *votes) as answers:
        pass
    assert problem(answers[1].result()) == (404, "no_such_comment")
    assert score(story) == 2


def test_who_did_too_much_is_told_so_and_the_others_vote(story):
    eager, other, *_ = strangers(story)
    assert {eager.vote(4711).status_code for _ in range(100)} == {404}
    with gathered(story, lambda: other.vote(1), lambda: eager.vote(1)) as answers:
        pass
    assert problem(answers[1].result()) == (429, "rate_limited")
    assert score(story) == 1


def in_request(app, act):
    def run():
        with app.test_request_context():
            author = Author(id=f"guest:{id(act)}", kind=AuthorKind.GUEST, address=f"net {id(act)}")
            return together.write(cast.state_of(app), Kind.VOTING, author, act)

    return run


def note(word: str):
    def act(session):
        session.execute(_NOTE, {"word": word})
        return word

    return act


def test_what_breaks_is_left_to_whoever_brought_it(story):
    def breaks(session):
        note("broken")(session)
        raise ZeroDivisionError

    calls = [in_request(story, act) for act in (note("a"), breaks, note("b"))]
    with gathered(story, *calls) as answers:
        pass
    assert [answers[place].result() for place in (0, 2)] == ["a", "b"]
    assert isinstance(answers[1].exception(), ZeroDivisionError)
    with cast.state_of(story).engine().connect() as connection:
        assert sorted(connection.scalar(text("SELECT title FROM comments_threads"))) == ["a", "b"]


def test_after_what_broke_the_next_ones_are_written(story):
    def breaks(_session):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_request(story, breaks)()
    assert in_request(story, note("a"))() == "a"


def test_on_postgres_what_the_database_breaks_off_is_tried_once_more(start, service_postgres_uri):
    app = start(service_postgres_uri)
    cast.visitor(app, "alice").says()
    tried: list[int] = []

    def act(session):
        tried.append(1)
        note("a")(session)
        if len(tried) == 1:
            session.execute(text("SELECT 1 / 0"))
        return "a"

    assert in_request(app, act)() == "a"
    with cast.state_of(app).engine().connect() as connection:
        assert connection.scalar(text("SELECT title FROM comments_threads")) == "a"
        assert (
            connection.scalar(
                text("SELECT hits FROM comments_limit_counters WHERE key LIKE '%voting%'")
            )
            == 1
        )


def test_a_database_that_lets_nobody_write_is_asked_once_and_all_are_told(story):
    engine, asked = cast.state_of(story).engine(), []

    def refuse(*told):
        if told[2] == "BEGIN IMMEDIATE":
            asked.append(1)
            raise OperationalError(told[2], {}, Exception("database is locked"))

    with gathered(story, *(lambda it=each: it.vote(1) for each in strangers(story))) as answers:
        event.listen(engine, "before_cursor_execute", refuse)
    event.remove(engine, "before_cursor_execute", refuse)
    assert [answer.result().status_code for answer in answers] == [503] * PEOPLE
    assert len(asked) == 1
    assert in_request(story, note("a"))() == "a"


def test_a_database_that_lost_a_table_refuses_each_of_them(story):
    with cast.state_of(story).engine().connect() as connection:
        connection.exec_driver_sql("ALTER TABLE comments_votes RENAME TO gone")
        connection.commit()
    with gathered(story, *(lambda it=each: it.vote(1) for each in strangers(story))) as answers:
        pass
    assert [answer.result().status_code for answer in answers] == [503] * PEOPLE


def test_whose_session_has_begun_something_keeps_it_with_their_own_commit(story):
    state = cast.state_of(story)
    with story.test_request_context():
        state.session().get_one(Thread, 1).title = "theirs"
        author = Author(id="host:1", kind=AuthorKind.USER)
        together.write(state, Kind.VOTING, author, lambda _: None)
        state.session().rollback()
        assert state.session().scalar(text("SELECT title FROM comments_threads")) == "theirs"

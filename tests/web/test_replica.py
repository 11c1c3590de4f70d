"""Readers are answered by a real streaming replica: it lags, it goes, and nobody is wronged.

The replay of what it has received is paused by the tests, so that it lags for as long as they say.
"""

import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response
from sqlalchemy import create_engine, event
from sqlalchemy.exc import DataError, DBAPIError, OperationalError

from comments import replica, schema
from comments.errors import ConfigError
from comments.replica import AWAY_SECONDS, Replica
from comments.web import readers
from tests.services.postgres import Postgres, empty
from tests.services.relay import Relay
from tests.services.standby import Standby
from tests.web import cast
from tests.web.cast import API, HERE, Visitor

PAGE = f"{API}/comments?thread=story"
HTML = "/comments/thread?key=story"
FRAGMENT = "/comments/fragment/thread?key=story"

Pair = tuple[str, Standby]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A database with our tables on a primary, and the server that follows it."""
    primary = Postgres(own=True)
    uri = primary.create()
    engine = create_engine(uri)
    schema.upgrade(engine)
    engine.dispose()
    standby = Standby(primary)
    yield uri, standby
    standby.stop()
    primary.stop()


@pytest.fixture
def emptied(pair: Pair) -> Iterator[Pair]:
    uri, standby = pair
    standby.catch_up()
    yield pair
    engine = create_engine(uri)
    empty(engine)
    engine.dispose()


@pytest.fixture
def relay(emptied: Pair) -> Iterator[Relay]:
    """What stands between the service and the replica, so that it can be taken away."""
    relay = Relay("127.0.0.1", emptied[1].port)
    yield relay
    relay.cut()


@pytest.fixture
def app(start: Callable[..., Flask], emptied: Pair, relay: Relay) -> Flask:
    uri, standby = emptied
    followed = standby.uri(uri).replace(f":{standby.port}", f":{relay.port}")
    return start(uri, COMMENTS_DATABASE_READ_URI=followed)


@pytest.fixture
def standby(emptied: Pair) -> Standby:
    return emptied[1]


def texts(reader: Visitor, **query: object) -> list[str]:
    return [comment["html"] for comment in reader.reads(**query)["comments"]]


# ── readers ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        PAGE,
        HTML,
        FRAGMENT,
        f"{API}/comments/1",
        f"{API}/comments/1/replies",
        f"{API}/counts?thread=story",
        f"{API}/pulse?thread=story&thread=other",
        f"{API}/anchors?thread=story",
        "/comments/fragment/news?key=story",
        "/comments/fragment/comment?id=1",
        "/comments/fragment/replies?id=1",
        "/comments/fragment/passage?key=story",
        "/comments/feed.atom",
    ],
)
def test_what_everybody_reads_is_no_work_for_the_primary(app, alice, carol, standby, address):
    alice.says()
    standby.catch_up()
    sent: list[str] = []
    event.listen(
        cast.state_of(app).engine(), "before_cursor_execute", lambda *call: sent.append(call[2])
    )
    assert carol.client.get(address).status_code == 200
    assert carol.client.get(address).status_code == 200
    assert sent == []


def test_readers_may_lag(alice, carol, standby):
    alice.says("Before.")
    standby.catch_up()
    standby.pause()
    alice.says("After.")
    assert texts(carol) == ["<p>Before.</p>"]
    standby.catch_up()
    assert texts(carol) == ["<p>Before.</p>", "<p>After.</p>"]


def test_a_link_to_what_has_not_arrived_leads_there(alice, carol, standby):
    standby.catch_up()
    standby.pause()
    new = alice.says()["id"]
    for path in (f"{API}/comments/{new}", f"/comments/fragment/comment?id={new}"):
        assert carol.client.get(path).status_code == 200
    assert carol.client.get(f"{API}/comments/999").status_code == 404


# ── whoever writes ───────────────────────────────────────────────────────────────────────────


@pytest.fixture
def behind(alice: Visitor, standby: Standby) -> int:
    """The replica has the first of alice's comments and lags from then on."""
    first: int = alice.says("The first.")["id"]
    standby.catch_up()
    standby.pause()
    return first


@pytest.mark.parametrize(
    "write",
    [
        lambda app, alice, carol, first: alice.post("New."),
        lambda app, alice, carol, first: alice.post("A reply.", parent=first),
        lambda app, alice, carol, first: alice.edit(first, "Edited."),
        lambda app, alice, carol, first: alice.delete(first),
        lambda app, alice, carol, first: carol.vote(first),
        lambda app, alice, carol, first: cast.visitor(app, "bob").call(
            "PUT", f"/comments/{first}/status", {"status": "spam"}
        ),
        lambda app, alice, carol, first: cast.visitor(app, "bob").call(
            "PUT", f"/comments/{first}/pin", {"pinned": True}
        ),
    ],
    ids=["post", "reply", "edit", "delete", "vote", "hide", "pin"],
)
def test_a_writer_sees_what_they_wrote(app, alice, carol, behind, write):
    before = {address: carol.client.get(address).data for address in (PAGE, HTML, FRAGMENT)}
    answer = write(app, alice, carol, behind)
    assert answer.status_code < 300, answer.text
    at = answer.headers["Comments-Revision"]
    for address, old in before.items():
        for _ in range(2):
            assert carol.client.get(f"{address}&at={at}").data != old, address
        # For others nothing has happened yet, and no cache was filled with it.
        assert carol.client.get(address).data == old, address


def test_a_lost_answer_tells_its_revision_when_it_is_asked_for_again(alice, behind):
    key = {"Idempotency-Key": "the same"}
    answers = [alice.post("New.", headers=key) for _ in range(2)]
    assert {answer.headers["Comments-Revision"] for answer in answers} == {"2"}


def test_a_writer_without_a_script_is_led_to_what_they_wrote(app, behind):
    browser = cast.visitor(app, "carol").client
    form = {"key": "story", "name": "Carol", "body": "By a form."}
    posted = browser.post("/comments/post", data=form, headers={"Origin": HERE})
    page = browser.get(posted.location).text
    assert "By a form." in page
    # And finds it on every page of the thread to which that one leads.
    assert "sort=newest&amp;at=2" in page


def test_news_are_never_older_than_what_is_shown(alice, carol, behind):
    alice.says("New.")
    seen = carol.get("/pulse", query_string={"thread": ["story", "other"], "since": 2}).json
    assert (seen["revision"], seen["count"], seen["new"]) == (2, 2, 0)
    news = carol.client.get("/comments/fragment/news?key=story&since=2").text
    assert 'data-revision="2"' in news


def test_a_writers_own_layer_is_the_primarys(app, alice, behind):
    new = alice.says("New.")["id"]
    assert str(new) in alice.me()["own"]
    assert cast.visitor(app, "bob").get("/waiting?thread=story").status_code == 200


def test_an_old_page_is_never_kept_as_a_new_one(alice, carol, standby, behind):
    at = alice.post("New.").headers["Comments-Revision"]
    assert len(texts(carol, at=at)) == 2
    assert len(texts(carol)) == 1
    standby.catch_up()
    assert len(texts(carol)) == len(texts(carol, at=at)) == 2


# ── the replica is gone ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def clock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(cast.state_of(app).replica, "_clock", lambda: now[0])
    return now


def test_without_it_readers_are_answered_by_the_primary(
    alice, carol, standby, relay, clock, caplog, monkeypatch
):
    monkeypatch.setattr(logging.getLogger("comments"), "propagate", True)
    caplog.set_level(logging.INFO, "comments")
    alice.says("Before.")
    standby.catch_up()
    assert len(texts(carol)) == 1

    relay.cut()
    alice.says("Meanwhile.")
    assert len(texts(carol)) == len(texts(carol, limit=7)) == 2
    # The same record may come by more than one way.
    told = {id(record): record.message for record in caplog.records if "replica" in record.name}
    [words] = told.values()
    assert words.startswith("the read replica does not answer, the primary does")

    # It is asked again now and then, and taken as soon as it answers.
    relay.mend()
    standby.catch_up()
    standby.pause()
    alice.says("After.")
    assert len(texts(carol)) == 3
    clock[0] += AWAY_SECONDS
    assert len(texts(carol, limit=8)) == 2
    assert "the read replica answers again" in caplog.text


def test_what_no_database_can_be_asked_does_not_make_it_away():
    replica = Replica("postgresql://replica.invalid/comments")

    def asks(wrong: type[DBAPIError]) -> Response:
        raise wrong("SELECT", {}, ValueError("no"))

    with Flask("host").app_context():
        assert readers._from(replica, asks, {"wrong": DataError}) is None
        assert replica.is_there()
        assert readers._from(replica, asks, {"wrong": OperationalError}) is None
        assert not replica.is_there()


def test_while_it_is_away_one_reader_at_a_time_looks_whether_it_is_back():
    now = [0.0]
    away = Replica("postgresql://127.0.0.1:1/gone", clock=lambda: now[0])
    assert away.is_there()
    away.failed(OSError("refused"))
    assert not away.is_there()
    now[0] = AWAY_SECONDS
    assert [away.is_there(), away.is_there()] == [True, False]
    away.answered()
    assert away.is_there()


# ── what it can be ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("uri", ["sqlite:///copy.sqlite3", "mysql://host/name", "no address"])
def test_a_replica_is_a_postgresql(uri):
    with pytest.raises(ConfigError, match="the address of a PostgreSQL replica"):
        replica.address(uri)


def test_sqlite_has_none(start, migrated_sqlite_uri):
    with pytest.raises(ConfigError, match="SQLite, which has no replicas"):
        start(migrated_sqlite_uri, COMMENTS_DATABASE_READ_URI="postgresql://replica/name")


def test_what_a_reader_knows_is_a_number(carol):
    assert carol.client.get(f"{PAGE}&at=later").status_code == 422

"""The gate: what passes when nothing more can be worked on, and in which words the rest goes."""

import pytest
from flask import Flask
from sqlalchemy import event
from werkzeug.routing import Rule
from werkzeug.test import create_environ, run_wsgi_app

from comments.web.doorkeeper import Doorkeeper, Kind
from comments.web.gate import LATEST, SOONEST, Gate, kind_of, threads_for
from tests.web import cast
from tests.web.cast import API, BLOG, ELSEWHERE, problem
from tests.web.conftest import MakeApp

READ = f"{API}/comments?thread=story"
FULL = {"COMMENTS_AT_ONCE": 8, "COMMENTS_PATIENCE": 0}


@pytest.fixture
def busy(start: MakeApp, migrated_sqlite_uri: str) -> Flask:
    """A service whose readers take all the places that are not another's."""
    app = start(migrated_sqlite_uri, **FULL)
    crowd(app, Kind.READING)
    return app


def crowd(app: Flask, kind: Kind) -> int:
    doorkeeper = cast.state_of(app).doorkeeper
    assert doorkeeper is not None
    taken = 0
    while doorkeeper.enter(kind):
        taken += 1
    return taken


def test_it_says_to_a_program_when_to_come_again(busy):
    answer = busy.test_client().get(READ)
    assert problem(answer) == (503, "busy")
    assert SOONEST <= int(answer.headers["Retry-After"]) <= LATEST
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_not_everybody_is_told_to_come_at_the_same_moment(busy):
    client = busy.test_client()
    assert len({client.get(READ).headers["Retry-After"] for _ in range(50)}) > 1


@pytest.mark.parametrize(("asked", "tongue"), [("", "en"), ("&lang=ar", "ar"), ("&lang=?", "en")])
def test_people_get_a_page_in_their_language_each_time(busy, asked, tongue):
    client = busy.test_client()
    first, again = (client.get(f"/comments/thread?key=story{asked}") for _ in range(2))
    assert (first.status_code, first.mimetype) == (503, "text/html")
    assert f'lang="{tongue}"' in first.text and 'class="page-head"' in first.text
    assert "default-src 'none'" in first.headers["Content-Security-Policy"]
    assert again.text == first.text


def test_who_read_gets_a_way_to_try_again_and_who_wrote_a_way_back_to_the_text(busy):
    client = busy.test_client()
    read = client.get("/comments/thread?key=story").text
    assert '<a class="c-button" href="">Try again</a>' in read
    crowd(busy, Kind.WRITING)
    wrote = client.post("/comments/post", data={"key": "story", "body": "x"}).text
    assert "what you have written is still there" in wrote
    assert "Try again" not in wrote


def test_who_makes_languages_up_fills_no_memory(busy):
    client, gate = busy.test_client(), busy.wsgi_app
    while not isinstance(gate, Gate):
        gate = getattr(gate, "_app", None) or gate._inner
    for region in range(100, 250):
        assert client.get(f"{READ}&lang=de-{region}").status_code == 503
    assert len(gate._refusals) <= 100


def test_to_refuse_somebody_no_long_query_is_read(busy):
    client, long = busy.test_client(), "a&" * 100_000
    for query, tongue in ((f"lang=de&{long}", "de"), (f"{long}lang=de", "en")):
        answer = client.get(f"/comments/thread?{query}")
        assert answer.status_code == 503 and f'lang="{tongue}"' in answer.text


def test_the_shape_is_the_callers(busy):
    client = busy.test_client()
    for _ in range(2):
        for address in (READ, "/comments/fragment/thread?key=story"):
            assert client.get(address).mimetype == "application/problem+json"
        assert client.get("/comments/feed.atom?key=story").mimetype == "text/html"
        assert client.head(READ).data == b""


@pytest.mark.parametrize("shape", ["thread/admin/x?fragment", "thread/admin/?fragment=1&lang=en"])
def test_nobody_chooses_the_shape_for_others(busy, shape):
    """What is refused for one address of a shape is kept for all of them."""
    client = busy.test_client()
    assert client.get(f"/comments/{shape}").mimetype == "text/html"
    assert client.get(READ).mimetype == "application/problem+json"


def test_a_page_that_embeds_can_read_the_refusal_and_no_other(busy):
    client = busy.test_client()
    blog = client.get(READ, headers={"Origin": BLOG})
    assert blog.headers["Access-Control-Allow-Origin"] == BLOG
    assert "Retry-After" in blog.headers["Access-Control-Expose-Headers"]
    other = client.get(READ, headers={"Origin": ELSEWHERE})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert blog.headers["Vary"] == other.headers["Vary"] == "Origin"


def test_a_refusal_asks_nothing_of_the_database(busy):
    statements: list[str] = []
    note = lambda _connection, _cursor, statement, *_: statements.append(statement)  # noqa: E731
    with busy.app_context():
        event.listen(cast.state_of(busy).engine(), "before_cursor_execute", note)
    assert busy.test_client().get(READ).status_code == 503
    assert statements == []


def test_ready_pages_files_and_the_health_check_are_answered_all_the_same(
    start, migrated_sqlite_uri
):
    app = start(migrated_sqlite_uri, **FULL)
    client = app.test_client()
    assert client.get(READ).status_code == 200
    for kind in Kind:
        crowd(app, kind)
    for address in (READ, "/healthz", "/comments/static/comments.css", "/comments/embed.js"):
        with client.get(address) as answer:
            assert answer.status_code == 200, address
    asks_first = {"Origin": BLOG, "Access-Control-Request-Method": "POST"}
    assert client.options(f"{API}/comments", headers=asks_first).status_code == 200
    assert client.get(f"{READ}&sort=newest").status_code == 503


def test_a_moderator_works_on_and_a_reader_sees_what_is_theirs(busy):
    bob, alice = cast.visitor(busy, "bob"), cast.visitor(busy, "alice")
    assert bob.client.get("/comments/admin/queue").status_code == 200
    assert bob.get("/waiting?thread=story").status_code == 200
    assert alice.me()["viewer"] is None
    assert alice.post().status_code == 201
    assert alice.get("/comments?thread=story").status_code == 503


def test_however_many_write_others_read(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri, **FULL)
    assert crowd(app, Kind.WRITING) == 4
    alice = cast.visitor(app, "alice")
    assert problem(alice.post()) == (503, "busy")
    assert alice.reads()["comments"] == []


def test_a_place_is_given_back_whatever_happens(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri, **FULL | {"COMMENTS_AT_ONCE": 1})
    doorkeeper = Doorkeeper(1, 0, 0)
    gate = Gate(app, raises, doorkeeper)
    for _ in range(2):
        with pytest.raises(OSError, match="the disk is gone"):
            run_wsgi_app(gate, create_environ(READ))
    assert doorkeeper.enter(Kind.WRITING)


def raises(_environ: object, _start: object) -> list[bytes]:
    raise OSError("the disk is gone")


def test_where_no_site_embeds_an_answer_varies_by_none(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri, **FULL, COMMENTS_ORIGINS="")
    crowd(app, Kind.READING)
    assert "Vary" not in app.test_client().get(READ).headers


def test_without_a_bound_there_is_no_gate(start, migrated_sqlite_uri):
    assert cast.state_of(start(migrated_sqlite_uri, COMMENTS_AT_ONCE=0)).doorkeeper is None


def test_the_owner_is_told_once(busy, caplog):
    client = busy.test_client()
    for _ in range(3):
        client.get(READ)
    assert caplog.text.count("COMMENTS_AT_ONCE=8") == 1


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/admin/queue", Kind.MODERATING),
        ("POST", "/admin/queue/bulk", Kind.MODERATING),
        # Anybody may send it, as slowly as they like: it keeps no moderator who is in from work.
        ("POST", "/sign-in/password", Kind.WRITING),
        ("GET", "/sign-in", Kind.PRIVATE),
        ("POST", "/account/name", Kind.MODERATING),
        ("PUT", "/api/v1/comments/7/status", Kind.MODERATING),
        ("PUT", "/api/v1/comments/7/pin", Kind.MODERATING),
        ("POST", "/api/v1/undo", Kind.MODERATING),
        ("GET", "/api/v1/comments", Kind.READING),
        ("HEAD", "/fragment/thread", Kind.READING),
        ("GET", "/api/v1/me", Kind.PRIVATE),
        ("GET", "/api/v1/me/data", Kind.PRIVATE),
        ("GET", "/mine", Kind.PRIVATE),
        ("POST", "/api/v1/comments", Kind.WRITING),
        ("DELETE", "/api/v1/me", Kind.WRITING),
        ("POST", "/comment/7/vote", Kind.WRITING),
        ("GET", "/a-page-of-the-host", None),
        ("GET", "", None),
        ("GET", "-of-the-host/thread", None),
    ],
)
def test_each_request_has_a_share(method, path, kind):
    assert kind_of(method, path) is kind


def test_no_address_of_ours_passes_by_but_files(sqlite_app):
    passing = {
        rule.rule.removeprefix("/comments")
        for rule in sqlite_app.url_map.iter_rules()
        if rule.endpoint.startswith("comments.") and passes(rule)
    }
    assert passing == {"/static/<path:name>", "/embed.js"}


def passes(rule: Rule) -> bool:
    path = rule.rule.removeprefix("/comments")
    return any(kind_of(method, path) is None for method in (rule.methods or set()) - {"OPTIONS"})


def test_the_server_has_a_thread_for_everybody_who_waits_and_some_to_spare():
    assert threads_for(8) > 8 + 16

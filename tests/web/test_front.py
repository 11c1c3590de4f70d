"""The page cache: true at every moment, bounded, and nobody's business but the server's."""

import gzip
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import brotli
import pytest
from flask import Flask, after_this_request, request_started
from sqlalchemy import event, make_url

from comments import Status, threads
from comments.web import front
from tests.services.relay import Relay
from tests.web import cast, test_public_answers
from tests.web.cast import API, BLOG, ELSEWHERE, problem

PAGE = f"{API}/comments?thread=story"
HTML = "/comments/thread?key=story"


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The statements that *app* sends through SQLAlchemy; the look-up of a kept page is not one."""
    sent: list[str] = []
    engine = cast.state_of(app).engine()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def kept(app: Flask) -> int:
    cache = cast.state_of(app).cache
    assert cache is not None
    return len(cache)


# ── a page that is ready ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("address", [PAGE, HTML, f"{API}/comments/1", f"{API}/pulse?thread=story"])
def test_the_second_reader_gets_the_same_answer_without_a_query(app, alice, carol, address):
    alice.says()
    first = carol.client.get(address)
    with statements(app) as sent:
        second = cast.visitor(app, "dave").client.get(address)
    assert sent == []
    assert second.data == first.data
    assert dict(second.headers) | {"Date": None} == dict(first.headers) | {"Date": None}


def test_an_empty_thread_is_kept_until_somebody_writes(alice, carol):
    assert carol.reads()["comments"] == []
    assert carol.reads()["comments"] == []
    alice.says()
    assert len(carol.reads()["comments"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda app, alice, carol: alice.says("New."),
        lambda app, alice, carol: alice.says("A reply.", parent=1),
        lambda app, alice, carol: alice.edit(1, "Edited."),
        lambda app, alice, carol: alice.delete(1),
        lambda app, alice, carol: carol.vote(1),
        lambda app, alice, carol: cast.close(app),
        lambda app, alice, carol: cast.decide(app, 1, Status.SPAM),
    ],
    ids=["post", "reply", "edit", "delete", "vote", "close", "hide"],
)
def test_every_change_is_seen_at_once(app, alice, carol, change):
    alice.says("The first.")
    before = {address: carol.client.get(address).data for address in (PAGE, HTML)}
    carol.client.get(PAGE)
    change(app, alice, carol)
    for address, body in before.items():
        assert carol.client.get(address).data != body, address


def test_where_the_article_is_shows_with_the_comment_that_tells_it(app, alice, carol):
    alice.says("Told nothing.")
    assert carol.reads()["thread"]["url"] is None
    facts = {"key": "story", "url": f"{BLOG}/story", "title": "A story"}
    alice.says(thread=facts)
    assert carol.reads()["thread"] == carol.reads(limit=7)["thread"]
    assert carol.reads()["thread"]["url"] == f"{BLOG}/story"


def test_where_the_article_is_waits_with_the_comment_that_tells_it(moderated):
    """A stranger's words for the article must pass a moderator as well."""
    carol = cast.visitor(moderated, "carol")
    assert carol.reads()["thread"]["title"] is None
    facts = {"key": "story", "url": f"{BLOG}/story", "title": "A rude title"}
    cast.visitor(moderated, "alice").says(thread=facts)
    for page in (carol.reads(), carol.reads(limit=7)):
        assert (page["thread"]["title"], page["thread"]["url"]) == (None, None)


def test_another_thread_does_not_disturb(app, alice, carol):
    alice.says()
    carol.client.get(PAGE)
    alice.says(thread="other")
    with statements(app) as sent:
        carol.client.get(PAGE)
    assert sent == []


# ── two processes on one database ────────────────────────────────────────────────────────────


def test_what_one_process_changes_the_other_shows_at_once(make_app):
    one, two = make_app(), make_app()
    alice, carol = cast.visitor(one, "alice"), cast.visitor(two, "carol")
    for number in range(5):
        assert carol.reads()["thread"]["count"] == number
        assert carol.reads()["thread"]["count"] == number
        alice.says()
    assert alice.reads() == carol.reads()


def test_two_real_processes_agree(live_server):
    """The same, with ``wsgi.py`` running twice on one file."""
    servers = [live_server(COMMENTS_HOLD="none") for _ in range(2)]
    written = [f"Comment {number}." for number in range(4)]
    for number, text in enumerate(written):
        here, there = servers[number % 2], servers[(number + 1) % 2]
        fields = {"thread": "story", "name": "alice", "body": text}
        assert cast.over_http(here.url + API + "/comments", fields)["state"] == "published"
        for server in (there, here, there):
            shown = [comment["html"] for comment in cast.over_http(server.url + PAGE)["comments"]]
            assert shown == [f"<p>{text}</p>" for text in written[: number + 1]]


PUBLIC = [
    "/api/v1/comments?thread=story&sort=newest",
    "/api/v1/comments/{id}",
    "/api/v1/comments/{reply}",
    "/api/v1/comments/{id}/replies",
    "/thread?key=story&sort=newest",
    "/thread?key=story&comment={id}",
    "/thread?key=story&comment={reply}",
    "/thread?key=story&comment={id}&reply={id}",
    "/thread?key=story&reply={id}",
    "/thread?key=story&under={id}",
    "/fragment/thread?key=story&sort=newest",
    "/fragment/comment?id={id}",
    "/fragment/comment?id={reply}",
    "/fragment/replies?id={id}",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_hidden_comment_is_never_served_after_the_decision(make_app, address):
    """Whatever a page was reading when the decision fell: the next reader does not get it.

    The decision is made in another process, after the first query of a page, then after the
    second of another, and so on; then the same address is asked for again.
    """
    readers, moderators = make_app(), make_app()
    alice, carol = cast.visitor(readers, "alice"), cast.visitor(readers, "carol")
    for query in count(1):
        secret = f"Hide me {query}."
        comment = alice.says(secret)
        reply = alice.says("A reply.", parent=comment["id"])
        asked = "/comments" + address.format(id=comment["id"], reply=reply["id"])
        hide = partial(cast.decide, moderators, comment["id"], Status.SPAM)
        with after_query(readers, query, hide) as fell:
            carol.client.get(asked)
        if not fell:
            return
        for _ in range(2):
            assert secret not in carol.client.get(asked).text, f"after query {query}"


@contextmanager
def after_query(app: Flask, number: int, act: Callable[[], None]) -> Iterator[list[str]]:
    """Does *act* once, right after the query of that *number* that *app* sends from now on."""
    engine, seen = cast.state_of(app).engine(), count(1)
    fell: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if next(seen) == number:
            # In a thread of its own, as another process: this one's session is in use.
            other = threading.Thread(target=act)
            other.start()
            other.join()
            fell.append(statement)

    event.listen(engine, "after_cursor_execute", note)
    yield fell
    event.remove(engine, "after_cursor_execute", note)


# ── one answer for each question ─────────────────────────────────────────────────────────────


def test_every_question_has_its_own_page(app, alice, carol):
    for body in "ab":
        alice.says(body)
    seen = {
        carol.client.get(address).data
        for address in (PAGE, f"{PAGE}&sort=newest", f"{PAGE}&limit=1", HTML, f"{HTML}&lang=ar")
        for _ in range(2)
    }
    assert len(seen) == 5


def test_a_page_is_kept_for_the_host_name_it_was_made_for(make_app):
    app = make_app(COMMENTS_HOSTS="one.example two.example")
    alice = cast.visitor(app, "alice")
    for host in ("one.example", "two.example", "one.example:8000"):
        assert alice.client.get(PAGE, headers={"Host": host}).status_code == 200
    assert kept(app) == 3
    foreign = alice.client.get(PAGE, headers={"Host": "three.example"})
    assert problem(foreign) == (400, "unknown_host")


def test_a_forwarded_host_is_not_believed(app, alice):
    alice.says()
    alice.client.get(PAGE)
    answer = alice.client.get(PAGE, headers={"X-Forwarded-Host": "elsewhere.example"})
    assert answer.status_code == 200
    assert "elsewhere" not in answer.text + str(answer.headers)
    assert kept(app) == 1


def test_each_origin_gets_its_own_permission(alice, carol):
    alice.says()
    granted = {}
    for origin in (None, BLOG, ELSEWHERE, None, BLOG, ELSEWHERE):
        answer = carol.client.get(PAGE, headers={"Origin": origin} if origin else {})
        granted.setdefault(origin, []).append(answer.headers.get("Access-Control-Allow-Origin"))
    assert granted == {None: [None, None], BLOG: [BLOG, BLOG], ELSEWHERE: [None, None]}


@pytest.mark.parametrize(
    "address",
    [f"{PAGE}&sort=best", f"{API}/comments/4711", "/comments/thread", f"{API}/me?thread=story"],
)
def test_refusals_and_private_answers_are_not_kept(app, alice, address):
    alice.client.get(address)
    assert kept(app) == 0


def test_nobody_gets_the_cookie_of_who_made_the_page(sqlite_app):
    """What a host sends along with an answer, such as a session that it has made anew."""

    def give_cookie(_app: Flask) -> None:
        after_this_request(lambda answer: answer.set_cookie("session", "alices") or answer)

    with request_started.connected_to(give_cookie, sqlite_app):
        first = sqlite_app.test_client().get(PAGE)
    ready = sqlite_app.test_client().get(PAGE)
    assert kept(sqlite_app) == 1
    assert "Set-Cookie" not in first.headers and "Set-Cookie" not in ready.headers


def test_only_questions_are_answered_from_it(app, alice):
    alice.says()
    alice.client.get(PAGE)
    head = alice.client.head(PAGE)
    assert (head.status_code, head.data) == (200, b"")
    assert alice.client.post(PAGE, json={"thread": "story"}).status_code == 422
    assert alice.client.options(PAGE).status_code == 200


# ── bytes ────────────────────────────────────────────────────────────────────────────────────


def test_memory_is_bounded_and_the_least_used_goes_first(make_app):
    app = make_app(COMMENTS_CACHE_BYTES=60_000)
    alice = cast.visitor(app, "alice")
    alice.says("x" * 2000)
    cache = cast.state_of(app).cache
    for limit in range(1, 40):
        alice.client.get(f"{PAGE}&limit={limit}")
        alice.client.get(PAGE)
        assert cache.bytes <= 60_000
    assert 5 < len(cache) < 30
    with statements(app) as sent:
        alice.client.get(PAGE)
        alice.client.get(f"{PAGE}&limit=39")
        assert sent == []
        alice.client.get(f"{PAGE}&limit=1")
        assert sent != []


def test_a_page_larger_than_everything_is_not_kept(make_app):
    app = make_app(COMMENTS_CACHE_BYTES=2000)
    alice = cast.visitor(app, "alice")
    alice.says("x" * 3000)
    assert alice.client.get(PAGE).data == alice.client.get(PAGE).data
    assert kept(app) == 0


def test_it_is_off_with_0(make_app):
    app = make_app(COMMENTS_CACHE_BYTES=0)
    alice = cast.visitor(app, "alice")
    assert cast.state_of(app).cache is None
    alice.says("One.")
    with statements(app) as sent:
        assert len(alice.reads()["comments"]) == 1
        assert len(alice.reads()["comments"]) == 1
    assert sent != []


UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}


@pytest.mark.parametrize(("accepts", "coding"), [("gzip", "gzip"), ("gzip, br", "br")])
def test_who_takes_it_packed_gets_it_so_whether_the_page_was_ready_or_not(
    alice, carol, accepts, coding
):
    alice.says("packed " * 300)
    fresh = carol.client.get(PAGE, headers={"Accept-Encoding": accepts})
    plain = carol.client.get(PAGE)
    ready = carol.client.get(PAGE, headers={"Accept-Encoding": accepts})
    for answer in (fresh, ready):
        assert answer.headers["Content-Encoding"] == coding
        assert int(answer.headers["Content-Length"]) == len(answer.data) < len(plain.data) / 2
        assert UNPACK[coding](answer.data) == plain.data
        assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("accepts", ["", "identity", "deflate", "gzip;q=0", "zz, gzip; q=0.0"])
def test_who_does_not_take_it_packed_gets_it_plain(alice, carol, accepts):
    alice.says("plain " * 300)
    for _ in range(2):
        answer = carol.client.get(PAGE, headers={"Accept-Encoding": accepts})
        assert "Content-Encoding" not in answer.headers
        assert b"plain plain" in answer.data


def test_a_page_is_packed_once_and_weighs_what_all_its_forms_do(app, alice, carol):
    alice.says("packed " * 300)
    cache = cast.state_of(app).cache
    weights = [0]
    for accepts in ("", "gzip", "gzip", "br", "br", ""):
        carol.client.get(PAGE, headers={"Accept-Encoding": accepts})
        weights.append(cache.bytes)
    plain, gzipped, both = sorted(set(weights[1:]))
    assert weights == [0, plain, gzipped, gzipped, both, both, both]


def test_what_nobody_asked_for_is_not_kept(app, alice, carol):
    """Browsers take every page packed; as it is it weighs ten times that."""
    alice.says("packed " * 1000)
    assert carol.client.get(PAGE, headers={"Accept-Encoding": "br"}).status_code == 200
    packed = cast.state_of(app).cache.bytes
    carol.client.get(PAGE)
    assert cast.state_of(app).cache.bytes > packed + 7_000


def test_a_form_more_than_there_is_room_for_drops_the_page(make_app):
    app = make_app(COMMENTS_CACHE_BYTES=9_700)
    alice = cast.visitor(app, "alice")
    alice.says(secrets.token_hex(2400))
    assert alice.client.get(PAGE).status_code == 200
    assert kept(app) == 1
    packed = alice.client.get(PAGE, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert (kept(app), cast.state_of(app).cache.bytes) == (0, 0)


COUNTS = f"{API}/counts?thread=story&thread=other&thread=nobody"


def test_counts_are_ready_until_one_of_them_changes(app, alice, carol):
    alice.says()
    assert carol.client.get(COUNTS).json["counts"] == {"story": 1, "other": 0, "nobody": 0}
    alice.vote(1)
    with statements(app) as sent:
        ready = carol.client.get(COUNTS)
    assert (sent, ready.json["counts"]["story"]) == ([], 1)
    alice.says(thread="other")
    assert carol.client.get(COUNTS).json["counts"] == {"story": 1, "other": 1, "nobody": 0}


def test_what_has_not_changed_is_not_sent_again(alice, carol):
    alice.says()
    etag = carol.client.get(PAGE).headers["ETag"]
    for known in (etag, f'"other", {etag}', etag.removeprefix("W/"), "*"):
        answer = carol.client.get(PAGE, headers={"If-None-Match": known})
        assert (answer.status_code, answer.data) == (304, b""), known
        assert answer.headers["ETag"] == etag
        assert "Content-Length" not in answer.headers
    alice.says()
    answer = carol.client.get(PAGE, headers={"If-None-Match": etag})
    assert answer.status_code == 200


@pytest.mark.parametrize("known", ['W/"1', '"made-up"', "", "W/", '"', "nonsense"])
def test_what_looks_like_the_etag_is_not_it(alice, carol, known):
    alice.says()
    carol.client.get(PAGE)
    assert carol.client.get(PAGE, headers={"If-None-Match": known}).status_code == 200


# ── when the database is gone ────────────────────────────────────────────────────────────────


def test_without_the_database_no_old_page_is_served(start, migrated_postgres_uri):
    """It might show what was hidden since; a CDN in front may decide otherwise."""
    url = make_url(migrated_postgres_uri)
    relay = Relay(url.host or "", url.port or 5432)
    through = url.set(host="127.0.0.1", port=relay.port)
    app = start(through.render_as_string(hide_password=False))
    alice = cast.visitor(app, "alice")
    alice.says()
    assert alice.client.get(PAGE).status_code == 200
    relay.cut()
    answer = alice.client.get(PAGE)
    assert problem(answer) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    relay.mend()
    assert alice.client.get(PAGE).status_code == 200
    relay.cut()


def test_readers_do_not_wait_for_writers(make_app):
    """A page that is ready is given out while somebody holds the thread's lock."""
    app = make_app()
    alice, carol = cast.visitor(app, "alice"), cast.visitor(app, "carol")
    alice.says()
    carol.client.get(PAGE)
    with app.app_context():
        session = cast.state_of(app).session()
        threads.lock(session, 1)
        assert carol.client.get(PAGE).status_code == 200
        session.rollback()


def test_what_everybody_may_read_is_made_once_for_all_who_ask_at_once():
    # The contract is made before anybody asks; everything else is drawn from the database.
    drawn = set(test_public_answers.PUBLIC.values()) - {"/api/v1/openapi.json"}
    paths = {path.partition("?")[0] for path in drawn}
    assert [path for path in paths if not front._FOR_MANY.fullmatch(path)] == []
    private = {path.partition("?")[0] for path in test_public_answers.PRIVATE.values()}
    assert [path for path in private if front._FOR_MANY.fullmatch(path)] == []

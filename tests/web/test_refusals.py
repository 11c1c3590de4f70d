"""Every refusal the contract lists is met here, and all have one shape."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine, create_engine, event, text
from werkzeug.test import TestResponse

from comments import moderation
from comments.errors import PROBLEMS
from comments.models import Comment
from comments.web.doorkeeper import Kind
from comments.web.state import now
from tests import factories as make
from tests.web import cast
from tests.web.cast import API, ELSEWHERE, Visitor, problem
from tests.web.conftest import MakeApp

TRACE = re.compile(r"Traceback|File \"|sqlalchemy|psycopg|sqlite3|SELECT|INSERT|UPDATE|BEGIN")


class Scene:
    """A service, alice with a comment of hers, and carol without a token."""

    def __init__(self, make_app: MakeApp, **settings: object) -> None:
        self.app = make_app(**settings)
        self.alice, self.carol = cast.visitor(self.app, "alice"), cast.visitor(self.app, "carol")
        self.comment_id: int = self.alice.says()["id"]


def send_no_json(scene: Scene) -> TestResponse:
    return scene.carol.call("POST", "/comments", data=b"{", content_type="application/json")


def stop_sending(scene: Scene) -> TestResponse:
    environ = {"wsgi.input": io.BytesIO(b"{"), "CONTENT_LENGTH": "100"}
    return scene.carol.call(
        "POST", "/comments", content_type="application/json", environ_overrides=environ
    )


def ask_another_host(scene: Scene) -> TestResponse:
    return scene.carol.get("/counts", headers={"Host": "elsewhere.example"})


def edit_without_a_token(scene: Scene) -> TestResponse:
    return scene.carol.edit(scene.comment_id, "Mine.")


def claim_without_signing_in(scene: Scene) -> TestResponse:
    return scene.carol.call("POST", "/claims", {"guest": scene.alice.token})


def use_a_link_that_was_never_mailed(scene: Scene) -> TestResponse:
    return scene.alice.call("POST", "/verifications", {"link": "made-up"})


def make_a_token_up(scene: Scene) -> TestResponse:
    scene.carol.token = "made-up"
    return scene.carol.post()


def write_in_a_closed_thread(scene: Scene) -> TestResponse:
    cast.close(scene.app)
    return scene.carol.post()


def write_although_one_is_banned(scene: Scene) -> TestResponse:
    with scene.app.app_context():
        session = cast.state_of(scene.app).session()
        make.ban(session, session.get_one(Comment, scene.comment_id).author_id)
        session.commit()
    return scene.alice.post()


def edit_somebody_elses(scene: Scene) -> TestResponse:
    scene.carol.says()
    return scene.carol.edit(scene.comment_id, "Mine.")


def edit_too_late(scene: Scene) -> TestResponse:
    with time_machine.travel(now() + timedelta(minutes=16)):
        return scene.alice.edit(scene.comment_id, "Late.")


def vote_for_oneself(scene: Scene) -> TestResponse:
    return scene.alice.vote(scene.comment_id)


def vote_from_many_windows(scene: Scene) -> TestResponse:
    return [cast.visitor(scene.app, "carol").vote(scene.comment_id) for _ in range(6)][-1]


def send_a_form_from_elsewhere(scene: Scene) -> TestResponse:
    form = {"key": "story", "name": "carol", "body": "x"}
    return scene.carol.submit("/post", ELSEWHERE, **form)


def write_from_elsewhere(scene: Scene) -> TestResponse:
    return scene.carol.post(headers={"Origin": ELSEWHERE})


def call_oneself_admin(scene: Scene) -> TestResponse:
    return scene.carol.post(name="Admin")


# ── moderators ───────────────────────────────────────────────────────────────────────────────


def decide(scene: Scene, who: str = "bob", **fields: Any) -> TestResponse:
    path = f"/comments/{scene.comment_id}/status"
    return cast.visitor(scene.app, who).call("PUT", path, {"status": "spam"} | fields)


def decide_as_a_reader(scene: Scene) -> TestResponse:
    return decide(scene, "dave")


def decide_after_somebody_else(scene: Scene) -> TestResponse:
    return [decide(scene, expected="published") for _ in range(2)][-1]


def decide_about_a_text_that_has_changed(scene: Scene) -> TestResponse:
    scene.alice.edit(scene.comment_id, "Another text.")
    return decide(scene, version=1)


def undo(scene: Scene, batch: str) -> TestResponse:
    return cast.visitor(scene.app, "bob").call("POST", "/undo", {"batch": batch})


def undo_twice(scene: Scene) -> TestResponse:
    batch = decide(scene).json["batch"]
    return [undo(scene, batch) for _ in range(2)][-1]


def noted(scene: Scene, what: str, hours: int) -> str:
    """An action of bob's, so many hours ago; gives its batch."""
    with scene.app.app_context():
        session = cast.state_of(scene.app).session()
        at = now() - timedelta(hours=hours)
        action = moderation.Action(by="host:1", now=at, batch="0123456789abcdef")
        moderation.note(session, action, what, comment_id=scene.comment_id)
        session.commit()
    return action.batch


def undo_too_late(scene: Scene) -> TestResponse:
    return undo(scene, noted(scene, "keep", hours=2))


def undo_what_has_no_way_back(scene: Scene) -> TestResponse:
    return undo(scene, noted(scene, "another thing", hours=0))


def keep_words_without_owning_the_site(scene: Scene) -> TestResponse:
    return cast.visitor(scene.app, "bob").client.get("/comments/admin/words")


def come_back_from_a_provider_one_never_went_to(scene: Scene) -> TestResponse:
    return scene.carol.client.get("/comments/sign-in/from/github?code=x&state=y")


def sign_in_while_the_provider_is_away(scene: Scene) -> TestResponse:
    return scene.carol.client.get("/comments/sign-in/with/oidc")


# ── nothing there ────────────────────────────────────────────────────────────────────────────


def ask_for_nothing(scene: Scene) -> TestResponse:
    return scene.carol.get("/nowhere")


def ask_for_a_comment_that_is_not(scene: Scene) -> TestResponse:
    return scene.carol.get("/comments/4711")


def subscribe_where_no_mail_is_sent(scene: Scene) -> TestResponse:
    order = {"thread": "story", "email": "ann@example.org", "notify": "all"}
    return scene.carol.call("PUT", "/subscriptions", order)


def delete_everything(scene: Scene) -> TestResponse:
    return scene.carol.call("DELETE", "/comments")


def answer_what_is_gone(scene: Scene) -> TestResponse:
    scene.alice.delete(scene.comment_id)
    return scene.carol.post(parent=scene.comment_id)


def send_ten_megabytes(scene: Scene) -> TestResponse:
    environ = {"CONTENT_LENGTH": "10000000"}
    return scene.carol.call(
        "POST", "/comments", content_type="application/json", environ_overrides=environ
    )


def send_a_form_to_the_api(scene: Scene) -> TestResponse:
    return scene.carol.call("POST", "/comments", data={"body": "x"})


def say_nothing(scene: Scene) -> TestResponse:
    return scene.carol.post("")


def make_a_cursor_up(scene: Scene) -> TestResponse:
    return scene.carol.get("/comments?thread=story&after=x")


def use_a_key_twice(scene: Scene) -> TestResponse:
    return [scene.carol.post(body, headers={"Idempotency-Key": "k"}) for body in "aab"][-1]


def write_too_fast(scene: Scene) -> TestResponse:
    return [scene.carol.post() for _ in range(3)][-1]


def meet_a_mistake_of_the_host(scene: Scene) -> TestResponse:
    scene.app.extensions["comments"].owner.identity_loader(lambda: 1 // 0)
    return scene.carol.get("/me?thread=story")


def lose_the_database(scene: Scene) -> TestResponse:
    with database_lost(cast.state_of(scene.app).engine()):
        return scene.carol.get("/comments?thread=story")


@contextmanager
def database_lost(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "sqlite":
        statements = ["ALTER TABLE comments_threads RENAME TO away"]
        back, elsewhere = "ALTER TABLE away RENAME TO comments_threads", engine
    else:
        name = engine.url.database
        statements = [
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608 - ours
        ]
        back = f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"
        elsewhere = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    _run(elsewhere, *statements)
    yield
    _run(elsewhere, back)
    elsewhere.dispose()


def _run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def write_where_nothing_can_be_kept(scene: Scene) -> TestResponse:
    state = cast.state_of(scene.app)
    for_reading_alone(state.engine())
    assert scene.carol.reads(limit=7)["comments"]
    return scene.carol.post()


def for_reading_alone(engine: Engine) -> None:
    """From its next connection on, *engine* has a database that refuses every write."""
    say = {
        "sqlite": "PRAGMA query_only = on",
        "postgresql": "SET TRANSACTION READ ONLY",
    }[engine.dialect.name]

    @event.listens_for(engine, "checkout")
    def _forbid(connection: Any, *_: object) -> None:
        connection.cursor().execute(say).close()

    engine.dispose()


def come_with_too_many(scene: Scene) -> TestResponse:
    doorkeeper = cast.state_of(scene.app).doorkeeper
    assert doorkeeper is not None and doorkeeper.enter(Kind.READING)
    return scene.carol.get("/comments?thread=another")


MET: dict[str, Callable[[Scene], TestResponse]] = {
    "not_json": send_no_json,
    "bad_request": stop_sending,
    "unknown_host": ask_another_host,
    "token_required": edit_without_a_token,
    "token_invalid": make_a_token_up,
    "sign_in_required": claim_without_signing_in,
    "link_not_good": use_a_link_that_was_never_mailed,
    "banned": write_although_one_is_banned,
    "closed": write_in_a_closed_thread,
    "not_yours": edit_somebody_elses,
    "too_late": edit_too_late,
    "own_comment": vote_for_oneself,
    "vote_ceiling": vote_from_many_windows,
    "cross_site": send_a_form_from_elsewhere,
    "origin_not_allowed": write_from_elsewhere,
    "name_reserved": call_oneself_admin,
    "not_found": ask_for_nothing,
    "no_such_comment": ask_for_a_comment_that_is_not,
    "no_mail": subscribe_where_no_mail_is_sent,
    "method_not_allowed": delete_everything,
    "parent_gone": answer_what_is_gone,
    "too_large": send_ten_megabytes,
    "not_json_type": send_a_form_to_the_api,
    "invalid": say_nothing,
    "not_a_moderator": decide_as_a_reader,
    "not_an_owner": keep_words_without_owning_the_site,
    "already_decided": decide_after_somebody_else,
    "changed_meanwhile": decide_about_a_text_that_has_changed,
    "already_undone": undo_twice,
    "too_late_to_undo": undo_too_late,
    "not_undoable": undo_what_has_no_way_back,
    "sign_in_failed": come_back_from_a_provider_one_never_went_to,
    "provider_away": sign_in_while_the_provider_is_away,
    "bad_cursor": make_a_cursor_up,
    "key_reused": use_a_key_twice,
    "rate_limited": write_too_fast,
    "busy": come_with_too_many,
    "broken": meet_a_mistake_of_the_host,
    "read_only": write_where_nothing_can_be_kept,
    "unavailable": lose_the_database,
}
SETTINGS: dict[str, dict[str, object]] = {
    "rate_limited": {"COMMENTS_GUEST_LIMIT": "2 per minute"},
    "busy": {"COMMENTS_AT_ONCE": 1, "COMMENTS_PATIENCE": 0},
    "sign_in_failed": {"COMMENTS_GITHUB": "id:secret"},
    # Nobody listens there.
    "provider_away": {"COMMENTS_OIDC": "http://127.0.0.1:9 us secret Staff"},
}
#: Only pages and forms are refused so, and they get pages.
PAGES_ONLY = {"cross_site", "not_an_owner", "sign_in_failed", "provider_away"}


def test_every_refusal_is_met():
    assert set(MET) == set(PROBLEMS)


@pytest.mark.parametrize("code", sorted(set(MET) - PAGES_ONLY))
def test_a_refusal_has_one_shape(make_app, code):
    scene = Scene(make_app, **SETTINGS.get(code, {}))
    answer = MET[code](scene)
    assert problem(answer) == (PROBLEMS[code].status, code)
    body = answer.json
    fields = {"type", "title", "status", "detail", "code"}
    assert set(body) - {"errors"} == fields
    assert body["title"] == str(PROBLEMS[code].title)
    assert body["type"].endswith(f"/openapi.json#/components/x-problems/{code}")
    assert body["detail"].endswith(".") and len(body["detail"]) > 10
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers and "Set-Cookie" not in answer.headers
    assert not TRACE.search(answer.text)
    named = body.get("errors")
    assert named is None or all(isinstance(sentence, str) for sentence in named.values())
    assert ("Retry-After" in answer.headers) == (answer.status_code in (429, 503))


@pytest.mark.parametrize("code", sorted(PAGES_ONLY))
def test_a_page_says_it_in_words(make_app, code):
    answer = MET[code](Scene(make_app, **SETTINGS.get(code, {})))
    assert (answer.status_code, answer.mimetype) == (PROBLEMS[code].status, "text/html")
    assert answer.headers["Cache-Control"] == "no-store"
    assert not TRACE.search(answer.text)


@pytest.mark.parametrize("code", ["invalid", "name_reserved"])
def test_wrong_fields_are_named(make_app, code):
    assert MET[code](Scene(make_app)).json["errors"]


def test_the_contract_lists_every_refusal(sqlite_app):
    client = sqlite_app.test_client()
    contract = client.get(f"{API}/openapi.json").json
    answer = client.get(f"{API}/nowhere").json
    assert set(contract["components"]["x-problems"]) == set(PROBLEMS)
    place = answer["type"].partition("#/")[2].split("/")
    for step in place:
        contract = contract[step]
    assert answer["title"] == contract["title"]


# ── pages ────────────────────────────────────────────────────────────────────────────────────


def form(path: str, **fields: Any) -> Callable[[Scene], TestResponse]:
    return lambda scene: scene.carol.submit(path, **fields)


def page(path: str) -> Callable[[Scene], TestResponse]:
    return lambda scene: scene.carol.client.get("/comments" + path)


WRITTEN = {"key": "story", "name": "carol", "body": "Keep this text."}


REFUSED_PAGES = [
    (send_a_form_from_elsewhere, 403),
    (form("/post", **WRITTEN | {"name": ""}), 422),
    (form("/post", **WRITTEN | {"name": "admin"}), 403),
    (form("/post", **WRITTEN | {"parent": "4711"}), 409),
    (form("/comment/1/vote", value="7"), 422),
    (form("/comment/4711/vote", value="1"), 404),
    (form("/comment/1/edit", body="Mine."), 403),
    (form("/comment/1/delete"), 403),
    (form("/comment/1/report", reason="boring"), 422),
    (page("/comment/1/edit"), 403),
    (page("/comment/1/delete"), 403),
    (page("/comment/4711/edit"), 404),
    (page("/comment/4711/report"), 404),
    (page("/thread"), 422),
    (page("/thread?key=story&sort=best"), 422),
    (page("/thread?key=story&after=x"), 422),
    (page("/mine"), 422),
    (page("/nowhere"), 404),
    (page("/post"), 405),
    (page("/static/nothing.css"), 404),
]


def test_a_page_that_refuses_says_why_in_words(make_app):
    scene = Scene(make_app)
    for number, (act, status) in enumerate(REFUSED_PAGES):
        answer = act(scene)
        assert answer.status_code == status, number
        assert answer.mimetype == "text/html"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.text.lstrip().startswith("<!doctype html>")
        assert not TRACE.search(answer.text)
        assert re.search(r">[^<>]{9,}\.<", answer.text), answer.text


@pytest.mark.parametrize("part", ["/fragment/comment?id=4711", "/fragment/replies?id=x"])
def test_our_script_is_told_why_it_gets_no_part(sqlite_app, part):
    answer = cast.visitor(sqlite_app, "carol").client.get(f"/comments{part}&lang=en")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json" and answer.json["detail"].endswith(".")


def test_a_refused_form_keeps_the_text(make_app):
    carol = Scene(make_app).carol
    for fields in ({"name": ""}, {"name": "admin"}, {"parent": "4711"}, {"website": "x:y"}):
        answer = carol.submit("/post", **WRITTEN | fields)
        assert "Keep this text." in answer.text


# ── limits ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("limited", "words"),
    [
        (lambda v, _: v.post(), "comments in a minute"),
        (lambda v, i: v.edit(i, "Better."), "edits in 10 minutes"),
        (lambda v, i: v.vote(i), "votes in 10 minutes"),
        (lambda v, i: v.report(i), "reports in an hour"),
        (lambda v, _: v.call("POST", "/preview", {"body": "x"}), "previews in 5 minutes"),
    ],
    ids=["posting", "editing", "voting", "reporting", "previewing"],
)
def test_a_limit_is_named_and_so_is_its_end(start, migrated_sqlite_uri, limited, words):
    app = start(migrated_sqlite_uri, COMMENTS_GUEST_LIMIT="3 per minute")
    alice, carol = cast.visitor(app, "alice"), cast.visitor(app, "carol")
    theirs = alice.says()["id"]
    own = carol.says()["id"]
    with time_machine.travel(now(), tick=False) as clock:
        answer = until_refused(limited, carol, own if "edits" in words else theirs)
        assert problem(answer) == (429, "rate_limited")
        assert re.search(r"\d+ " + words, answer.json["detail"]), answer.json["detail"]
        assert re.search(r"again in \d+ (second|minute)s?\.", answer.json["detail"])
        wait = int(answer.headers["Retry-After"])
        assert 0 < wait <= 3600
        clock.shift(timedelta(seconds=wait))
        target = own if "edits" in words else theirs
        assert limited(carol, target).status_code < 300


def until_refused(
    limited: Callable[[Visitor, int], TestResponse], who: Visitor, comment_id: int
) -> TestResponse:
    for _ in range(200):
        answer = limited(who, comment_id)
        if answer.status_code >= 400:
            return answer
    raise AssertionError("nothing was refused")


def test_a_form_beyond_the_limit_keeps_the_text_and_says_when(make_app):
    scene = Scene(make_app, COMMENTS_GUEST_LIMIT="1 per minute")
    scene.carol.submit("/post", **WRITTEN)
    answer = scene.carol.submit("/post", **WRITTEN)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Keep this text." in answer.text
    assert "1 comment in a minute" in answer.text


def test_every_form_beyond_its_limit_says_when(start, migrated_sqlite_uri):
    app = start(migrated_sqlite_uri)
    alice = cast.visitor(app, "alice")
    alice.submit("/post", key="story", name="alice", body="Mine.")
    for path, fields in (("/edit", {"body": "x"}), ("/report", {"reason": "spam"})):
        for _ in range(50):
            answer = alice.submit(f"/comment/1{path}", **fields)
            if answer.status_code == 429:
                break
        assert int(answer.headers["Retry-After"]) > 0, path


def test_a_repeated_call_costs_nothing_of_the_budget(make_app):
    app = make_app(COMMENTS_GUEST_LIMIT="2 per minute")
    alice = cast.visitor(app, "alice")
    once = {"Idempotency-Key": "one press"}
    for _ in range(5):
        assert alice.post(headers=once).status_code == 201
        alice.token = None
    assert alice.post("Another.").status_code == 201
    assert problem(alice.post("One too many.")) == (429, "rate_limited")


def test_a_false_header_does_not_buy_a_new_budget(make_app):
    app = make_app(COMMENTS_GUEST_LIMIT="2 per minute")
    answers = []
    for number in range(4):
        stranger = cast.visitor(app, "carol")
        spoofed = {
            "X-Forwarded-For": f"198.51.100.{number}",
            "X-Real-IP": f"198.51.100.{number}",
            "Forwarded": f"for=198.51.100.{number}",
            "True-Client-IP": f"198.51.100.{number}",
        }
        answers.append(stranger.post(headers=spoofed).status_code)
    assert answers == [201, 201, 429, 429]


def test_behind_a_proxy_only_its_own_entry_counts(make_app):
    app = make_app(COMMENTS_GUEST_LIMIT="1 per minute", COMMENTS_TRUSTED_PROXIES=1)

    def post(forwarded: str) -> int:
        return cast.visitor(app, "carol").post(headers={"X-Forwarded-For": forwarded}).status_code

    assert post("198.51.100.1") == 201
    assert post("203.0.113.77, 198.51.100.1") == 429  # the left entry is what the caller made up
    assert post("198.51.100.2") == 201


# ── tokens ───────────────────────────────────────────────────────────────────────────────────


def test_a_token_lasts_400_days(make_app):
    scene = Scene(make_app)
    with time_machine.travel(now() + timedelta(days=399)):
        assert set(scene.alice.me()["own"]) == {str(scene.comment_id)}
    with time_machine.travel(now() + timedelta(days=401)):
        expired = scene.alice.get("/me?thread=story")
        assert problem(expired) == (401, "token_invalid")
        assert problem(scene.alice.post()) == (401, "token_invalid")


def test_a_token_of_another_secret_is_refused(make_app):
    scene = Scene(make_app)
    stranger = cast.visitor(
        make_app(COMMENTS_SECRET_KEY="another secret, as long as that"), "carol"
    )
    stranger.token = scene.alice.token
    assert problem(stranger.get("/me?thread=story")) == (401, "token_invalid")
    assert problem(stranger.delete(scene.comment_id)) == (401, "token_invalid")


def test_what_was_signed_for_one_purpose_is_good_for_no_other(make_app):
    """A cursor is no token, and a token is no cursor, though one secret signed both."""
    scene = Scene(make_app)
    scene.alice.says("Another.")
    cursor = scene.carol.reads(limit=1)["next"]
    scene.carol.token = cursor
    assert problem(scene.carol.get("/me?thread=story")) == (401, "token_invalid")
    scene.carol.token = None
    asked = {"thread": "story", "after": scene.alice.token}
    assert problem(scene.carol.get("/comments", query_string=asked)) == (422, "bad_cursor")


def test_a_token_that_was_changed_is_refused(make_app):
    scene = Scene(make_app)
    token = scene.alice.token or ""
    for place in range(0, len(token), 3):
        other = "B" if token[place] == "A" else "A"
        scene.carol.token = token[:place] + other + token[place + 1 :]
        answer = scene.carol.get("/me?thread=story")
        assert problem(answer) == (401, "token_invalid"), place


def test_an_old_cookie_is_no_forgery_but_forgotten(make_app):
    """Its owner did nothing wrong; the next form makes a new guest of them."""
    scene = Scene(make_app)
    scene.carol.client.set_cookie("comments_guest", "made-up", path="/comments")
    answer = scene.carol.submit("/post", **WRITTEN)
    assert answer.status_code == 303
    assert "comments_guest=" in answer.headers["Set-Cookie"]
    assert "made-up" not in answer.headers["Set-Cookie"]


# ── what is written down of a mistake ────────────────────────────────────────────────────────


def test_a_mistake_is_logged_for_the_owner_but_not_told(make_app, caplog: pytest.LogCaptureFixture):
    scene = Scene(make_app)
    answer = meet_a_mistake_of_the_host(scene)
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_what_a_visitor_wrote_is_not_in_the_log_of_a_mistake(
    make_app, caplog: pytest.LogCaptureFixture
):
    """The database's own message would carry every value of the statement that failed."""
    scene = Scene(make_app)
    with cast.state_of(scene.app).engine().begin() as connection:
        connection.execute(text("ALTER TABLE comments_comments RENAME COLUMN body TO away"))
    answer = scene.carol.post("A private thought.", email="carol@private.example")
    with cast.state_of(scene.app).engine().begin() as connection:
        connection.execute(text("ALTER TABLE comments_comments RENAME COLUMN away TO body"))
    assert answer.status_code in (500, 503)
    assert not TRACE.search(answer.text)
    assert "private" not in caplog.text + answer.text


def test_a_lost_database_is_logged(make_app, caplog: pytest.LogCaptureFixture):
    lose_the_database(Scene(make_app))
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_json_of_a_refusal_is_json(make_app):
    answer = say_nothing(Scene(make_app))
    assert json.loads(answer.data)["errors"] == {"body": "Write something first."}

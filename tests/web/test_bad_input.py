"""What nobody should send: a clear refusal, cheaply, nothing stored, no trace shown."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from comments.models import metadata
from tests.web import cast
from tests.web.cast import API, HERE, Visitor, problem, wrong_fields

HUGE = 10_000_000
NOT_TEXT: list[Any] = [7, 1.5, True, False, [], [1], ["a"], {}, {"a": 1}]
#: What no line of text can be: not storable, or not showable.
UNTEXT = ["a\0b", "\ud800", "a\udfff", "\0", "x" * 20_000]
TRACE = re.compile(r"Traceback|File \"|sqlalchemy|psycopg|sqlite3|SELECT |INSERT |\.py\b")


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def app(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One service for all of these tests: what they send leaves nothing behind."""
    folder = tmp_path_factory.mktemp("service")
    if request.param == "sqlite":
        uri = f"sqlite:///{folder / 'comments.sqlite3'}"
    else:
        uri = request.getfixturevalue("postgres_server").create()
    with cast.service(uri, folder, COMMENTS_RATE_LIMITS="off") as app:
        yield app


@pytest.fixture(scope="module")
def alice(app: Flask) -> Visitor:
    """Alice, whose comment 1 stands there already."""
    alice = cast.visitor(app, "alice")
    assert alice.says("The first.")["id"] == 1
    return alice


@pytest.fixture
def stores_nothing(app: Flask, alice: Visitor) -> Iterator[None]:
    before = rows(app)
    yield
    assert rows(app) == before


def rows(app: Flask) -> dict[str, int]:
    """How many rows each table has."""
    with app.app_context():
        session = cast.state_of(app).session()
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }


@pytest.mark.usefixtures("stores_nothing")
@pytest.mark.parametrize("passage", ["", "%00", "a%00b", "%ED%A0%80", "x" * 4000])
def test_a_passage_that_cannot_be_is_one_nobody_wrote_about(alice, passage):
    answer = alice.client.get(f"/comments/fragment/passage?key=story&passage={passage}")
    assert answer.status_code == 200 and "The first." not in answer.text


def refused(answer: TestResponse) -> int:
    """The status of an answer that must be a clear 4xx."""
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    assert not TRACE.search(answer.text), answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    # What a script asks for is refused as it reads it.
    if "/api/" in answer.request.path or "/fragment/" in answer.request.path:
        assert answer.mimetype == "application/problem+json"
    else:
        assert answer.mimetype == "text/html"
    return answer.status_code


def endured(answer: TestResponse) -> None:
    """Either answered as if nothing were wrong or refused; never broken."""
    if answer.status_code >= 400:
        refused(answer)


# ── bodies that are no JSON object ───────────────────────────────────────────────────────────

NO_JSON_OBJECT = [
    b"",
    b" ",
    b"{",
    b"nonsense",
    b"{'body': 'x'}",
    b'{"body": "x"',
    b'{"body": "x"} and more',
    b'{"body": "\xff\xfe"}',
    b'{"body": "\xed\xa0\x80"}',
    b'{"body": NaN}',
    b'{"body": Infinity}',
    b'{"parent": -Infinity}',
    b'{"parent": ' + b"9" * 5000 + b"}",
    b"null",
    b"true",
    b"7",
    b'"text"',
    b"[]",
    b'[{"body": "x"}]',
    b"[" * 5000,
    b"[" * 5000 + b"]" * 5000,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"thread": "story", "name": "alice", "body": ' + b"[" * 5000 + b"]" * 5000 + b"}",
]
WRITES = [
    ("POST", "/comments"),
    ("PATCH", "/comments/1"),
    ("PUT", "/comments/1/vote"),
    ("POST", "/comments/1/reports"),
    ("POST", "/preview"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_what_is_no_json_object_is_refused(alice, stores_nothing, method, path):
    for body in NO_JSON_OBJECT:
        answer = alice.call(method, path, data=body, content_type="application/json")
        assert refused(answer) == 400, body[:60]
        assert problem(answer) == (400, "not_json")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_another_type_than_json_is_refused(alice, stores_nothing, method, path):
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "text/json", "", "x"):
        answer = alice.call(method, path, data=b"{}", content_type=content_type)
        assert problem(answer) == (415, "not_json_type"), content_type


class Upload(io.RawIOBase):
    """Ten megabytes of blanks that remember how much of them was read."""

    taken = 0

    def __init__(self) -> None:
        self._left = HUGE

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        given = min(len(buffer), self._left, 65_536)
        buffer[:given] = b" " * given
        self._left -= given
        self.taken += given
        return given


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_ten_megabytes_are_refused_unread(alice, stores_nothing, method, path):
    upload = Upload()
    environ = {"wsgi.input": upload, "CONTENT_LENGTH": str(HUGE)}
    answer = alice.call(method, path, content_type="application/json", environ_overrides=environ)
    assert problem(answer) == (413, "too_large")
    assert upload.taken == 0


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_an_upload_that_hides_its_length_is_cut_off(alice, stores_nothing, method, path):
    upload = Upload()
    environ = {"wsgi.input": upload, "wsgi.input_terminated": True}
    answer = alice.call(method, path, content_type="application/json", environ_overrides=environ)
    assert problem(answer) == (413, "too_large")
    assert upload.taken < 500_000


def test_the_longest_comment_in_the_longest_writing_fits(alice):
    body = "\U0001f600" * 10_000
    written = json.dumps({"thread": "story", "name": "alice", "body": body})  # \ud83d\ude00 each
    answer = alice.call("POST", "/comments", data=written, content_type="application/json")
    assert answer.status_code == 201


def test_a_field_given_twice_is_one_field(alice):
    twice = b'{"thread": "story", "name": "alice", "body": "one", "body": "two"}'
    answer = alice.call("POST", "/comments", data=twice, content_type="application/json")
    assert answer.json["comment"]["html"] == "<p>two</p>"


# ── fields ───────────────────────────────────────────────────────────────────────────────────

#: Every field of a comment, and what it refuses besides what is no text at all.
FIELDS: dict[str, list[Any]] = {
    "thread": [None, "", " ", "\t", "x" * 256, "a\nb", "a\u202eb", "a\u200bb"],
    "body": [None, "", " \n ", "x" * 10_001],
    "name": [None, "", "  ", "x" * 61, "\u200b\u200d", "\u202e", "\u3164", "<>" * 40],
    "website": ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "https://", "a b"],
    "email": ["alice", "@", "a@b", "a@b.example\nBcc: c@d.example", "a b@c.example", "a@b@c.de"],
    "notify": ["", "sometimes", "NONE"],
    "parent": ["7", "", 0, -1, 1.0, 2**63, 2**70, -(2**70), 1e300],
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_wrong_field_is_refused_by_its_name(alice, stores_nothing, field):
    not_its_type = [value for value in NOT_TEXT if not (field == "parent" and value == 7)]
    for value in FIELDS[field] + not_its_type + UNTEXT:
        answer = alice.post(**{"body": "Good.", field: value})
        refused(answer)
        assert wrong_fields(answer) == {field}, repr(value)[:60]


@pytest.mark.parametrize("field", ["website", "email", "notify", "parent"])
def test_null_is_no_answer_where_none_is_needed(alice, field):
    assert alice.post(**{field: None}).status_code == 201


def test_a_thread_is_named_in_either_form(alice, stores_nothing):
    for key in (*NOT_TEXT, *UNTEXT, None, "", " "):
        assert wrong_fields(alice.post(thread={"key": key})) == {"thread"}, repr(key)[:60]
    assert wrong_fields(alice.post(thread={"id": 1})) == {"thread"}


def test_a_strange_address_or_title_of_the_article_is_left_out(alice):
    for strange in (*NOT_TEXT, *UNTEXT, "http://[", "http://a:99999/", "https://blog.example\0/"):
        answer = alice.post(thread={"key": "story", "url": strange, "title": strange})
        assert answer.status_code == 201, repr(strange)[:60]
    assert alice.reads()["thread"]["url"] is None


def test_every_wrong_field_is_named_at_once(alice, stores_nothing):
    wrong = {"thread": 1, "body": 2, "name": 3, "website": 4, "email": 5, "notify": 6, "parent": ""}
    assert wrong_fields(alice.call("POST", "/comments", wrong)) == set(wrong)


@pytest.mark.parametrize(
    "body",
    [
        ">" * 5000,
        "> " * 5000,
        "\n".join(">" * depth for depth in range(60)),
        "x\n" + "\t>" * 5000,
        "[" * 20_000,
        ">" * 20_000,
        "a\0b",
        "\ud83d",
        "\udc00\ud800",
        "\u200b" * 50,
        "\u202e",
    ],
)
def test_a_hostile_text_is_refused(alice, stores_nothing, body):
    assert wrong_fields(alice.post(body)) == {"body"}
    assert wrong_fields(alice.edit(1, body)) == {"body"}
    assert wrong_fields(alice.call("POST", "/preview", {"body": body})) == {"body"}


@pytest.mark.parametrize("body", ["[" * 10_000, "*" * 10_000, "![" * 5000, "&#0;", "<script>x"])
def test_an_odd_text_is_kept_as_text(alice, body):
    assert alice.post(body).status_code == 201


# ── numbers and names in addresses ───────────────────────────────────────────────────────────

TOO_FAR = [2**31, 2**63 - 1, 2**63, 2**64, 2**70, 10**400]
BELOW_A_COMMENT = [
    ("GET", "", None),
    ("GET", "/replies", None),
    ("PATCH", "", {"body": "x"}),
    ("DELETE", "", None),
    ("PUT", "/vote", {"value": 1}),
    ("POST", "/reports", {"reason": "spam"}),
]


@pytest.mark.parametrize(("method", "below", "fields"), BELOW_A_COMMENT)
def test_a_number_beyond_all_comments_is_not_found(alice, stores_nothing, method, below, fields):
    for number in TOO_FAR:
        answer = alice.call(method, f"/comments/{number}{below}", fields)
        assert refused(answer) == 404, number


@pytest.mark.parametrize("what", ["vote", "edit", "delete", "report"])
def test_a_form_for_a_number_beyond_all_comments_is_not_found(alice, stores_nothing, what):
    for number in TOO_FAR:
        answer = alice.submit(f"/comment/{number}/{what}", value="1", body="x", reason="spam")
        assert refused(answer) == 404, number


QUERIES = [
    "/api/v1/comments?thread=story&{}",
    "/api/v1/comments/1/replies?{}",
    "/api/v1/comments/1?{}",
    "/api/v1/counts?thread=story&{}",
    "/api/v1/pulse?thread=story&{}",
    "/api/v1/me?thread=story&{}",
    "/thread?key=story&{}",
    "/fragment/thread?key=story&{}",
    "/fragment/replies?id=1&{}",
    "/fragment/comment?id=1&{}",
    "/fragment/news?key=story&{}",
    "/mine?key=story&{}",
]
STRANGE = [
    "sort=%",
    "sort=%zz",
    "sort=%ff%fe",
    "sort=%00",
    "sort=%ed%a0%80",
    "sort=best",
    "sort=oldest&sort=best",
    "sort=best&sort=oldest",
    "limit=%d9%a3",
    "limit=1&limit=0",
    f"limit={2**70}",
    "since=-1",
    f"since={2**70}",
    "since=%b2",
    "after=%00",
    "after=%ed%a0%80",
    "after=%f0%9f%98%80",
    "after=" + "A" * 5000,
    "after=....",
    f"comment={2**70}",
    "comment=-1",
    "comment=%c2%b2",
    "comment=1&comment=2",
    f"reply={2**70}",
    "reply=%c2%b2",
    f"under={2**70}",
    "under=1&after=x",
    f"id={2**70}",
    "id=%c2%b2",
    "thread=%00",
    "thread=%ff",
    "key=%ff",
    "lang=%ff",
    "lang=../../etc/passwd",
    "lang=" + "x" * 5000,
    "done=%00",
    "done=<script>",
    "&&&=&==&",
    "%=%&%",
    "a[]=1&a[b]=2",
    "fragment=%ff",
    "x=" + "%ff" * 2000,
]


@pytest.mark.parametrize("address", QUERIES)
def test_a_strange_query_breaks_nothing(alice, stores_nothing, address):
    for strange in STRANGE:
        answer = alice.client.get("/comments" + address.format(strange))
        endured(answer)
        assert "<script>" not in answer.text or answer.is_json


def test_a_key_in_bytes_that_are_no_text_is_a_key_like_any_other(alice, stores_nothing):
    for raw in ("%ff", "%ed%a0%80", "%c3%28"):
        endured(alice.client.get(f"{API}/comments?thread={raw}"))
    assert refused(alice.client.get(f"{API}/comments?thread=%00")) == 422


@pytest.mark.parametrize("path", ["/%00", "/%ff", "/..%2f..%2fetc/passwd", "/static/../../wsgi.py"])
def test_a_strange_path_is_not_found(sqlite_app, path):
    client = sqlite_app.test_client()
    for below in ("/comments", "/comments/api/v1", "/comments/static", ""):
        assert refused(client.get(below + path)) == 404


# ── forms ────────────────────────────────────────────────────────────────────────────────────

GOOD_FORM = {"key": "story", "name": "alice", "body": "A comment."}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("key", ["", " ", "a\0b", "x" * 256]),
        ("body", ["", " \n", "a\0b", "x" * 10_001, ">" * 5000, "[" * 20_000]),
        ("name", ["", " ", "a\0b", "x" * 61, "\u200b"]),
        ("website", ["javascript:alert(1)", "a\0b", "x" * 3000]),
        ("email", ["alice", "a\0b"]),
        ("parent", ["²", "٣", "-1", "0", "1e5", " 1", "x", "1.0", str(2**63), str(2**70), "\0"]),
    ],
)
def test_a_wrong_field_of_a_form_is_refused(alice, stores_nothing, field, values):
    for value in values:
        answer = alice.submit("/post", **GOOD_FORM | {field: value})
        assert refused(answer) == 422, repr(value)[:60]


def test_a_parent_of_another_thread_is_refused_in_a_form_too(alice, stores_nothing):
    assert refused(alice.submit("/post", **GOOD_FORM | {"key": "other", "parent": "1"})) == 422
    assert refused(alice.submit("/post", **GOOD_FORM | {"parent": "4711"})) == 409


FORMS = ["/post", "/preview", "/comment/1/vote", "/comment/1/edit", "/comment/1/report"]


@pytest.mark.parametrize("path", FORMS)
def test_ten_megabytes_of_form_are_refused_unread(alice, stores_nothing, path):
    upload = Upload()
    answer = alice.client.post(
        f"/comments{path}",
        headers={"Origin": HERE},
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input": upload, "CONTENT_LENGTH": str(HUGE)},
    )
    assert refused(answer) in (403, 413)
    assert upload.taken == 0


@pytest.mark.parametrize("path", ["/post", "/preview"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_that_hides_its_length_is_cut_off(alice, stores_nothing, path, kind):
    upload = Upload()
    answer = alice.client.post(
        f"/comments{path}",
        headers={"Origin": HERE},
        content_type=f"{kind}; boundary=x",
        environ_overrides={"wsgi.input": upload, "wsgi.input_terminated": True},
    )
    assert refused(answer) in (413, 422)
    assert upload.taken < 3_000_000


@pytest.mark.parametrize("path", ["/post", "/preview"])
@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"key=story&name=alice&body=%", 303),
        ("application/x-www-form-urlencoded", b"key=story&name=alice&body=%zz%", 303),
        ("application/x-www-form-urlencoded", b"key=story&name=alice&body=%ff", 303),
        ("application/x-www-form-urlencoded", b"key=story&name=alice&body=\xff", 422),
        ("application/x-www-form-urlencoded", b"key=story&name=alice&body=%ed%a0%80", 303),
        ("application/x-www-form-urlencoded", b"key=story&name=alice&body=a&body=", 303),
        ("application/x-www-form-urlencoded", b"key=story&name=alice&body=%00", 422),
        ("application/x-www-form-urlencoded", b"\xff\xff\xff", 422),
        ("application/x-www-form-urlencoded", b"&&==&=", 422),
        ("application/x-www-form-urlencoded", b"a=1&" * 100_000, 422),
        ("multipart/form-data", b"no boundary", 422),
        ("multipart/form-data; boundary=x", b"nothing of the kind", 422),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--\r\n", 422),
        ("multipart/form-data; boundary=" + "x" * 500, b"--", 422),
        ("application/json", b'{"key": "story", "name": "alice", "body": "x"}', 422),
        ("text/plain", b"key=story&name=alice&body=x", 422),
    ],
)
def test_a_strange_form_breaks_nothing(alice, path, content_type, body, status):
    answer = alice.client.post(
        f"/comments{path}", data=body, content_type=content_type, headers={"Origin": HERE}
    )
    if status == 303 and path == "/preview":
        assert answer.status_code == 200
    elif status == 303:
        assert answer.status_code == 303
    else:
        assert refused(answer) in (400, 413, 422)


def test_a_file_is_no_text(alice, stores_nothing):
    files = {"key": "story", "name": "alice", "body": (io.BytesIO(b"A comment."), "body.txt")}
    answer = alice.client.post("/comments/post", data=files, headers={"Origin": HERE})
    assert refused(answer) == 422


def test_a_form_of_a_thousand_parts_and_more_is_refused(alice, stores_nothing):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    answer = alice.client.post(
        "/comments/post",
        data=part * 1001 + b"--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"Origin": HERE},
    )
    assert refused(answer) == 413


def test_an_unknown_sort_leads_nowhere_strange(alice):
    """A form that names an order nobody knows still does what it is for."""
    answer = alice.submit("/post", **GOOD_FORM | {"sort": "best"})
    assert answer.status_code == 303
    assert alice.client.get(answer.location).status_code == 200


def test_a_form_with_an_unknown_sort_keeps_the_text(alice, stores_nothing):
    answer = alice.submit("/post", **GOOD_FORM | {"sort": "best", "name": ""})
    assert refused(answer) == 422
    assert "A comment." in answer.text


@pytest.mark.parametrize("value", ["", "0", "2", "1.0", "\0", "²", "up"])
def test_a_form_that_is_no_vote_is_refused(alice, carol, value):
    assert refused(carol.submit("/comment/1/vote", value=value)) == 422
    assert alice.reads()["comments"][0]["score"] == 0


@pytest.mark.parametrize("reason", ["", "boring", "\0", "SPAM"])
def test_a_form_that_is_no_report_is_refused(alice, stores_nothing, reason):
    assert refused(alice.submit("/comment/1/report", reason=reason)) == 422
    assert refused(alice.submit("/comment/1/report", reason="spam", note="x" * 1001)) == 422


# ── headers ──────────────────────────────────────────────────────────────────────────────────

HOSTS = [
    "elsewhere.example",
    "localhost.elsewhere.example",
    "elsewhere.example:80",
    "localhost@elsewhere.example",
    "localhost/elsewhere",
    "localhost:99999",
    "localhost:port",
    "[::1",
    "a b",
    "é.example",
    "",
    "x" * 5000,
]
EVERYWHERE = [
    ("GET", "/comments/api/v1/comments?thread=story"),
    ("GET", "/comments/thread?key=story"),
    ("POST", "/comments/api/v1/comments"),
    ("POST", "/comments/post"),
    ("GET", "/healthz"),
    ("GET", "/nowhere"),
]


@pytest.mark.parametrize(("method", "address"), EVERYWHERE)
def test_a_host_that_is_not_ours_is_refused(alice, stores_nothing, method, address):
    for host in HOSTS:
        sends: dict[str, Any] = {"json": {"thread": "story", "name": "alice", "body": "x"}}
        answer = alice.client.open(
            address, method=method, headers={"Host": host}, **(sends if method == "POST" else {})
        )
        assert refused(answer) == 400, host
        assert host not in answer.text or len(host) < 3


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer " + "A" * 10_000,
        "Bearer é",
        "Bearer \xff\xfe",
        "Bearer a b c",
        "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_a_false_token_is_refused(sqlite_app, value):
    alice = cast.visitor(sqlite_app, "alice")
    assert problem(alice.post(headers={"Authorization": value})) == (401, "token_invalid")
    answer = alice.get("/me?thread=story", headers={"Authorization": value})
    assert problem(answer) == (401, "token_invalid")


@pytest.mark.parametrize("value", ["Basic YWxpY2U6eA==", "Digest x", "nonsense", ""])
def test_a_login_that_is_not_ours_is_left_alone(sqlite_app, value):
    alice = cast.visitor(sqlite_app, "alice")
    assert alice.post(headers={"Authorization": value}).status_code == 201


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Idempotency-Key", "\xff\xfe"),
        ("Idempotency-Key", "'; DROP TABLE comments_threads; --"),
        ("If-None-Match", "x" * 5000),
        ("If-None-Match", '"'),
        ("If-None-Match", "W/"),
        ("Accept-Encoding", "\xff"),
        ("Cookie", "comments_guest=made-up"),
        ("Cookie", "comments_guest=\xff; session=\xff"),
        ("Cookie", "session=eyJ1c2VyIjoiYm9iIn0.made.up"),
        ("Cookie", ";;;===;"),
        ("X-Forwarded-For", "x" * 5000),
        ("X-Forwarded-For", "\xff, 203.0.113.9"),
        ("X-Forwarded-Host", "elsewhere.example"),
        ("X-Forwarded-Proto", "gopher"),
        ("Sec-Fetch-Site", "\xff"),
        ("Range", "bytes=0-999999999999999999999"),
        ("Content-Encoding", "gzip"),
        ("Transfer-Encoding", "nonsense"),
    ],
)
def test_a_strange_header_breaks_nothing(alice, name, value):
    for address in (f"{API}/comments?thread=story", "/comments/thread?key=story"):
        assert alice.client.get(address, headers={name: value}).status_code == 200
    assert alice.post(headers={name: value}).status_code == 201
    answer = alice.client.post(
        "/comments/post", data=GOOD_FORM, headers={"Origin": HERE, name: value}
    )
    assert answer.status_code == 303
    assert answer.location.startswith("/comments/")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "9" * 40])
def test_a_content_length_that_is_none_breaks_nothing(alice, stores_nothing, length):
    for address in (f"{API}/comments", "/comments/post"):
        answer = alice.client.post(
            address,
            headers={"Origin": HERE, "Content-Type": "application/json"},
            environ_overrides={"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(b"")},
        )
        refused(answer)


def test_an_upload_that_stops_halfway_is_refused(alice, stores_nothing):
    half = {"wsgi.input": io.BytesIO(b'{"thread": "sto'), "CONTENT_LENGTH": "400"}
    answer = alice.call(
        "POST", "/comments", content_type="application/json", environ_overrides=half
    )
    assert problem(answer) == (400, "bad_request")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_a_method_that_does_not_fit_is_refused(alice, stores_nothing, method):
    for address in (f"{API}/counts", "/comments/thread?key=story", "/comments/embed.js"):
        assert refused(alice.client.open(address, method=method)) == 405

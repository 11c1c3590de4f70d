"""The service as an owner starts it: settings, the secret, host names, the log, the real server."""

import gc
import http.client
import json
import os
import re
import socket
import stat
import subprocess
import sys
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest
from flask import Flask
from sqlalchemy import make_url

from comments import ConfigError, environment, schema, standalone
from comments.web.state import EXTENSION
from tests.services.service import LiveServer
from tests.services.tools import PROJECT

API = "/comments/api/v1"
SECRET = "a secret of the tests, long enough to be one"
WRITTEN = {"thread": "story", "name": "alice", "body": "A private thought."}


class Start(Protocol):
    def __call__(self, **environ: str) -> Flask: ...


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a service with nothing but what is given and a folder of its own."""
    with ExitStack() as running:

        def start_app(**environ: str) -> Flask:
            given = {"COMMENTS_INSTANCE": str(tmp_path / "instance")} | environ
            app = standalone.create_app(given)
            state = app.extensions[EXTENSION]
            running.callback(state.engine().dispose)
            running.callback(state.limits.close)
            return app

        yield start_app


# ── the first start ──────────────────────────────────────────────────────────────────────────


def test_it_starts_with_no_settings_at_all(start, tmp_path):
    app = start()
    client = app.test_client()
    assert client.post(f"{API}/comments", json=WRITTEN).json["state"] == "pending"
    assert (tmp_path / "instance" / "comments.sqlite3").exists()
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/").location == "/healthz"


def test_it_makes_its_tables_and_finds_them_again(start, database_uri):
    for _ in range(2):
        app = start(COMMENTS_DATABASE_URI=database_uri, COMMENTS_HOLD="none")
        assert app.test_client().post(f"{API}/comments", json=WRITTEN).status_code == 201
    with app.app_context():
        engine = app.extensions[EXTENSION].engine()
        assert schema.current(engine) == schema.head()
    counted = app.test_client().get(f"{API}/counts?thread=story").json
    assert counted == {"counts": {"story": 2}}


def test_a_start_that_finds_its_tables_loads_nothing_that_no_reader_needs(start, tmp_path):
    start()
    app = "import sys, wsgi; print(*(name for name in sys.argv[1:] if name in sys.modules))"
    unneeded = ("alembic", "authlib", "bleach", "mako", "markdown_it", "polib", "psycopg")
    started = subprocess.run(
        [sys.executable, "-c", app, "flask", *unneeded],
        env={"PYTHONPATH": str(PROJECT), "COMMENTS_INSTANCE": str(tmp_path / "instance")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert started.stdout.split() == ["flask"]


def test_an_app_that_nobody_holds_is_gone(tmp_path):
    mail = {"COMMENTS_SMTP_URI": "smtp://127.0.0.1:1", "COMMENTS_MAIL_FROM": "c@blog.example"}
    app = standalone.create_app({"COMMENTS_INSTANCE": str(tmp_path / "instance")} | mail)
    state, known = app.extensions[EXTENSION], weakref.ref(app)
    with app.app_context():
        pass
    state.engine().dispose()
    state.limits.close()
    del app, state
    gc.collect()
    assert known() is None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgres_means_the_same_driver(start, postgres_uri, scheme):
    uri = make_url(postgres_uri).render_as_string(hide_password=False)
    app = start(COMMENTS_DATABASE_URI=scheme + ":" + uri.partition(":")[2])
    assert app.extensions[EXTENSION].engine().driver == "psycopg"


def test_the_demo_is_there_from_the_first_page(start):
    app = start(COMMENTS_DEMO="1", COMMENTS_HOLD="none")
    article = app.test_client().get("/")
    assert article.status_code == 200
    assert 'action="/comments/post"' in article.text
    assert app.test_client().get("/embed").status_code == 200


# ── the secret ───────────────────────────────────────────────────────────────────────────────


def test_a_secret_is_made_once_and_kept_for_us_alone(start, tmp_path):
    token = start().test_client().post(f"{API}/comments", json=WRITTEN).json["token"]
    place = tmp_path / "instance" / "secret_key"
    secret = place.read_text()
    assert len(secret) > 30
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    bearer = {"Authorization": f"Bearer {token}"}
    again = start().test_client().get(f"{API}/me?thread=story", headers=bearer)
    assert (again.status_code, len(again.json["own"])) == (200, 1)
    assert place.read_text() == secret
    assert sorted(path.name for path in place.parent.iterdir() if "sqlite" not in path.name) == [
        "secret_key"
    ]


def test_a_secret_of_the_owner_is_used_and_none_is_made(start, tmp_path):
    app = start(COMMENTS_SECRET_KEY=SECRET)
    assert app.config["SECRET_KEY"] == SECRET
    assert not (tmp_path / "instance" / "secret_key").exists()


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path):
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        with ThreadPoolExecutor(8) as pool:
            seen = set(pool.map(environment.kept_secret, [folder] * 8))
        assert len(seen) == 1


@pytest.mark.parametrize("content", ["", "short", "\n\n"])
def test_a_damaged_secret_stops_the_start_with_what_to_do(start, tmp_path, content):
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "secret_key").write_text(content)
    with pytest.raises(ConfigError, match=r"holds no usable secret. Delete it and a new one"):
        start()


def test_a_rotated_secret_keeps_the_guests(start, sqlite_uri):
    first = {"COMMENTS_DATABASE_URI": sqlite_uri, "COMMENTS_SECRET_KEY": "the-first-secret-of-it"}
    token = start(**first).test_client().post(f"{API}/comments", json=WRITTEN).json["token"]
    second = first | {
        "COMMENTS_SECRET_KEY": "the-second-secret-of-it",
        "COMMENTS_SECRET_KEY_FALLBACKS": "an-older-one, the-first-secret-of-it",
    }
    bearer = {"Authorization": f"Bearer {token}"}
    me = start(**second).test_client().get(f"{API}/me?thread=story", headers=bearer)
    assert len(me.json["own"]) == 1
    forgotten = start(**first | {"COMMENTS_SECRET_KEY": "the-second-secret-of-it"})
    lost = forgotten.test_client().get(f"{API}/me?thread=story", headers=bearer)
    assert lost.status_code == 401


# ── settings that cannot be used ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "value", "right"),
    [
        ("COMMENTS_HOLD", "sometimes", "one of none, links, first, all"),
        ("COMMENTS_EDIT_MINUTES", "-1", "a whole number from 0"),
        ("COMMENTS_EDIT_MINUTES", "²", "a whole number from 0"),
        ("COMMENTS_MAX_LENGTH", "1e4", "a whole number from 1"),
        ("COMMENTS_TRUSTED_PROXIES", "all", "a whole number from 0"),
        ("COMMENTS_ORIGINS", "blog.example", "exact origins"),
        ("COMMENTS_ORIGINS", "*", "exact origins"),
        ("COMMENTS_ORIGINS", "https://blog.example/path", "exact origins"),
        ("COMMENTS_URL", "blog.example", "an address such as"),
        ("COMMENTS_GUEST_LIMIT", "a lot", "limits such as"),
        ("COMMENTS_RATE_LIMITS", "maybe", "one of on, off"),
        ("COMMENTS_CACHE_BYTES", "64MB", "a whole number"),
        ("COMMENTS_DEFAULT_SORT", "best", "one of oldest, newest, most_voted"),
        ("COMMENTS_LANGUAGE", "tlh", "language"),
    ],
)
def test_a_bad_value_stops_the_start_and_says_what_is_right(start, key, value, right):
    with pytest.raises(ConfigError) as wrong:
        start(**{key: value})
    said = str(wrong.value)
    assert key in said and repr(value) in said and right in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("COMMENTS_DATABASE_URI", "mysql://alice:hush@db.example/x"),
        ("COMMENTS_DATABASE_URI", "alice:hush@db.example"),
        ("COMMENTS_DATABASE_URI", "sqlite+hush:///x"),
        ("COMMENTS_DATABASE_URI", "postgresql://alice:hush@db.example:port/x"),
        ("COMMENTS_REDIS_URI", "http://alice:hush@db.example"),
    ],
)
def test_a_secret_value_is_not_shown(start, key, value):
    with pytest.raises(ConfigError) as wrong:
        start(**{key: value})
    assert key in str(wrong.value)
    assert "hush" not in str(wrong.value)


def test_a_database_that_cannot_be_had_is_told_in_a_sentence(start, tmp_path, free_port):
    for uri in (
        f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3",
        f"postgresql://alice:hush@127.0.0.1:{free_port}/x",
    ):
        with pytest.raises(ConfigError, match="COMMENTS_DATABASE_URI cannot be used") as wrong:
            start(COMMENTS_DATABASE_URI=uri)
        assert "hush" not in str(wrong.value)


def test_an_empty_value_counts_as_not_given(start):
    app = start(COMMENTS_HOLD="", COMMENTS_ORIGINS="", COMMENTS_SECRET_KEY="")
    assert app.extensions[EXTENSION].settings.hold == "first"


@pytest.mark.parametrize("port", ["abc", "0", "-1", "65536", "80.5", "²", "9" * 5000, " "])
def test_a_port_that_is_none_stops_the_start(monkeypatch, tmp_path, port):
    monkeypatch.setenv("PORT", port)
    monkeypatch.setenv("COMMENTS_INSTANCE", str(tmp_path))
    with pytest.raises(SystemExit, match=r"PORT is .* it must be a whole number from 1 to 65535"):
        standalone.serve()


def test_a_bad_start_is_one_sentence_and_no_trace(tmp_path):
    settings = {"COMMENTS_INSTANCE": str(tmp_path), "COMMENTS_HOLD": "sometimes"}
    ended = subprocess.run(
        [sys.executable, str(PROJECT / "wsgi.py")],
        env={"PATH": os.environ["PATH"]} | settings,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    [sentence] = ended.stderr.splitlines()
    assert sentence.startswith("Flask-Comments: COMMENTS_HOLD is 'sometimes'; it must be one of")


def test_a_command_with_a_bad_setting_is_one_sentence_as_well(tmp_path):
    command = [sys.executable, "-m", "flask", "--app", "comments.standalone", "comments", "check"]
    settings = {"COMMENTS_INSTANCE": str(tmp_path), "COMMENTS_HOLD": "sometimes"}
    env = {"PATH": os.environ["PATH"]} | settings
    ended = subprocess.run(command, env=env, capture_output=True, text=True, cwd=PROJECT)
    assert ended.returncode != 0
    assert "COMMENTS_HOLD is 'sometimes'; it must be one of" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("missing", "uri", "extra"),
    [("psycopg", "postgresql://localhost/x", "postgres"), ("granian", "", "serve")],
)
def test_what_is_not_installed_is_named_with_how_to_get_it(
    monkeypatch, tmp_path, free_port, missing, uri, extra
):
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setenv("COMMENTS_INSTANCE", str(tmp_path))
    monkeypatch.setenv("COMMENTS_DATABASE_URI", uri)
    monkeypatch.setenv("PORT", str(free_port))
    with pytest.raises(SystemExit, match=rf"is missing: pip install 'Flask-Comments\[{extra}\]'"):
        standalone.serve()


def test_a_public_address_without_the_path_of_the_comments_is_pointed_out(start, caplog):
    caplog.set_level("WARNING", "comments")
    start(COMMENTS_URL="https://c.example/comments")
    assert "COMMENTS_URL" not in caplog.text
    start(COMMENTS_URL="https://c.example")
    assert "Should it be https://c.example/comments?" in caplog.text


def test_a_port_that_is_taken_is_told_in_a_sentence(monkeypatch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        monkeypatch.setenv("COMMENTS_INSTANCE", str(tmp_path))
        with pytest.raises(SystemExit, match=r"cannot listen on 127\.0\.0\.1"):
            standalone.serve()


# ── host names and proxies ───────────────────────────────────────────────────────────────────


def statuses(app: Flask, *hosts: str) -> list[int]:
    client = app.test_client()
    return [
        client.get(f"{API}/counts?thread=a", headers={"Host": host}).status_code for host in hosts
    ]


def test_it_answers_for_this_machine_alone_when_nobody_says_more(start):
    app = start()
    assert statuses(app, "localhost", "localhost:8000", "127.0.0.1:5000") == [200] * 3
    assert statuses(app, "comments.example", "localhost.example", "127.0.0.2") == [400] * 3


def test_it_answers_for_the_names_of_its_owner(start):
    app = start(COMMENTS_HOSTS="comments.example, .blog.example")
    assert statuses(app, "comments.example", "comments.example:8000", "a.blog.example") == [200] * 3
    assert statuses(app, "localhost", "xcomments.example", "elsewhere.example") == [400] * 3


def test_an_unknown_host_is_refused_in_words(start):
    answer = start().test_client().get("/", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 400
    assert "does not answer for that host name" in answer.text
    assert "elsewhere" not in answer.text


@pytest.mark.parametrize(("hops", "believed"), [(0, False), (1, True), (2, False)])
def test_as_many_proxies_are_believed_as_there_are(start, hops, believed):
    app = start(COMMENTS_TRUSTED_PROXIES=str(hops), COMMENTS_HOSTS="comments.example, localhost")
    one_proxy = {"X-Forwarded-Host": "comments.example", "X-Forwarded-Proto": "https"}
    form = {"key": "story", "name": "alice", "body": "x"}
    ours = one_proxy | {"Origin": "https://comments.example"}
    answer = app.test_client().post("/comments/post", data=form, headers=ours)
    assert answer.status_code == (303 if believed else 403)


def test_a_proxy_may_not_name_a_host_that_is_not_ours(start):
    app = start(COMMENTS_TRUSTED_PROXIES="1")
    answer = app.test_client().get("/", headers={"X-Forwarded-Host": "elsewhere.example"})
    assert answer.status_code == 400


# ── the real server ──────────────────────────────────────────────────────────────────────────


def ask(server: LiveServer, method: str, path: str, body: Any = None, **headers: str) -> int:
    """The status of the real server's answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_its_log_is_json_lines_without_bodies_addresses_and_tokens(live_server):
    server = live_server(COMMENTS_HOLD="none")
    kind = {"Content-Type": "application/json", "User-Agent": "A phone of alice"}
    body = json.dumps(WRITTEN | {"email": "alice@private.example"})
    assert ask(server, "POST", f"{API}/comments?secret=query", body, **kind) == 201
    for _ in range(3):
        assert ask(server, "GET", f"{API}/comments?thread=story") == 200
    assert ask(server, "GET", f"{API}/me?thread=story", Authorization="Bearer made-up") == 401
    assert ask(server, "POST", f"{API}/comments", "{", **kind) == 400
    assert server.stop() == 0
    written = server.log.read_text()
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    ours = [line for line in lines if line["path"].startswith(API)]
    assert [line["status"] for line in ours] == [201, 200, 200, 200, 401, 400]
    assert all(set(line) == {"method", "path", "status", "ms"} for line in lines)
    for secret in ("private", "127.0.0.1:", "made-up", "Bearer", "A phone", "query", "story"):
        assert secret not in "\n".join(line for line in written.splitlines() if line[:1] == "{")
    assert "Traceback" not in written
    assert "alice" not in written


def raw(server: LiveServer, request: bytes) -> bytes:
    """What the real server says to bytes that are not quite HTTP."""
    said = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        # It need not read to the end what it refuses.
        with suppress(OSError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            while chunk := connection.recv(65_536):
                said += chunk
    return said


def test_the_real_server_refuses_what_is_bad_and_goes_on(live_server):
    """What a test client cannot send: bytes on a wire."""
    server = live_server(COMMENTS_HOLD="none")
    kind = {"Content-Type": "application/json"}
    path = f"{API}/comments"
    assert ask(server, "POST", path, b'{"body": "\\ud800"}', **kind) == 422
    assert ask(server, "GET", f"{API}/counts?thread=a", Host="elsewhere.example") == 400
    post = b"POST " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n"
    post += b"Content-Type: application/json\r\n"
    chunk = b"186a0\r\n" + b" " * 100_000 + b"\r\n"
    for line in (
        post + b"Content-Length: 10000000\r\n\r\n" + b" " * 10_000_000,
        post + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 100 + b"0\r\n\r\n",
        post + b"Content-Length: -1\r\n\r\n",
        post + b"Content-Length: 500\r\n\r\n{",
        post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET " + path.encode() + b"/" + b"9" * 60_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /comments/%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /comments/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /comments/thread?key=%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x00",
        b"nonsense\r\n\r\n",
    ):
        said = raw(server, line)
        assert not said or re.match(rb"HTTP/1\.\d [234]", said), line[:80]
    assert ask(server, "POST", path, json.dumps(WRITTEN), **kind) == 201
    assert server.alive()
    assert "Traceback" not in server.log.read_text()


# ── people ───────────────────────────────────────────────────────────────────────────────────


def test_while_nobody_moderates_the_start_says_how_to_make_the_first_one(live_server, tmp_path):
    server = live_server()
    assert (
        f"moderators add you@example.org --url {server.url}".replace("127.0.0.1", "localhost")
        in server.log.read_text()
    )
    server.stop()
    environ = {
        "COMMENTS_INSTANCE": str(tmp_path / "instance"),
        "COMMENTS_DATABASE_URI": f"sqlite:///{tmp_path / 'comments.sqlite3'}",
    }
    app = standalone.create_app(environ)
    made = app.test_cli_runner().invoke(args=["comments", "moderators", "add", "a@example.org"])
    assert made.exit_code == 0, made.output
    app.extensions[EXTENSION].engine().dispose()
    server.log.write_text("")
    server.start()
    assert "moderators add" not in server.log.read_text()


def test_the_running_service_mails_a_link_when_it_is_asked_for(live_server, mail_server):
    server = live_server(COMMENTS_SMTP_URI=mail_server.uri, COMMENTS_MAIL_FROM="c@blog.example")
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": server.url}
    path = "/comments/sign-in"
    assert ask(server, "POST", path, b"email=ann%40example.org", **form) == 200
    mail = mail_server.wait_for(1)[0]
    assert f"{server.url}/comments/sign-in/link?token=" in mail.text
    # The log tells of the request, not of the address or the token.
    assert "ann" not in server.log.read_text()


_MANY_THREADS = """
import ctypes, threading
from comments import standalone
standalone._keep_memory_together()
held = []
go_on = threading.Barrier(9)
def work():
    held.append([bytes(30_000) for _ in range(20)])
    go_on.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
go_on.wait()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


def test_its_threads_share_their_memory():
    said = subprocess.run(
        [sys.executable, "-c", _MANY_THREADS], capture_output=True, text=True, check=True
    )
    assert 1 <= said.stdout.count("<heap nr=") <= 2

"""What every test can ask for: databases, servers, a browser. The servers are in tests/services."""

import os
import shutil
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

import hypothesis
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from tests import thrift
from tests.services import chromium, loopback, ports
from tests.services.oidc import OpenIdProvider
from tests.services.postgres import Postgres, empty
from tests.services.process import Unavailable
from tests.services.redis import Redis
from tests.services.service import LiveServer
from tests.services.smtp import MailServer

Server = TypeVar("Server")

# No deadline: the machine may be busy. Where the checks run, a failure must come again.
hypothesis.settings.register_profile(
    "comments", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True
)
hypothesis.settings.load_profile("comments")

# Two workers and a browser each share two cores, and the sum of a guest's comment is work. Only
# a test that fails waits so long.
_BROWSER_PATIENCE_MS = 30_000


# ── a skip is a failure where the checks run ─────────────────────────────────────────────────


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """With ``COMMENTS_NO_SKIPS=1`` a skipped test fails, and says what it was skipped for."""
    if os.environ.get("COMMENTS_NO_SKIPS") != "1" or not report.skipped:
        return
    if hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{reason} (COMMENTS_NO_SKIPS is set)"


# ── quickly ──────────────────────────────────────────────────────────────────────────────────

thrift.share_compiled_addresses()
thrift.share_compiled_statements()
thrift.share_compiled_templates()
thrift.keep_files_in_memory()


attention = thrift.Attention()


def pytest_collection_finish() -> None:
    thrift.forget_what_stays()
    attention.rest()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    with attention.to(item, "setup", *getattr(item, "fixturenames", ())):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with attention.to(item, "call", getattr(item, "originalname", item.name)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    with attention.to(item, "teardown", *getattr(item, "fixturenames", ())):
        return (yield)


# ── the wall ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True, scope="session")
def _nothing_leaves_this_machine() -> Iterator[None]:
    """Sockets are closed but for our own servers, and those the environment names."""
    given = (os.environ.get(key, "") for key in ("COMMENTS_TEST_POSTGRES", "COMMENTS_TEST_REDIS"))
    with loopback.only(*filter(None, (urlsplit(uri).hostname for uri in given))):
        yield


# ── databases ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    server = _or_skip(Postgres)
    yield server
    server.stop()


@pytest.fixture
def postgres_uri(postgres_server: Postgres) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    uri = postgres_server.create()
    yield uri
    postgres_server.drop(uri)


@pytest.fixture
def sqlite_uri(tmp_path: Path) -> str:
    """A SQLite database of this test's own; the file does not exist yet."""
    return f"sqlite:///{tmp_path / 'comments.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_uri(request: pytest.FixtureRequest) -> str:
    """An empty database of this test's own; the test runs once on each kind."""
    uri: str = request.getfixturevalue(f"{request.param}_uri")
    return uri


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "comments.sqlite3"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    uri = postgres_server.create()
    _migrate(uri)
    return uri


@pytest.fixture
def migrated_sqlite_uri(sqlite_uri: str, sqlite_template: Path) -> str:
    """A SQLite database with our tables, empty."""
    shutil.copy(sqlite_template, make_url(sqlite_uri).database or "")
    return sqlite_uri


@pytest.fixture
def migrated_postgres_uri(postgres_server: Postgres, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database with our tables, empty."""
    uri = postgres_server.create(template=postgres_template)
    yield uri
    postgres_server.drop(uri)


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_uri(request: pytest.FixtureRequest) -> str:
    """A database with our tables, empty; the test runs once on each kind."""
    uri: str = request.getfixturevalue(f"migrated_{request.param}_uri")
    return uri


def _migrate(uri: str) -> None:
    # why: a package that does not import fails the tests that need it, not all of them
    from comments import engines, schema

    engine = engines.create(uri)
    schema.upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    yield from _engine(f"sqlite:///{tmp_path_factory.mktemp('shared')}/comments.sqlite3")


@pytest.fixture(scope="session")
def postgres_engine(postgres_server: Postgres, postgres_template: str) -> Iterator[Engine]:
    yield from _engine(postgres_server.create(template=postgres_template))


def _engine(uri: str) -> Iterator[Engine]:
    # why: as above
    from comments import engines

    engine = engines.create(uri)
    yield engine
    engine.dispose()


@pytest.fixture
def fresh_sqlite(sqlite_engine: Engine, sqlite_template: Path) -> Iterator[Engine]:
    shutil.copy(sqlite_template, sqlite_engine.url.database or "")
    yield sqlite_engine
    # The last connection to close takes the write-ahead log along.
    sqlite_engine.dispose()


@pytest.fixture
def fresh_postgres(postgres_engine: Engine) -> Iterator[Engine]:
    yield postgres_engine
    empty(postgres_engine)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The service's engine on a database with our tables, empty; once on each kind.

    It is the test's own, and what was compiled for the tests before it serves it as well.
    """
    shared: Engine = request.getfixturevalue(f"fresh_{request.param}")
    return shared.execution_options()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on :func:`engine`; what a test does not commit is gone after it."""
    with Session(engine) as session:
        yield session


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    server = _or_skip(Redis)
    yield server
    server.stop()


@pytest.fixture
def redis_uri(redis_server: Redis) -> str:
    """An empty Redis database."""
    redis_server.empty()
    return redis_server.uri


@pytest.fixture(scope="session")
def openid_provider() -> Iterator[OpenIdProvider]:
    """A real OpenID provider, which sends people back to the services of tests."""
    server = _or_skip(OpenIdProvider)
    yield server
    server.stop()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    server = MailServer()
    yield server
    server.stop()


# ── servers ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def free_port() -> int:
    return ports.free_port()


@pytest.fixture
def live_server(tmp_path: Path, sqlite_uri: str) -> Iterator[Callable[..., LiveServer]]:
    """Starts ``wsgi.py`` in a process of its own: ``live_server(COMMENTS_HOLD="none").url``.

    Arguments become its environment; unless told, it keeps its data in the test's folder.
    """
    with ExitStack() as running:

        def start(**settings: object) -> LiveServer:
            defaults = {
                "COMMENTS_DATABASE_URI": sqlite_uri,
                "COMMENTS_INSTANCE": str(tmp_path / "instance"),
                "COMMENTS_SECRET_KEY": "a secret of the tests, long enough to be one",
                # A busy machine is no reason to refuse anybody.
                "COMMENTS_PATIENCE": "60",
            }
            given = {key: str(value) for key, value in settings.items()}
            server = LiveServer(tmp_path, defaults | given)
            running.callback(server.kill)
            return server

        yield start


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves a WSGI app from a thread of this process and gives its address.

    ``serve(app, host="blog.test")``: the test browser takes every ``*.test`` name for this
    machine, and each is another site to it.
    """
    with ExitStack() as running:

        def start(app: WSGIApplication, host: str = "127.0.0.1") -> str:
            server = make_server("127.0.0.1", ports.free_port(), app, threaded=True)
            # How often it looks whether it is to end: half a second, times every test, is minutes.
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            running.callback(thread.join)
            running.callback(server.server_close)
            running.callback(server.shutdown)
            return f"http://{host}:{server.port}"

        yield start


# ── browser ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=_BROWSER_PATIENCE_MS)
    with ExitStack() as running:
        yield _or_skip(lambda: running.enter_context(chromium.launched()))


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser profile with Playwright's options: ``new_context(color_scheme="dark")``."""
    with ExitStack() as running:

        def open_context(**options: Any) -> BrowserContext:
            context = browser.new_context(**options)
            context.set_default_timeout(_BROWSER_PATIENCE_MS)
            running.callback(context.close)
            return context

        yield open_context


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A page in a fresh profile. An uncaught script error on it fails the test."""
    page = new_context().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def _or_skip(start: Callable[[], Server]) -> Server:
    try:
        return start()
    except Unavailable as reason:
        pytest.skip(str(reason))

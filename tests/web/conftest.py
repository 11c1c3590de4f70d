"""The service as an app in this process, on both databases, and the people who use it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine

from tests.services.postgres import Postgres, empty
from tests.web import cast
from tests.web.cast import Visitor

MakeApp = Callable[..., Flask]


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    """The service writes its log to the stderr of its first app, which a test takes away."""
    logger = logging.getLogger("comments")
    silence = logging.NullHandler()
    logger.addHandler(silence)
    yield
    logger.removeHandler(silence)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[MakeApp]:
    """Starts a service: ``start(uri, COMMENTS_HOLD="all")``. Several may share one database."""
    with ExitStack() as running:
        yield lambda uri, **settings: running.enter_context(
            cast.service(uri, tmp_path / "instance", **settings)
        )


@pytest.fixture(scope="session")
def postgres_emptied_by_us(postgres_template: str, postgres_server: Postgres) -> Iterator[Engine]:
    engine = create_engine(
        # A test may have cut the server's connections.
        postgres_server.create(template=postgres_template),
        pool_pre_ping=True,
    )
    yield engine
    engine.dispose()


@pytest.fixture
def service_postgres_uri(postgres_emptied_by_us: Engine) -> Iterator[str]:
    """One database for all of these tests, emptied after each: making one costs much more."""
    yield postgres_emptied_by_us.url.render_as_string(hide_password=False)
    empty(postgres_emptied_by_us)


@pytest.fixture(params=["sqlite", "postgres"])
def make_app(start: MakeApp, request: pytest.FixtureRequest) -> MakeApp:
    """A service with *settings*, on the test's database; the test runs on both kinds."""
    fixture = {"sqlite": "migrated_sqlite_uri", "postgres": "service_postgres_uri"}[request.param]
    uri = request.getfixturevalue(fixture)
    return lambda **settings: start(uri, **settings)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """The service; comments are published at once."""
    return make_app()


@pytest.fixture
def moderated(make_app: MakeApp) -> Flask:
    """The service; a guest's first comment waits for a moderator, as it does by default."""
    return make_app(COMMENTS_HOLD="first")


@pytest.fixture
def sqlite_app(start: MakeApp, migrated_sqlite_uri: str) -> Flask:
    """The service for what no database has a part in."""
    return start(migrated_sqlite_uri)


@pytest.fixture
def alice(app: Flask) -> Visitor:
    """Alice writes."""
    return cast.visitor(app, "alice")


@pytest.fixture
def carol(app: Flask) -> Visitor:
    """Carol is a stranger on another network."""
    return cast.visitor(app, "carol")


@pytest.fixture
def bob(app: Flask) -> Visitor:
    """Bob moderates."""
    return cast.visitor(app, "bob")


@pytest.fixture
def dave(app: Flask) -> Visitor:
    """Dave is signed in."""
    return cast.visitor(app, "dave")

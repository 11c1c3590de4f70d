"""A large database that many tests only read: made once, and counted by the planner."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from comments import engines
from comments.schema import upgrade


def made(request: pytest.FixtureRequest, fill: Callable[[Session], None]) -> Iterator[Engine]:
    """The engine of a database with our tables and what *fill* writes.

    The fixture that yields from it runs once on each kind: ``params=["sqlite", "postgres"]``.
    """
    folder = request.getfixturevalue("tmp_path_factory").mktemp("large")
    server = request.param == "postgres" and request.getfixturevalue("postgres_server")
    uri = server.create() if server else f"sqlite:///{folder}/comments.sqlite3"
    engine = engines.create(uri)
    upgrade(engine)
    with Session(engine) as session:
        fill(session)
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As PostgreSQL does by itself: it also sorts what is new into the index of the search.
        connection.execute(text("VACUUM"))
        connection.execute(text("ANALYZE"))
    yield engine
    engine.dispose()
    if server:
        server.drop(uri)

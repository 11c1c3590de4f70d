"""The database of a run: threads of every size, and the places in them that are measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from comments import threads, tree
from comments.keys import Keys
from comments.models import Comment
from tests.bench import data, databases
from tests.bench.report import Progress, sqlite_version
from tests.bench.servers import SECRET
from tests.services.postgres import Postgres

SIZES = (10, 1_000, 100_000)
PILE, SMALL_PILE = 50_000, 50


@dataclass(frozen=True, slots=True)
class Store:
    """A loaded database. Threads are called ``t10`` and so on; the piles are ids of comments
    with many answers and with some."""

    uri: str
    about: str
    pile: int
    small_pile: int

    def cursor_of_page(self, number: int, sort: str) -> str:
        """The sealed cursor that leads to a page of the longest thread."""
        order = tree.order_named(sort)
        engine = create_engine(self.uri)
        with Session(engine) as session:
            thread = threads.find(session, f"t{SIZES[-1]}")
            columns = [getattr(Comment, column) for column in order.columns]
            last = session.execute(
                select(*columns)
                .where(
                    Comment.thread_id == thread.id,
                    Comment.parent_id.is_(None),
                    Comment.listed,
                )
                .order_by(*(column.desc() if order.descending else column for column in columns))
                .offset(threads.DEFAULT_LIMIT * (number - 1) - 1)
                .limit(1)
            ).one()
        engine.dispose()
        assert thread.id is not None
        cursor = tree.Cursor(thread.id, None, sort, order.key(last), thread.revision)
        return cursor.seal(Keys(SECRET))


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Store]:
    """A loaded database of *kind*, ``sqlite`` or ``postgres``."""
    if kind == "sqlite":
        yield _loaded(f"sqlite:///{folder / 'comments.sqlite3'}")
        return
    server = Postgres()
    try:
        yield _loaded(server.create())
    finally:
        server.stop()


def _loaded(uri: str) -> Store:
    progress = Progress("loading", len(SIZES) + 2)
    with databases.opened(uri) as engine:
        with Session(engine) as session:
            for size in SIZES:
                progress.step(f"a thread of {size:,}")
                data.load(session, f"t{size}", data.conversation(size))
            piles = []
            for size in (PILE, SMALL_PILE):
                progress.step(f"{size:,} answers to one comment")
                piles.append(data.load(session, f"pile{size}", data.pile(size)))
        progress.end()
        return Store(uri, _settle(engine), *piles)


def _settle(engine: Engine) -> str:
    """What a database does by itself some time after so many rows; gives its name."""
    if engine.dialect.name == "sqlite":
        return sqlite_version()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        version = connection.execute(text("SHOW server_version")).scalar_one()
    return f"PostgreSQL {version}"

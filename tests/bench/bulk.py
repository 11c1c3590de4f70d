"""Very many rows into an empty database, by its own way for them: indexes come afterwards."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, text

from comments import index
from comments.models import metadata

Rows = Iterable[Sequence[Any]]
Write = Callable[[str, Sequence[str], Rows], None]

#: Stands for the id of a comment in the index of the search, which each database calls its own way.
SEARCH_KEY = "search_key"
_SEARCH_INDEX = "ix_comments_search_terms"


@contextmanager
def opened(engine: Engine) -> Iterator[tuple[Connection, Write]]:
    """A connection without the cares of a site that is in use, and what writes rows with it.

    What was written is committed with the block, has its indexes then, and is known to the planner.
    """
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        careless = _careless_sqlite if is_sqlite else _careless_postgres
        careless(connection)
        _drop_indexes(connection)
        yield connection, (_executemany if is_sqlite else _copy)(connection)
        _make_indexes(connection)
        connection.commit()
        connection.detach()  # its settings go with it
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not is_sqlite:
            connection.execute(text("VACUUM ANALYZE"))


def _careless_sqlite(connection: Connection) -> None:
    for setting in (
        "synchronous=OFF",
        "journal_mode=OFF",
        "foreign_keys=OFF",
        "cache_size=-262144",
    ):
        connection.exec_driver_sql(f"PRAGMA {setting}")
    connection.commit()


def _careless_postgres(connection: Connection) -> None:
    # No foreign key is looked up.
    connection.exec_driver_sql("SET session_replication_role = replica")
    connection.exec_driver_sql("SET maintenance_work_mem = '256MB'")


def _executemany(connection: Connection) -> Write:
    raw: Any = connection.connection.dbapi_connection

    def write(table: str, columns: Sequence[str], rows: Rows) -> None:
        columns = ["rowid" if name == SEARCH_KEY else name for name in columns]
        marks = ", ".join("?" * len(columns))
        raw.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608

    return write


def _copy(connection: Connection) -> Write:
    raw: Any = connection.connection.dbapi_connection

    def write(table: str, columns: Sequence[str], rows: Rows) -> None:
        columns = ["comment_id" if name == SEARCH_KEY else name for name in columns]
        into = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with raw.cursor() as cursor, cursor.copy(into) as copy:
            for row in rows:
                copy.write_row(row)

    return write


def _drop_indexes(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        for one in table.indexes:
            one.drop(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP INDEX {_SEARCH_INDEX}"))


def _make_indexes(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        for one in sorted(table.indexes, key=lambda each: str(each.name)):
            one.create(connection)
    if connection.dialect.name == "postgresql":
        made = f"CREATE INDEX {_SEARCH_INDEX} ON {index.NAME} USING gin (terms)"
        connection.execute(text(made))

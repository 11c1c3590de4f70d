"""What differs between SQLite and PostgreSQL.

Everything else in the package is written once for both. The two rules that matter:

- **A write takes its lock first.** On SQLite a transaction that reads and then writes is
  refused at once when another one wrote in between; :func:`begin_write` opens the transaction
  with ``BEGIN IMMEDIATE``, so that writers queue up instead (in the line of
  :mod:`comments.turns`). It works on the host's plain engine as well as on ours. On PostgreSQL
  the row of the thread is the lock.
- **A commit is on the disk**: an acknowledged comment survives a power cut (see
  :mod:`comments.engines`).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeVar

from sqlalchemy import (
    DateTime,
    Dialect,
    Executable,
    Table,
    TypeDecorator,
    bindparam,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.util import identity_key
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from comments import spelled, turns

Item = TypeVar("Item")

#: Seconds for which a writer waits for its turn at a SQLite file, and then for the file.
BUSY_SECONDS = 15


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases; SQLite alone would give it back naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        value = value if value.tzinfo is UTC else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def begin_write(session: Session) -> None:
    """Make sure this transaction may write, before it has read anything it relies on."""
    if not is_sqlite(session):
        return
    connection = session.connection()
    raw: Any = connection.connection.dbapi_connection
    if not raw.in_transaction:
        turns.wait(session, connection.engine.url.database, BUSY_SECONDS)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif not turns.has_one(session):
        # A host that begins its own transactions may only be reading so far. This changes no
        # row and takes the lock all the same.
        connection.exec_driver_sql("UPDATE comments_threads SET revision = revision WHERE id < 0")


def hold_name(session: Session, kind: int, name: str) -> None:
    """Until the end of the transaction nobody else holds *name*; there may be no row to lock.

    *kind* is any number, as long as nobody else in the database locks pairs that begin with it.
    """
    begin_write(session)
    if not is_sqlite(session):  # has one writer at a time
        session.execute(select(func.pg_advisory_xact_lock(kind, func.hashtext(name))))


def insert_into(session: Session, table: Any) -> Any:
    """The ``INSERT`` of the session's database, which both have with ``ON CONFLICT``."""
    return dialect_insert(session.get_bind().dialect.name, table)


def dialect_insert(dialect: str, table: Any) -> Any:
    """:func:`insert_into` where there is no session yet."""
    # Whoever uses the one database loads nothing of the other.
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


def insert_or_ignore(session: Session, model: type[Any], **values: Any) -> bool:
    """Insert a row unless its key is taken; tells whether it was inserted.

    On PostgreSQL this waits for another transaction that is inserting the same key. A column
    whose default is computed has to be among the *values*.
    """
    session.flush()
    connection = session.connection()
    statement = _unless_taken(model.__table__, connection.dialect.name, tuple(values))
    return bool(spelled.run(connection, statement, values))


@lru_cache
def _unless_taken(table: Table, dialect: str, named: tuple[str, ...]) -> Executable:
    """Fills the columns that are *named*, and those that have a default which is a value."""
    filled = {
        each.name: each.default.arg
        for each in table.columns
        if isinstance(each.default, ScalarElementColumnDefault)
    }
    filled |= {name: bindparam(name) for name in named}
    inserted = dialect_insert(dialect, table).values(filled).on_conflict_do_nothing()
    # Asked for by RETURNING: psycopg's count of rows is -1 here, whatever happened.
    statement: Executable = inserted.returning(literal(1))
    return statement


def insert_new(session: Session, model: type[Any], rows: Sequence[Any], key: str) -> list[Any]:
    """Insert *rows* but those whose key is taken; gives the *key* column of the inserted ones."""
    if not rows:
        return []
    statement = insert_into(session, model).values(rows).on_conflict_do_nothing()
    inserted = session.execute(statement.returning(getattr(model, key)))
    return list(inserted.scalars())


def insert_now(session: Session, row: Any) -> None:
    """Insert the new object *row* by a statement of its own; from then on *session* knows it as
    one that it has read.

    A flush does the same for any number of objects, and for one it costs five times as much.
    """
    if row in session:  # because something that was added refers to it
        session.expunge(row)
    defaults, statement = _whole_row(row.__table__)
    for name, value in defaults.items():
        if name not in row.__dict__:
            setattr(row, name, value)
    [(row.id,)] = spelled.run(session.connection(), statement, row.__dict__)
    make_transient_to_detached(row)
    session.add(row)


@lru_cache
def _whole_row(table: Table) -> tuple[dict[str, Any], Executable]:
    """What columns hold of which nothing is said, and the statement that fills them all."""
    columns = [column for column in table.columns if column.name != "id"]
    filled = insert(table).values({each.name: bindparam(each.name) for each in columns})
    defaults = {each.name: getattr(each.default, "arg", None) for each in columns}
    return defaults, filled.returning(table.c.id)


def read_anew(session: Session, model: type[Any], key: Any) -> None:
    """A statement has changed the row *key*; an object of it that *session* holds says so next."""
    # Most often there is no object at all, and to make a key takes as long as a statement.
    held = session.identity_map.get(identity_key(model, key)) if session.identity_map else None
    if held is not None:
        session.expire(held)


def chunks(items: Sequence[Item], size: int = 1_000) -> Iterator[Sequence[Item]]:
    """*items* in parts that one statement has room for: SQLite takes some 32,000 parameters,
    PostgreSQL 65,535."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def cannot_write(error: DBAPIError) -> bool:
    """Whether the database still answers and only keeps nothing: full, or for reading alone."""
    # PostgreSQL's words may be in any language; its codes are not.
    state = getattr(error.orig, "sqlstate", None)
    words = str(error.orig)
    return state in ("25006", "53100") or "readonly database" in words or "disk is full" in words

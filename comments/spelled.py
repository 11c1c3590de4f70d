"""Statements that run often: spelled once for a database, then given to its driver.

SQLAlchemy makes several objects around each statement it runs, which costs ten times what SQLite
takes to answer one. The statements are SQLAlchemy's all the same, its types read and write the
values and its errors are raised; only the making of objects is left out. Who listens to the
statements of an engine hears these too: then SQLAlchemy runs them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]
#: What turns a value into what the driver takes, or the other way round; ``None`` for nothing.
Change = Callable[[Any], Any] | None


class _Spelled(NamedTuple):
    words: str
    #: The parameters in the order in which they stand; ``None`` where they stand by their names.
    order: tuple[str, ...] | None
    #: What the statement itself says of its parameters.
    said: Values
    sent: tuple[tuple[str, Callable[[Any], Any]], ...]
    read: tuple[Change, ...]

    def parameters(self, values: Values) -> Any:
        all_values = {**self.said, **values}
        for name, change in self.sent:
            all_values[name] = change(all_values[name])
        if self.order is None:
            return all_values
        return tuple([all_values[name] for name in self.order])

    def rows(self, found: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        changed = [(place, change) for place, change in enumerate(self.read) if change]
        if not changed:
            return found
        rows = [list(row) for row in found]
        for row in rows:
            for place, change in changed:
                row[place] = change(row[place])
        return [tuple(row) for row in rows]


def run(connection: Connection, statement: Any, values: Values) -> Sequence[tuple[Any, ...]]:
    """The rows that *statement* gives with *values*; none for one that only writes.

    *statement* is one that is kept: it is spelled at its first use, and stays. There may be more
    *values* than it has a use for; what is not there is ``NULL``.
    """
    dialect = connection.dialect
    spelled = _spelled(statement, dialect)
    if _is_heard(connection):
        needed = {name: values.get(name, given) for name, given in spelled.said.items()}
        result = connection.execute(statement, needed)
        return [tuple(row) for row in result] if result.returns_rows else []
    parameters = spelled.parameters(values)
    cursor = connection.connection.cursor()
    try:
        cursor.execute(spelled.words, parameters)
        return spelled.rows(cursor.fetchall()) if spelled.read else []
    except dialect.loaded_dbapi.Error as error:
        raise _told(connection, spelled.words, error) from error
    finally:
        cursor.close()


def run_many(connection: Connection, statement: Any, rows: Sequence[Values]) -> None:
    """*statement*, one that is kept and only writes, with the values of each of the *rows*."""
    dialect = connection.dialect
    spelled = _spelled(statement, dialect)
    if _is_heard(connection):
        said = spelled.said.items()
        needed = [{name: row.get(name, given) for name, given in said} for row in rows]
        connection.execute(statement, needed)
        return
    cursor = connection.connection.cursor()
    try:
        cursor.executemany(spelled.words, [spelled.parameters(row) for row in rows])
    except dialect.loaded_dbapi.Error as error:
        raise _told(connection, spelled.words, error) from error
    finally:
        cursor.close()


def _is_heard(connection: Connection) -> bool:
    heard = connection.dispatch
    return bool(heard.before_cursor_execute or heard.after_cursor_execute)


def _told(connection: Connection, words: str, error: Exception) -> BaseException:
    """*error* of a driver as SQLAlchemy tells it: without the values, which somebody wrote."""
    dialect = connection.dialect
    driver: Any = dialect.loaded_dbapi.Error
    is_gone = dialect.is_disconnect(error, connection.connection, None)  # type: ignore[arg-type]
    if is_gone:
        connection.invalidate(error)
    return DBAPIError.instance(
        words,
        None,
        error,
        driver,
        hide_parameters=True,
        connection_invalidated=is_gone,
        dialect=dialect,
    )


@lru_cache(maxsize=512)
def _spelled(statement: Any, dialect: Dialect) -> _Spelled:
    compiled = statement.compile(dialect=dialect)
    changes = {name: _sent(bind.type, dialect) for bind, name in compiled.bind_names.items()}
    return _Spelled(
        str(compiled),
        tuple(compiled.positiontup or ()) if compiled.positional else None,
        dict(compiled.params),
        tuple((name, change) for name, change in changes.items() if change),
        tuple(_read(column.type, dialect) for column in getattr(statement, "exported_columns", ())),
    )


def _sent(kind: Any, dialect: Dialect) -> Change:
    change: Change = kind.dialect_impl(dialect).bind_processor(dialect)
    return change


def _read(kind: Any, dialect: Dialect) -> Change:
    change: Change = kind.dialect_impl(dialect).result_processor(dialect, None)
    return change

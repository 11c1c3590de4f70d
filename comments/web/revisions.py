"""The revision of a thread, asked for at the least cost.

Every page that is ready rests on this question, so it has connections of its own, outside
transactions: one question, one answer. A checkout of the pool brings a ping, a ``BEGIN`` and a
``ROLLBACK`` along, which on PostgreSQL cost seven times as much.
"""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.exc import SQLAlchemyError

from comments.replica import Replica

log = logging.getLogger("comments.front")

#: What the database is asked about: a thread's revision, by its key, or how many comments several
#: threads have, by theirs.
Question = str | tuple[str, ...]
Answer = int | tuple[int, ...]

_REVISION = "SELECT revision FROM comments_threads WHERE key = "
# An old key's thread has been merged into another one, whose number it is.
_COUNTS = (
    "SELECT named.key, coalesce(target.count, named.count) FROM comments_threads AS named"
    " LEFT JOIN comments_threads AS target ON target.id = named.merged_into_id"
    " WHERE named.key IN "
)


class ReadersRevisions:
    """Asks the *replica* that readers are answered from, or the primary where there is none.

    A kept page is true for the database that it was read from. What the replica does not know
    yet is not asked for: a page of the primary's is then no longer given, a page of the replica's
    is, and both are right.
    """

    def __init__(self, engine: Callable[[], Engine], replica: Replica | None) -> None:
        self._primary = Revisions(engine)
        self._replica = replica
        self._of_replica = replica and Revisions(lambda: replica.engine)

    def of(self, question: Question) -> Answer | None:
        """As :meth:`Revisions.of`."""
        replica = self._replica
        if replica is not None and self._of_replica and replica.is_there():
            found = self._of_replica.of(question)
            if found is not None:
                replica.answered()
                return found
            replica.failed(ConnectionError("a revision was asked for in vain"))
        return self._primary.of(question)


class Revisions:
    """Asks *engine*'s database. There are as many connections as threads ask at once; they are
    closed when the engine is disposed of."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._asked: Engine | None = None
        self._idle: list[Any] = []

    def of(self, question: Question) -> Answer | None:
        """What the database says to *question*, 0 for a thread that nobody has written in;
        ``None`` when it does not answer."""
        engine = self._asked or self._first_asked()
        try:
            return self._ask(engine, question)
        except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as error:
            log.warning("revision look-up failed: %s", type(error).__name__)
            # A server that was started anew knows none of the others either.
            self._close_all()
            return None

    def _first_asked(self) -> Engine:
        engine = self._asked = self._engine()
        event.listen(engine, "engine_disposed", lambda _engine: self._close_all())
        return engine

    def _ask(self, engine: Engine, question: Question) -> Answer:
        keys = (question,) if isinstance(question, str) else question
        statement = _statement(engine.dialect.paramstyle, isinstance(question, str), len(keys))
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _open(engine)
        try:
            cursor = connection.cursor()
            cursor.execute(statement, keys)
            rows = cursor.fetchall()
            cursor.close()
        except BaseException:
            connection.close()
            raise
        if _may_keep(engine):
            self._idle.append(connection)
        else:
            connection.close()
        if isinstance(question, str):
            return rows[0][0] if rows else 0
        counts = dict(rows)
        return tuple(counts.get(key, 0) for key in question)

    def _close_all(self) -> None:
        while self._idle:
            self._idle.pop().close()


@cache
def _statement(paramstyle: str, of_one: bool, keys: int) -> str:
    place = "?" if paramstyle == "qmark" else "%s"
    return _REVISION + place if of_one else f"{_COUNTS}({', '.join([place] * keys)})"


def _open(engine: Engine) -> Any:
    connection = engine.raw_connection()
    if not _may_keep(engine):
        return connection
    connection.detach()
    raw: Any = connection.dbapi_connection
    engine.dialect.set_isolation_level(raw, "AUTOCOMMIT")
    return raw


def _may_keep(engine: Engine) -> bool:
    """A database in memory is one connection that all share; some hosts pool elsewhere."""
    return isinstance(engine.pool, QueuePool)

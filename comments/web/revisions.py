"""The revision of a thread, asked for at the least cost.

Every page that is ready rests on this question, so it has connections of its own, outside
transactions: one question, one answer. A checkout of the pool brings a ping, a ``BEGIN`` and a
``ROLLBACK`` along, which on PostgreSQL cost seven times as much.
"""

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.exc import SQLAlchemyError

from comments.replica import Replica

log = logging.getLogger("comments.front")

_QUESTION = "SELECT revision FROM comments_threads WHERE key = "


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

    def of(self, key: str) -> int | None:
        """As :meth:`Revisions.of`."""
        replica = self._replica
        if replica is not None and self._of_replica and replica.is_there():
            found = self._of_replica.of(key)
            if found is not None:
                replica.answered()
                return found
            replica.failed(ConnectionError("a revision was asked for in vain"))
        return self._primary.of(key)


class Revisions:
    """Asks *engine*'s database. There are as many connections as threads ask at once; they are
    closed when the engine is disposed of."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._asked: Engine | None = None
        self._idle: list[Any] = []

    def of(self, key: str) -> int | None:
        """The revision of the thread *key*, 0 while nobody has written in it; ``None`` when the
        database does not answer."""
        engine = self._asked or self._first_asked()
        try:
            return self._ask(engine, key)
        except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as error:
            log.warning("revision look-up failed: %s", type(error).__name__)
            # A server that was started anew knows none of the others either.
            self._close_all()
            return None

    def _first_asked(self) -> Engine:
        engine = self._asked = self._engine()
        event.listen(engine, "engine_disposed", lambda _engine: self._close_all())
        return engine

    def _ask(self, engine: Engine, key: str) -> int:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _open(engine)
        try:
            cursor = connection.cursor()
            cursor.execute(
                _QUESTION + ("?" if engine.dialect.paramstyle == "qmark" else "%s"), (key,)
            )
            row = cursor.fetchone()
            cursor.close()
        except BaseException:
            connection.close()
            raise
        if _may_keep(engine):
            self._idle.append(connection)
        else:
            connection.close()
        return row[0] if row else 0

    def _close_all(self) -> None:
        while self._idle:
            self._idle.pop().close()


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

"""The revision of a thread, asked for at the least cost.

Every page that is ready rests on this question, so it has connections of its own, outside
transactions: one question, one answer. A checkout of the pool brings a ping, a ``BEGIN`` and a
``ROLLBACK`` along, which on PostgreSQL cost seven times as much.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.exc import SQLAlchemyError

from comments.replica import Replica

log = logging.getLogger("comments.front")

_REVISION = "SELECT revision FROM comments_threads WHERE key = {0}"
#: Each vote leaves a row with its revision behind.
_VOTES = (
    "SELECT count(*) FROM comments_score_steps WHERE revision > {0} AND thread_id = "
    "(SELECT id FROM comments_threads WHERE key = {0})"
)

#: How long a reader waits for one of the connections when all are asking, and for how long nobody
#: does when that was in vain.
WAIT_SECONDS = 0.5
HANGING_SECONDS = 1.0


class ReadersRevisions:
    """Asks the *replica* that readers are answered from, or the primary where there is none.

    A kept page is true for the database that it was read from. What the replica does not know
    yet is not asked for: a page of the primary's is then no longer given, a page of the replica's
    is, and both are right.
    """

    def __init__(
        self, engine: Callable[[], Engine], replica: Replica | None, most: int | None = None
    ) -> None:
        self._primary = Revisions(engine, most)
        self._replica = replica
        self._of_replica = replica and Revisions(lambda: replica.engine, most)

    def of(self, key: str) -> int | None:
        """As :meth:`Revisions.of`."""
        return self._asked(lambda revisions: revisions.of(key))

    def votes_since(self, key: str, revision: int) -> int | None:
        """As :meth:`Revisions.votes_since`."""
        return self._asked(lambda revisions: revisions.votes_since(key, revision))

    def _asked(self, ask: Callable[["Revisions"], int | None]) -> int | None:
        replica = self._replica
        if replica is not None and self._of_replica and replica.is_there():
            found = ask(self._of_replica)
            if found is not None:
                replica.answered()
                return found
            replica.failed(ConnectionError("a revision was asked for in vain"))
        return ask(self._primary)


class Revisions:
    """Asks *engine*'s database, over as many connections as threads ask at once, but no more than
    *most*: a database that hangs then holds those and leaves the other threads alone. They are
    closed when the engine is disposed of."""

    def __init__(self, engine: Callable[[], Engine], most: int | None = None) -> None:
        self._engine = engine
        self._most = most
        self._asked: Engine | None = None
        self._idle: SimpleQueue[Any] = SimpleQueue()
        self._made = 0
        self._lock = Lock()
        self._hangs_until = float("-inf")

    def of(self, key: str) -> int | None:
        """The revision of the thread *key*, 0 while nobody has written in it; ``None`` when the
        database does not answer."""
        return self._answer(_REVISION, key)

    def votes_since(self, key: str, revision: int) -> int | None:
        """How many of the changes of the thread *key* after *revision* are votes."""
        return self._answer(_VOTES, revision, key)

    def _answer(self, question: str, *about: str | int) -> int | None:
        engine = self._asked or self._first_asked()
        try:
            connection = self._take(engine)
            return None if connection is None else self._ask(engine, connection, question, about)
        except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as error:
            log.warning("revision look-up failed: %s", type(error).__name__)
            # A server that was started anew knows none of the others either.
            self._close_all()
            return None

    def _first_asked(self) -> Engine:
        engine = self._asked = self._engine()
        event.listen(engine, "engine_disposed", lambda _engine: self._close_all())
        return engine

    def _take(self, engine: Engine) -> Any:
        """A connection of one's own; ``None`` when all hang."""
        with suppress(Empty):
            return self._idle.get_nowait()
        with self._lock:
            may_open = self._most is None or self._made < self._most
            self._made += may_open
        if not may_open:
            return self._wait()
        try:
            return _open(engine)
        except BaseException:
            self._forget()
            raise

    def _wait(self) -> Any:
        patience = WAIT_SECONDS if time.monotonic() >= self._hangs_until else 0
        try:
            return self._idle.get(timeout=patience)
        except Empty:
            # The next ones do not find this out again.
            self._hangs_until = time.monotonic() + HANGING_SECONDS
            return None

    def _ask(
        self, engine: Engine, connection: Any, question: str, about: tuple[str | int, ...]
    ) -> int:
        try:
            cursor = connection.cursor()
            mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"
            cursor.execute(question.format(mark), about)
            row = cursor.fetchone()
            cursor.close()
        except BaseException:
            self._close(connection)
            raise
        if _may_keep(engine):
            self._idle.put(connection)
        else:
            self._close(connection)
        return row[0] if row else 0

    def _close_all(self) -> None:
        with suppress(Empty):
            while True:
                self._close(self._idle.get_nowait())

    def _close(self, connection: Any) -> None:
        self._forget()
        connection.close()

    def _forget(self) -> None:
        with self._lock:
            self._made -= 1


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

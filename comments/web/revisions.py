"""The revision of a thread, asked for at the least cost.

Every page that is ready rests on this question, so it has connections of its own, outside
transactions: one question, one answer. A checkout of the pool brings a ping, a ``BEGIN`` and a
``ROLLBACK`` along, which on PostgreSQL cost seven times as much.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import count
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from sqlalchemy import Engine, QueuePool, event
from sqlalchemy.exc import SQLAlchemyError

from comments.replica import Replica
from comments.web.log_index import Head, LogIndex, watched

log = logging.getLogger("comments.front")

#: What the database is asked about: a thread's revision, by its key, or how many comments several
#: threads have, by theirs.
Question = str | tuple[str, ...]
Answer = int | tuple[int, ...]

_REVISION = "SELECT revision FROM comments_threads WHERE key = {0}"
# An old key's thread has been merged into another one, whose number it is.
_COUNTS = (
    "SELECT named.key, coalesce(target.count, named.count) FROM comments_threads AS named"
    " LEFT JOIN comments_threads AS target ON target.id = named.merged_into_id"
    " WHERE named.key IN "
)
#: Each vote leaves a row with its revision behind.
_VOTES = (
    "SELECT count(*) FROM comments_score_steps WHERE revision > {0} AND revision <= {0}"
    " AND thread_id = "
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

    def of(self, question: Question) -> Answer | None:
        """As :meth:`Revisions.of`."""
        found: Answer | None = self._asked(lambda revisions: revisions.of(question))
        return found

    def head(self) -> Head | None:
        """As :meth:`Revisions.head`; no database that has a replica has one."""
        return self._primary.head()

    def votes_between(self, key: str, after: int, last: int) -> int | None:
        """As :meth:`Revisions.votes_between`."""
        found: int | None = self._asked(lambda asked: asked.votes_between(key, after, last))
        return found

    def _asked(self, ask: Callable[["Revisions"], Any]) -> Any:
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
        self._openings = count()
        self._watched_by: tuple[int, LogIndex] | None = None

    def head(self) -> Head | None:
        """What stays the same for as long as nobody writes anything to the database, in any
        process, and all answers with it; ``None`` where that cannot be seen."""
        watched_by = self._watched_by
        if watched_by is None:
            return None
        opening, log_index = watched_by
        return opening, log_index.head()

    def of(self, question: Question) -> Answer | None:
        """What the database says to *question*, 0 for a thread that nobody has written in;
        ``None`` when it does not answer."""
        if isinstance(question, str):
            rows = self._rows(_REVISION, question)
            if rows is None:
                return None
            return int(rows[0][0]) if rows else 0
        rows = self._rows(_of_several(len(question)), *question)
        if rows is None:
            return None
        counts = dict(rows)
        return tuple(counts.get(key, 0) for key in question)

    def votes_between(self, key: str, after: int, last: int) -> int | None:
        """How many of the changes of the thread *key* after one revision, up to another, are votes.

        Of those that come while this is asked none stands in for a change that is no vote.
        """
        rows = self._rows(_VOTES, after, last, key)
        return None if rows is None else int(rows[0][0])

    def _rows(self, question: str, *about: str | int) -> list[Any] | None:
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
        if engine.dialect.name == "sqlite":
            # It answers in microseconds and lets go of the interpreter meanwhile; threads that do
            # so at once spend ten times that on handing it to one another.
            self._most = 1
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
            connection = _open(engine)
        except BaseException:
            self._forget()
            raise
        if _may_watch(engine):
            self._watch(connection)
        return connection

    def _watch(self, connection: Any) -> None:
        try:
            log_index = watched(connection)
        except BaseException:
            self._close(connection)
            raise
        self._watched_by = (next(self._openings), log_index) if log_index else None

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
    ) -> list[Any]:
        try:
            cursor = connection.cursor()
            cursor.execute(_spelled(question, engine.dialect.paramstyle), about)
            rows: list[Any] = cursor.fetchall()
            cursor.close()
        except BaseException:
            self._close(connection)
            raise
        if _may_keep(engine):
            self._idle.put(connection)
        else:
            self._close(connection)
        return rows

    def _close_all(self) -> None:
        with suppress(Empty):
            while True:
                self._close(self._idle.get_nowait())

    def _close(self, connection: Any) -> None:
        # Without a connection of ours the file may be made anew, and we would look at the old one.
        self._watched_by = None
        self._forget()
        connection.close()

    def _forget(self) -> None:
        with self._lock:
            self._made -= 1


@cache
def _of_several(keys: int) -> str:
    return f"{_COUNTS}({', '.join(['{0}'] * keys)})"


@cache
def _spelled(question: str, paramstyle: str) -> str:
    return question.format("?" if paramstyle == "qmark" else "%s")


def _open(engine: Engine) -> Any:
    connection = engine.raw_connection()
    if not _may_keep(engine):
        return connection
    connection.detach()
    raw: Any = connection.dbapi_connection
    engine.dialect.set_isolation_level(raw, "AUTOCOMMIT")
    return raw


def _may_watch(engine: Engine) -> bool:
    """A plain file of SQLite's, opened as it opens them unless told otherwise."""
    url = engine.url
    is_plain = not url.query and not (url.database or "").startswith("file:")
    return engine.dialect.name == "sqlite" and is_plain and _may_keep(engine)


def _may_keep(engine: Engine) -> bool:
    """A database in memory is one connection that all share; some hosts pool elsewhere."""
    return isinstance(engine.pool, QueuePool)

"""Where the counters of the rate limits live by default: one table of the comments database.

All processes of a site then share them without another server. Flask-Limiter finds this storage
under the scheme ``comments-database://`` and uses it with fixed windows: a window begins with
its first hit and has one end, so that a refusal can say truthfully when it is over.

**Never hit a counter while the same request holds SQLite's write lock**: the counter is written
on another connection, which would wait for that lock until the busy timeout. The limit is
checked first, before ``database.begin_write``, or counted :meth:`~DatabaseStorage.within` the very
transaction that holds the lock.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from limits.storage import Storage
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Double,
    Engine,
    Executable,
    Integer,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    create_engine,
    delete,
    event,
    exists,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool, SingletonThreadPool, StaticPool

from comments import spelled, turns
from comments.database import BUSY_SECONDS, dialect_insert
from comments.models import TABLE_PREFIX, metadata

log = logging.getLogger("comments.limits")

SCHEME = "comments-database"

#: Each hit leaves at most one row, so a sweep takes away more than came since the last one.
SWEEP_EVERY = 200
SWEEP_ROWS = 1000

counters = Table(
    f"{TABLE_PREFIX}limit_counters",
    metadata,
    # What is limited and for whom; the whom is a keyed hash or an author's id.
    Column("key", Text, primary_key=True),
    Column("hits", Integer, nullable=False),
    # Seconds since the epoch. From then on the row means nothing.
    Column("expires_at", Double, nullable=False, index=True),
)

# Built once: building a statement costs as much as running it.
_OF_KEY = counters.c.key == bindparam("counter")
_HITS = select(counters.c.hits).where(_OF_KEY, counters.c.expires_at > bindparam("now"))
_END = select(counters.c.expires_at).where(_OF_KEY)


class Window(NamedTuple):
    """How often may be hit within so many seconds what is counted under a key."""

    key: str
    most: int
    seconds: int


class DatabaseStorage(Storage):
    """Fixed-window counters in SQL, each hit one statement, and one transaction of its own unless
    it is counted :meth:`within` another.

    *engine* is asked for at the first hit; *clock* gives seconds since the epoch. *patience* is
    how long, in seconds, a hit waits for its turn to write.
    """

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - declared so by limits

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,
        *,
        engine: Callable[[], Engine],
        clock: Callable[[], float] = time.time,
        sweep_every: int = SWEEP_EVERY,
        patience: float = BUSY_SECONDS,
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._given = engine
        self._clock = clock
        self._sweep_every = sweep_every
        self._hits = count()
        self._is_due = False
        self._patience = patience
        self._own: Engine | None = None
        self._lock = threading.Lock()
        self._given_to = threading.local()

    @property
    def base_exceptions(self) -> type[Exception]:
        return SQLAlchemyError

    @property
    def is_shared(self) -> bool:
        """Whether the counters are in the comments' own database, and not in one beside it."""
        return not _is_one_connection(self._given())

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._clock()
        values = {"counter": key, "amount": amount, "now": now, "until": now + expiry}
        with self._connect() as connection, self._turn(connection):
            statement = _hit(connection.dialect.name)
            hits: int = spelled.run(connection, statement, values)[0][0]
        self._sweep_sometimes()
        return hits

    def hit_each(self, windows: Sequence[Window]) -> bool:
        """Count once in each of *windows*, or in none where one of them is full; one statement.

        Tells whether it was counted. Of many at once some may be counted beyond what fits: they
        are told so as well.
        """
        now = self._clock()
        values: dict[str, Any] = {"now": now}
        for number, (key, most, seconds) in enumerate(windows):
            values |= {f"counter{number}": key, f"most{number}": most}
            values |= {f"until{number}": now + seconds}
        with self._connect() as connection, self._turn(connection):
            statement = _hits(connection.dialect.name, len(windows))
            counted: dict[str, int] = dict(spelled.run(connection, statement, values))
        if counted:
            self._sweep_sometimes()
        return all(counted.get(window.key, window.most + 1) <= window.most for window in windows)

    def get(self, key: str) -> int:
        with self._connect() as connection:
            return connection.scalar(_HITS, {"counter": key, "now": self._clock()}) or 0

    def get_expiry(self, key: str) -> float:
        now = self._clock()
        with self._connect() as connection:
            return max(now, connection.scalar(_END, {"counter": key}) or now)

    def check(self) -> bool:
        # The table itself is asked for: a database that lost it cannot count either.
        try:
            with self._connect() as connection:
                connection.execute(select(counters.c.key).limit(1)).all()
        except SQLAlchemyError as error:
            log.warning("rate limits are counted in memory, by each process alone: %s", error)
            return False
        return True

    def reset(self) -> int:
        with self._connect() as connection:
            return connection.execute(delete(counters)).rowcount

    def clear(self, key: str) -> None:
        with self._connect() as connection:
            connection.execute(delete(counters).where(counters.c.key == key))

    def sweep(self) -> int:
        """Delete expired rows, a bounded number; tells how many."""
        # Two sweeps at once must not wait for each other's rows in opposite orders; SQLite, with
        # its one writer, leaves the locking clause out.
        expired = (
            select(counters.c.key)
            .where(counters.c.expires_at <= self._clock())
            .limit(SWEEP_ROWS)
            .with_for_update(skip_locked=True)
        )
        with self._connect() as connection:
            return connection.execute(delete(counters).where(counters.c.key.in_(expired))).rowcount

    def _sweep_sometimes(self) -> None:
        # The first hit sweeps too: a process that is restarted often would never reach the next.
        if next(self._hits) % self._sweep_every == 0:
            self._is_due = True
        if self._given_connection() is None:
            self.sweep_if_due()

    def sweep_if_due(self) -> None:
        """Sweep now and then; in a transaction that holds a thread, never: somebody who waits for
        that thread may hold one of the rows."""
        if self._is_due:
            self._is_due = False
            self.sweep()

    def close(self) -> None:
        """Give the connections back; the next hit opens new ones."""
        with self._lock:
            if self._own is not None:
                self._own.dispose()
                self._own = None

    @contextmanager
    def within(self, connection: Connection) -> Iterator[None]:
        """This thread counts on *connection*, in the transaction that it has begun for writing."""
        self._given_to.connection = connection
        try:
            yield
        finally:
            self._given_to.connection = None

    def _turn(self, connection: Connection) -> AbstractContextManager[None]:
        """Others of ours that write to the same file are let go first."""
        if self._given_connection() is not None:
            return nullcontext()
        on_sqlite = connection.dialect.name == "sqlite"
        file = connection.engine.url.database if on_sqlite else None
        return turns.waited(file, self._patience)

    def _given_connection(self) -> Connection | None:
        return getattr(self._given_to, "connection", None)

    def _connect(self) -> AbstractContextManager[Connection]:
        given = self._given_connection()
        if given is not None:
            return nullcontext(given)
        with self._lock:
            if self._own is None:
                self._own = _own_engine(self._given())
            engine = self._own
        return engine.connect()


def _own_engine(given: Engine) -> Engine:
    """An engine on the same database with connections of its own, each statement committed.

    The request already holds a connection of the *given* pool. When as many threads as the pool
    has places each wait for a second one, nobody moves until the pool's timeout.
    """
    if _is_one_connection(given):
        return _private_engine()
    engine = create_engine(
        given.url,
        module=given.dialect.dbapi,
        pool=given.pool.recreate(),
        isolation_level="AUTOCOMMIT",
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _do_not_wait_for_the_disk)
    return engine


def _is_one_connection(engine: Engine) -> bool:
    return isinstance(engine.pool, (SingletonThreadPool, StaticPool))


def _do_not_wait_for_the_disk(connection: Any, _record: object) -> None:
    """A power cut may take counters along, and a hit takes a tenth of the time.

    Only in the write-ahead log, where this cannot damage the file and the next comment's commit
    still brings everything before it to the disk.
    """
    cursor = connection.cursor()
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _private_engine() -> Engine:
    """Counters for a host whose database is one connection, such as SQLite in memory.

    A commit of ours on that connection would commit what the host has begun. Such a database
    belongs to one process anyway, and so do these counters.
    """
    engine = create_engine(
        "sqlite://",
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        connect_args={"check_same_thread": False},
        isolation_level="AUTOCOMMIT",
    )
    counters.create(engine)
    return engine


@lru_cache(maxsize=2)
def _hit(dialect: str) -> Executable:
    """One statement that begins a window or counts in it, whoever else does the same now.

    As it begins with the write, SQLite queues it behind other writers instead of refusing it.
    """
    begun = dialect_insert(dialect, counters).values(
        key=bindparam("counter"), hits=bindparam("amount"), expires_at=bindparam("until")
    )
    statement: Executable = _counted_on(begun).returning(counters.c.hits)
    return statement


@lru_cache(maxsize=8)
def _hits(dialect: str, windows: int) -> Executable:
    """The same for several at once, and for none of them where one is full."""
    full = exists().where(or_(*map(_is_full, range(windows)))).correlate(None)
    rows = (_begun(number).where(~full) for number in range(windows))
    begun = dialect_insert(dialect, counters).from_select(counters.c.keys(), union_all(*rows))
    statement: Executable = _counted_on(begun).returning(counters.c.key, counters.c.hits)
    return statement


def _begun(number: int) -> Select[*tuple[Any, ...]]:
    """The row that begins a window."""
    key = bindparam(f"counter{number}", type_=counters.c.key.type)
    return select(key, literal(1), bindparam(f"until{number}", type_=counters.c.expires_at.type))


def _is_full(number: int) -> ColumnElement[bool]:
    """Whether there is a row of a window that is not over and in which no more has room."""
    of_it = counters.c.key == bindparam(f"counter{number}")
    still = counters.c.expires_at > bindparam("now")
    return and_(of_it, still, counters.c.hits >= bindparam(f"most{number}"))


def _counted_on(begun: Any) -> Any:
    """*begun*, or one hit more where the window has begun and is not over."""
    is_over = counters.c.expires_at <= bindparam("now")
    return begun.on_conflict_do_update(
        index_elements=[counters.c.key],
        set_={
            "hits": case(
                (is_over, begun.excluded.hits), else_=counters.c.hits + begun.excluded.hits
            ),
            "expires_at": case((is_over, begun.excluded.expires_at), else_=counters.c.expires_at),
        },
    )

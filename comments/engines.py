"""The service's own engine: what it asks of a SQLite file or a PostgreSQL, and how long it waits.

A plugin works on the engine of its host, whatever that asks.
"""

import logging
import sqlite3
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

from comments.database import BUSY_SECONDS

log = logging.getLogger("comments.engines")

#: A PostgreSQL that takes no connection within this many seconds counts as gone, and so does one
#: to which what was sent is not received for twice as long.
CONNECT_SECONDS = 5
#: Seconds for which a request waits for a connection that others hold.
POOL_SECONDS = 5
#: The write-ahead log is used from this SQLite on: before, two connections that write and move it
#: into the database at once can corrupt that.
WAL_SINCE = (3, 51, 3)


def create(uri: str) -> Engine:
    """An engine for *uri* as the service has it."""
    engine = create_engine(uri, **options(uri))
    prepare(engine)
    return engine


def options(uri: str, at_once: int = 0) -> dict[str, Any]:
    """``create_engine`` options of the service for *uri*, which works on *at_once* requests."""
    # A statement that fails is logged, and its values are what somebody wrote.
    chosen: dict[str, Any] = {"hide_parameters": True}
    url = make_url(uri)
    if at_once and url.database not in (None, "", ":memory:"):
        # Nobody who may work waits for a connection; what is beyond them is for letters and hooks.
        chosen |= {"pool_size": at_once, "max_overflow": 10, "pool_timeout": POOL_SECONDS}
    if url.get_backend_name() == "sqlite":
        timeout = {"timeout": BUSY_SECONDS}
        return chosen | {"module": sqlite_module(), "connect_args": timeout}
    patience = {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": 2000 * CONNECT_SECONDS}
    # What the owner has written into the address is known better there.
    patience = {name: value for name, value in patience.items() if name not in url.query}
    return chosen | {"pool_pre_ping": True, "connect_args": patience}


def prepare(engine: Engine) -> None:
    """Give every connection of the service's own *engine* the settings it relies on."""
    if engine.dialect.name != "sqlite":
        return
    version: tuple[int, ...] = engine.dialect.dbapi.sqlite_version_info  # type: ignore[union-attr]
    journal = "WAL" if version >= WAL_SINCE else "DELETE"
    log.info("SQLite %s, journal %s", ".".join(map(str, version)), journal)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        # Every connection sets it: a file written by a newer library comes back from WAL too.
        cursor.execute(f"PRAGMA journal_mode={journal}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        # Half of what SQLite takes unasked, in KiB: there is a connection for every thread, and
        # what falls out is in the system's memory still.
        cursor.execute("PRAGMA cache_size=-1000")
        cursor.close()


def sqlite_module() -> ModuleType:
    """The newest SQLite at hand: the one ``pysqlite3`` brings, or Python's own."""
    try:
        # why: an optional extra; without it Python's own library serves
        import pysqlite3.dbapi2 as brought
    except ImportError:
        return sqlite3
    return brought if brought.sqlite_version_info > sqlite3.sqlite_version_info else sqlite3

"""A read replica: a copy of the PostgreSQL database that follows it and answers the readers.

It may lag behind and it may go away. Neither is anybody's error: while it is away readers are
answered from the primary, and once in a few seconds one of them finds out whether it is back.
"""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from comments import engines
from comments.errors import ConfigError

log = logging.getLogger("comments.replica")

#: How long the primary answers alone before the replica is asked again.
AWAY_SECONDS = 5
#: How long a reader waits for a connection to it, and for a connection that went silent.
CONNECT_SECONDS = 2
SILENT_MILLISECONDS = 3000

_NO_REPLICA = (
    "COMMENTS_DATABASE_READ_URI is (not shown); it must be the address of a PostgreSQL replica, "
    "such as postgresql+psycopg://replica/name."
)
_NOT_OF_SQLITE = (
    "COMMENTS_DATABASE_READ_URI is set, but the comments are kept in SQLite, which has no "
    "replicas; they must be in PostgreSQL, or the setting must go."
)


class Replica:
    """The replica at *uri*, whether it is there, and the engine that asks it.

    Nothing is ever written through it: a PostgreSQL that follows another one refuses that.
    """

    def __init__(self, uri: str, clock: Callable[[], float] = time.monotonic) -> None:
        uri = address(uri)
        self.engine = create_engine(uri, **_options(uri))
        self._clock = clock
        self._lock = Lock()
        self._is_away = False
        self._ask_again_at = 0.0

    def is_there(self) -> bool:
        """Whether to ask it. While it is away that is true for one reader in a few seconds."""
        if not self._is_away:
            return True
        with self._lock:
            if self._clock() < self._ask_again_at:
                return False
            self._ask_again_at = self._clock() + AWAY_SECONDS
            return True

    def answered(self) -> None:
        if self._is_away:
            self._is_away = False
            log.info("the read replica answers again")

    def failed(self, error: BaseException) -> None:
        """It did not answer, or not as a replica of ours would."""
        if not self._is_away:
            words = str(getattr(error, "orig", None) or error).partition("\n")[0]
            log.warning("the read replica does not answer, the primary does: %s", words)
        self._ask_again_at = self._clock() + AWAY_SECONDS
        self._is_away = True


def address(uri: str) -> str:
    """*uri* with the driver that we use. Raises ``ConfigError`` for anything but PostgreSQL."""
    try:
        url = make_url(uri)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        fits = url.get_dialect().name == "postgresql"
    except (ArgumentError, ValueError):
        fits = False
    if not fits:
        raise ConfigError(_NO_REPLICA)
    return url.render_as_string(hide_password=False)


def check_primary(uri: str) -> None:
    """Raises ``ConfigError`` for a database that can have no replica."""
    if uri.startswith("sqlite"):
        raise ConfigError(_NOT_OF_SQLITE)


def _options(uri: str) -> dict[str, Any]:
    # No ping before a question: what fails is asked of the primary. And no transaction around it:
    # each statement sees what has arrived by then, as on the primary.
    return {
        **engines.options(uri),
        "pool_pre_ping": False,
        "isolation_level": "AUTOCOMMIT",
        "pool_timeout": CONNECT_SECONDS,
        "connect_args": {
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": SILENT_MILLISECONDS,
        },
    }

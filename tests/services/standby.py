"""A PostgreSQL that follows another one by streaming replication, as far as a test lets it."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, make_url

from tests.services.memory import memory
from tests.services.ports import free_port
from tests.services.postgres import Postgres, accepts, plain, run_as
from tests.services.process import Process
from tests.services.tools import PROJECT

#: What is run here is what a stranger would run.
EXAMPLE = PROJECT / "examples" / "replica"

_PATIENCE_SECONDS = 30
_POLL_SECONDS = 0.01
#: "pause requested" is what it says until it has come to rest.
_STATE = "SELECT pg_get_wal_replay_pause_state()"


class Standby:
    """A replica of *primary*, whose databases it has under the same names."""

    def __init__(self, primary: Postgres) -> None:
        self._primary = primary.address
        programs, user = primary.programs, primary.user
        self._folder = folder = Path(tempfile.mkdtemp(prefix="comments-standby-", dir=memory()))
        if user is not None:
            shutil.chown(folder, user)
        data, port = folder / "data", free_port()
        source = plain(self._primary)
        words = {"PRIMARY": source, "DATA": str(data), "PATH": f"{programs}:{os.environ['PATH']}"}
        given = [f"{name}={value}" for name, value in words.items()]
        # Its text: whoever PostgreSQL runs as may not reach the project's folder.
        run_as(user, ["env", *given, "sh", "-c", (EXAMPLE / "follow.sh").read_text()])
        self.address = self._primary.set(port=port)
        self.port = port
        self._process = Process(
            [str(programs / "postgres"), "-D", str(data), "-p", str(port), *primary.options()],
            log=folder / "log",
            ready=lambda: accepts(self.address),
            user=user,
            goodbye=signal.SIGINT,
        )

    def uri(self, primary_uri: str) -> str:
        """The address here of what is at *primary_uri* there."""
        name = make_url(primary_uri).database
        return self.address.set(database=name).render_as_string(hide_password=False)

    def pause(self) -> None:
        """From here on it lags: what the primary sends is kept and not shown."""
        self._asks(self.address, "SELECT pg_wal_replay_pause()")
        self._wait(lambda: self._asks(self.address, _STATE) == "paused")

    def catch_up(self) -> None:
        """Go on, until it shows all that the primary has."""
        self._asks(self.address, "SELECT pg_wal_replay_resume()")
        there = self._asks(self._primary, "SELECT pg_current_wal_lsn()")
        shown = f"SELECT pg_last_wal_replay_lsn() >= '{there}'"
        self._wait(lambda: bool(self._asks(self.address, shown)))

    def stop(self) -> None:
        self._process.stop()
        shutil.rmtree(self._folder)

    def _asks(self, address: URL, question: str) -> Any:
        with psycopg.connect(plain(address), autocommit=True) as connection:
            row = connection.execute(question).fetchone()
        return row[0] if row else None

    def _wait(self, until: Callable[[], bool]) -> None:
        # Counted, not timed: a test may have stopped the clock.
        for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
            if until():
                return
            time.sleep(_POLL_SECONDS)
        raise RuntimeError("the standby does not follow")

"""A thread of the service that delivers what commits have put into the outbox."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Lock, Thread

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comments.config import Settings
from comments.notify.outbox import deliver

log = logging.getLogger("comments.notify")

#: Looked for without being woken: what another process wrote, and what waits for its next try.
EVERY_SECONDS = 60.0


class Postman:
    """Delivers in a thread of its own, which begins with the first call of :meth:`start`."""

    def __init__(self, engine: Callable[[], Engine], settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._lock = Lock()
        self._thread: Thread | None = None
        self._woken = Event()
        self._stopped = False

    def start(self) -> None:
        with self._lock:
            if self._thread is None and not self._stopped:
                self._thread = Thread(target=self.run, name="comments-postman", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """There is a letter."""
        self._woken.set()

    def stop(self) -> None:
        """End after the letter in hand."""
        with self._lock:
            self._stopped = True
            thread = self._thread
        self._woken.set()
        if thread is not None:
            thread.join()

    def run(self) -> None:
        """Deliver until told to stop, in the thread that calls this."""
        while not self._stopped:
            self._deliver()
            self._woken.wait(EVERY_SECONDS)
            self._woken.clear()

    def _deliver(self) -> None:
        try:
            with Session(self._engine()) as session:
                deliver(session, self._settings, datetime.now(UTC))
        except Exception as trouble:  # noqa: BLE001 - the thread must live to try again
            # Without its words: they may hold an address, or the link in a letter.
            log.error("the outbox was not emptied: %s", type(trouble).__name__)

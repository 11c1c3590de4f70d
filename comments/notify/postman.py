"""A thread of the service that delivers what commits have put into the outbox."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Lock, Thread

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comments.config import Settings
from comments.keys import Keys
from comments.notify.delivery import deliver
from comments.notify.digests import count_stranded, gather

log = logging.getLogger("comments.notify")

#: Looked for without being woken: what another process wrote, what waits for its next try, and
#: what was gathered for long enough. Nothing is written then unless there is something.
EVERY_SECONDS = 20.0

STRANDED = (
    "Some subscribers are owed a mail, and nothing tells under which address readers reach the "
    "comments: set COMMENTS_URL. Their mail waits until then."
)


class Postman:
    """Delivers in a thread of its own, which begins with the first call of :meth:`start`."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        settings: Settings,
        keys: Keys,
        told: Callable[[int, int], None] | None = None,
    ) -> None:
        """*told* is called after each round that did something, with how many letters to
        subscribers were written and how many of all were sent."""
        self._engine = engine
        self._settings = settings
        self._keys = keys
        self._told = told
        self._warned = False
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
                self._warn_once(session)
                written = gather(session, self._settings, datetime.now(UTC))
                sent = deliver(session, self._settings, self._keys, datetime.now(UTC))
            if self._told and (written or sent):
                self._told(written, sent)
        except Exception as trouble:  # noqa: BLE001 - the thread must live to try again
            # Without its words: they may hold an address, or the link in a letter.
            log.error("the outbox was not emptied: %s", type(trouble).__name__)

    def _warn_once(self, session: Session) -> None:
        if not self._warned and self._settings.url is None and count_stranded(session):
            self._warned = True
            log.warning(STRANDED)

"""A thread that does its work again and again: when it is woken, and every now and then."""

import logging
from abc import ABC, abstractmethod
from threading import Event, Lock, Thread

log = logging.getLogger("comments.notify")

#: Looked for without being woken: what another process wrote, what waits for its next try, and
#: what was gathered for long enough. Nothing is written then unless there is something.
EVERY_SECONDS = 20.0


class Rounds(ABC):
    """Works in a thread of its own, which begins with the first call of :meth:`start`."""

    name = "comments-rounds"

    def __init__(self) -> None:
        self._lock = Lock()
        self._thread: Thread | None = None
        self._woken = Event()
        self._stopped = False

    @abstractmethod
    def work(self) -> None:
        """One round."""

    def start(self) -> None:
        with self._lock:
            if self._thread is None and not self._stopped:
                self._thread = Thread(target=self.run, name=self.name, daemon=True)
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
            try:
                self.work()
            except Exception as trouble:  # noqa: BLE001 - the thread must live to try again
                # Without its words: they may hold an address, or the link in a letter.
                log.error("the outbox was not emptied: %s", type(trouble).__name__)
            self._woken.wait(EVERY_SECONDS)
            self._woken.clear()

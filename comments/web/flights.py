"""Who makes a page that several wait for: one of them, and the others get what it made.

After a new comment everybody who reads a busy thread asks for the same page at once. Made by each
of them it would be the same bytes, and the process would do nothing else.
"""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Event, Lock


class Flights:
    """The pages that are being made in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: dict[Hashable, Event] = {}

    @contextmanager
    def joined(self, place: Hashable, patience: float) -> Iterator[bool]:
        """Gives ``True`` to who is to make the page at *place*; the others come in when it has
        been made, or could not be, or after so many seconds."""
        with self._lock:
            made = self._under_way.get(place)
            if made is None:
                self._under_way[place] = landed = Event()
        if made is not None:
            made.wait(patience)
            yield False
            return
        try:
            yield True
        finally:
            with self._lock:
                del self._under_way[place]
            landed.set()

"""Who makes a page that several wait for: one of them, and the others get what it made.

After a new comment everybody who reads a busy thread asks for the same page at once. Made by each
of them it would be the same bytes, and the process would do nothing else.
"""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

#: For so many seconds after somebody has waited in vain nobody waits: the server's threads are
#: needed for what does not hang.
HANGING_SECONDS = 5.0


class Flights:
    """The pages that are being made in this process; others wait *patience* seconds for one."""

    def __init__(self, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._clock = clock
        self._hangs_until = float("-inf")
        self._lock = Lock()
        self._under_way: dict[Hashable, Event] = {}

    @contextmanager
    def joined(self, place: Hashable) -> Iterator[bool]:
        """Gives ``True`` to who is to make the page at *place*: the first, and whoever has waited
        in vain. The others come in when it has been made, or could not be."""
        with self._lock:
            made = self._under_way.get(place)
            if made is None:
                self._under_way[place] = landed = Event()
        if made is not None:
            yield not self._waited(made)
            return
        try:
            yield True
        finally:
            with self._lock:
                del self._under_way[place]
            landed.set()

    def is_under_way(self, place: Hashable) -> bool:
        """Whether somebody makes the page at *place* now."""
        return place in self._under_way

    def _waited(self, made: Event) -> bool:
        is_made = made.wait(self._patience if self._clock() >= self._hangs_until else 0)
        if not is_made:
            self._hangs_until = self._clock() + HANGING_SECONDS
        return is_made

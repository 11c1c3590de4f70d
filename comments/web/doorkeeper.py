"""Who is let in when more is asked of a process than it can do at once.

Each kind of request has its share of the places. Who finds none free waits, a better kind before
a worse one; the room to wait in is small and so is everybody's patience, since an answer that
comes late is worth less than a refusal that comes at once.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from threading import Event, Lock


class Kind(IntEnum):
    """What a request is for; of two that wait, the one that stands first here goes first."""

    MODERATING = 0
    READING = 1
    #: What one reader asks about themselves.
    PRIVATE = 2
    WRITING = 3


@dataclass(frozen=True, slots=True)
class Share:
    """Of all places *own* are kept free for a kind, and it never has more than *most*, nor more
    than the same part of the seats."""

    own: int
    most: int


@dataclass(eq=False, slots=True)
class _Waiter:
    called: Event = field(default_factory=Event)
    #: Whether a place was given to it or somebody better took its seat; ``None`` until then.
    admitted: bool | None = None


class Doorkeeper:
    """*places* for those at work, *seats* for those who wait for at most *patience* seconds.

    While nothing has moved for that long, nobody sits down: a database hangs, and every thread of
    the server that waits for it is one less for those who need none.
    """

    def __init__(
        self,
        places: int,
        seats: int,
        patience: float,
        shares: Mapping[Kind, Share] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = places
        self._seats = seats
        self._patience = patience
        self._shares = shares_of(places) if shares is None else shares
        self._busy = dict.fromkeys(Kind, 0)
        self._waiting: dict[Kind, deque[_Waiter]] = {kind: deque() for kind in Kind}
        self._lock = Lock()
        self._clock = clock
        self._moved_at = clock()

    def enter(self, kind: Kind) -> bool:
        """Take a place, perhaps after a wait; whoever gets ``True`` has to :meth:`leave`."""
        with self._lock:
            if self._has_place(kind):
                self._busy[kind] += 1
                self._moved_at = self._clock()
                return True
            if self._clock() - self._moved_at > self._patience or not self._has_seat(kind):
                return False
            waiter = _Waiter()
            self._waiting[kind].append(waiter)
        waiter.called.wait(self._patience)
        with self._lock:
            if waiter.admitted is None:
                self._waiting[kind].remove(waiter)
            return waiter.admitted is True

    def leave(self, kind: Kind) -> None:
        with self._lock:
            self._busy[kind] -= 1
            self._moved_at = self._clock()
            for next_kind, waiting in self._waiting.items():
                while waiting and self._has_place(next_kind):
                    self._busy[next_kind] += 1
                    _call(waiting.popleft(), admitted=True)

    def waiting(self, *kinds: Kind) -> int:
        """How many wait now; of *kinds*, or of all."""
        return sum(len(self._waiting[kind]) for kind in kinds or Kind)

    def _has_place(self, kind: Kind) -> bool:
        busy, share = self._busy, self._shares[kind]
        if busy[kind] < share.own:
            return True
        kept = sum(max(0, self._shares[other].own - busy[other]) for other in Kind if other != kind)
        return busy[kind] < share.most and sum(busy.values()) + kept < self._places

    def _has_seat(self, kind: Kind) -> bool:
        """Whether a seat is free or somebody worse has to give theirs up: the last who came."""
        if self.waiting(kind) * self._places >= self._seats * self._shares[kind].most:
            return False
        if self.waiting() < self._seats:
            return True
        for other in reversed(Kind):
            if other > kind and self._waiting[other]:
                _call(self._waiting[other].pop(), admitted=False)
                return True
        return False


def _call(waiter: _Waiter, *, admitted: bool) -> None:
    waiter.admitted = admitted
    waiter.called.set()


def shares_of(places: int) -> dict[Kind, Share]:
    """How *places* are shared: reading goes first, and nothing stands still for it.

    Writers wait for one another in the database anyway, so half of the places are enough. So they
    are for moderators, who go before readers: anybody may knock where they come in, and may send
    a form as slowly as they like. A quarter is the readers' whatever the others do.
    """
    own = 1 if places > len(Kind) else 0
    half = max(1, places // 2)
    return {
        Kind.MODERATING: Share(own, half),
        Kind.READING: Share(own and places // 4, places),
        Kind.PRIVATE: Share(own, half),
        Kind.WRITING: Share(own, half),
    }

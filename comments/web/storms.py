"""A comment that everybody votes on, and the page it stands on.

Every vote outdates the page. With some hundred a second the page would be drawn for every reader,
each of whom waits for it, to show a score that is another one before it is read. So a page is
drawn anew at once for a few votes, and in a storm of them only every few seconds
(``COMMENTS_PUBLIC_MAX_AGE``, which is how old a score may be in any cache on the way as well).
This is about votes alone: whatever else changes a thread is on its page at once.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

#: Draws in a row before it is a storm: of a quiet thread nobody sees an old score.
AT_ONCE = 4
#: Pages that are remembered; one that is forgotten is drawn at once again.
MOST_PAGES = 1_000


class Storms:
    """How many draws each page has left, one more every *seconds*; with 0 there is no storm."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._clock = clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def may_draw(self, place: Hashable, *, is_drawn: bool = False) -> bool:
        """Whether the page at *place* may be drawn anew because of votes; uses up one draw.

        Not while it *is_drawn* by somebody already: what they make is as new, and who asks
        meanwhile need not wait for it. Two threads that ask at once may use up the same draw.
        """
        if not self._seconds:
            return True
        if is_drawn:
            return False
        now = self._clock()
        left, then = self._left.pop(place, (float(AT_ONCE), now))
        left = min(left + max(0.0, now - then) / self._seconds, AT_ONCE)
        may = left >= 1
        self._left[place] = (left - may, now)
        while len(self._left) > MOST_PAGES:
            self._left.popitem(last=False)
        return may

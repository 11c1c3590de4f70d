"""What somebody is told who did too much: how much that was, and how long they have to wait."""

import math
from dataclasses import replace

from limits import RateLimitItem

from comments.errors import Message, say, say_n
from comments.identity import Author

_WINDOWS: dict[str, Message] = {
    "second": say_n("a second", "%(n)s seconds"),
    "minute": say_n("a minute", "%(n)s minutes"),
    "hour": say_n("an hour", "%(n)s hours"),
    "day": say_n("a day", "%(n)s days"),
    "month": say_n("a month", "%(n)s months"),
    "year": say_n("a year", "%(n)s years"),
}


def too_much(
    counted: Message, again: Message, author: Author, limit: RateLimitItem, seconds: int
) -> Message:
    """What *author* did up to *limit*, *counted*, and in how many *seconds* they can do it again.

    *counted* lacks its number, *again* its ``wait``.
    """
    amount = _counted(counted, limit.amount)
    window = _counted(_WINDOWS[limit.GRANULARITY.name], limit.multiples)
    again = replace(again, params={"wait": _wait(seconds)})
    if author.is_guest:
        # Somebody else in the house may have used it up; "you" would be wrong.
        return say(
            "That was %(amount)s in %(window)s from your network, the most for guests here. "
            "%(again)s",
            amount=amount,
            window=window,
            again=again,
        )
    return say(
        "That was %(amount)s in %(window)s, the most for one reader here. %(again)s",
        amount=amount,
        window=window,
        again=again,
    )


def _wait(seconds: int) -> Message:
    """Rounded up, never down: what it promises holds."""
    if seconds < 120:
        return say_n("%(n)s second", "%(n)s seconds", n=seconds)
    if seconds < 2 * 3600:
        return say_n("%(n)s minute", "%(n)s minutes", n=math.ceil(seconds / 60))
    if seconds < 2 * 86_400:
        return say_n("%(n)s hour", "%(n)s hours", n=math.ceil(seconds / 3600))
    return say_n("%(n)s day", "%(n)s days", n=math.ceil(seconds / 86_400))


def _counted(words: Message, n: int) -> Message:
    return replace(words, params={"n": n})

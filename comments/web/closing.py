"""Threads that close by themselves: what a page may say of it, and for how long it stays true.

Nothing happens in the database when the day comes, so a thread's revision does not tell of it.
"""

from datetime import datetime

from comments import threads
from comments.threads import ThreadFacts
from comments.web.state import current, now


def is_closed(thread: ThreadFacts) -> bool:
    return threads.is_closed(thread, current().settings.close_days, now())


def closes_at(thread: ThreadFacts) -> datetime | None:
    """When *thread* will close by itself or did; ``None`` for what only a moderator changes."""
    if thread.closed_at is not None:
        return None
    return threads.closes_at(thread, current().settings.close_days)

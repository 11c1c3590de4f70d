"""What only an owner can mend is told to the log: a visitor who is refused because of a setting.

The visitor reads a sentence that says nothing of our settings. Each thing is told once in each
process, and since a caller can make up any number of them, only so many are.
"""

import logging

from flask import request

log = logging.getLogger("comments")

#: Things that one process tells, and the characters of what a caller sent that are shown.
MOST_TOLD = 20
MOST_SHOWN = 100


class Told:
    """What one app has told already."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def once(self, sentence: str, given: str) -> None:
        """Log *sentence*, which has a place for what was *given*."""
        shown = repr(given[:MOST_SHOWN])
        told = sentence % shown
        if told not in self._known and len(self._known) < MOST_TOLD:
            self._known.add(told)
            log.warning("%s", told)


def unknown_origin(told: Told, origin: str) -> None:
    """A page of another site has asked, and its reader sees no comments."""
    told.once(
        "A page at %s asked for comments. If it is yours, add it to COMMENTS_ORIGINS.", origin
    )


def unknown_host(told: Told) -> None:
    """We were asked under a name that is not ours."""
    host = request.headers.get("Host", "")
    told.once("Asked as %s. If that is this service, add it to COMMENTS_HOSTS.", host)

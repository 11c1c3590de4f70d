"""What the author of a comment is told about why it is not published.

Where it is safe: a reason that shows how to get past a screen is kept for moderators, and so are
their own remarks. In the database stands the moderators' sentence in English; each is known again
by its first words.
"""

import re

from comments.errors import Message, say
from comments.models import Status

_WAITS = say("It is looked at before it appears.")
_NOT_PUBLISHED = say("It was not published. A moderator can still let it through.")

#: How the moderators' sentence begins, and what the author reads instead.
_TOLD = (
    ("it is this guest's first comment", say("A guest's first comment is read by a moderator.")),
    ("every comment waits", say("Every comment here is read by a moderator first.")),
    (
        "everything in this discussion waits",
        say("Every comment in this discussion is read by a moderator first."),
    ),
    ("it contains a link", say("A comment with a link is read by a moderator first.")),
    (r"it contains \d+ links", say("It contains many links.")),
    ("it contains .* words that are looked at", say("It contains a word that is looked at first.")),
    (
        "it contains .* words that are rejected",
        say("It contains a word that is not published here."),
    ),
    (
        "sent without the small sum",
        say("It came without the small sum that a browser does, so a moderator reads it first."),
    ),
    ("sent sooner than", say("It was sent very quickly, so a moderator reads it first.")),
    ("the same text was sent", say("The same text was sent several times.")),
    (r"reported by \d+", say("Readers have reported it, and a moderator will look at it.")),
)


def told_to_author(status: Status, reason: str) -> Message | None:
    """The sentence for the author of a comment in *status*; ``None`` when there is none to say."""
    if status not in (Status.PENDING, Status.REJECTED, Status.SPAM):
        return None
    otherwise = _WAITS if status is Status.PENDING else _NOT_PUBLISHED
    told = (sentence for beginning, sentence in _TOLD if re.match(beginning, reason, re.DOTALL))
    return next(told, otherwise)

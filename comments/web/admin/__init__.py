"""The moderation views, below ``/admin``: server-rendered, and usable without JavaScript.

Everything here stands behind :func:`door.let_in`. A view is a function of this blueprint in a
module of its own word (queue, discussions, people, …); the frame lists what is there.
"""

from comments.web.admin import (
    discussions,
    log,
    messages,
    moderators,
    overview,
    people,
    queue,
    search,
    undoing,
    words,
)
from comments.web.admin.door import admin

__all__ = [
    "admin",
    "discussions",
    "log",
    "messages",
    "moderators",
    "overview",
    "people",
    "queue",
    "search",
    "undoing",
    "words",
]

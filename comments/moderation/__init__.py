"""What moderators do, and the one door for visibility.

The rooms beside it are named where they are used: ``figures``, ``log``, ``threadlist``, ``words``.
"""

from comments.moderation.actions import Action, facts, note
from comments.moderation.counters import wrong_counters
from comments.moderation.decisions import MAX_PINNED, decide, keep, locked, pin
from comments.moderation.discussions import close, hold, rename
from comments.moderation.merging import alias, merge, release
from comments.moderation.status import set_status, set_status_of_many
from comments.moderation.undo import UNDO_FOR, undo

__all__ = [
    "MAX_PINNED",
    "UNDO_FOR",
    "Action",
    "alias",
    "close",
    "decide",
    "facts",
    "hold",
    "keep",
    "locked",
    "merge",
    "note",
    "pin",
    "release",
    "rename",
    "set_status",
    "set_status_of_many",
    "undo",
    "wrong_counters",
]

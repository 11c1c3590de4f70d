"""What moderators do, and the one door for visibility.

The rooms beside it are named where they are used: ``figures``, ``log``, ``threadlist``, ``words``.
"""

from comments.moderation.actions import Action, facts, note
from comments.moderation.appointing import COMMAND_LINE, give_role, take_role
from comments.moderation.bans import check_not_banned
from comments.moderation.decisions import MAX_PINNED, decide, keep, locked, pin, settle_reports
from comments.moderation.discussions import NAMED, close, hold, rename
from comments.moderation.many import decide_many, keep_many
from comments.moderation.merging import alias, merge, release
from comments.moderation.reach import Sites, check_reach, check_reach_of_all, in_reach, within
from comments.moderation.recent import Done, done, recent
from comments.moderation.status import put_new, set_status, set_status_of_many
from comments.moderation.undo import UNDO_FOR, undo

__all__ = [
    "COMMAND_LINE",
    "MAX_PINNED",
    "NAMED",
    "UNDO_FOR",
    "Action",
    "Done",
    "Sites",
    "alias",
    "check_not_banned",
    "check_reach",
    "check_reach_of_all",
    "close",
    "decide",
    "decide_many",
    "done",
    "facts",
    "give_role",
    "hold",
    "in_reach",
    "keep",
    "keep_many",
    "locked",
    "merge",
    "note",
    "pin",
    "put_new",
    "recent",
    "release",
    "rename",
    "set_status",
    "set_status_of_many",
    "settle_reports",
    "take_role",
    "undo",
    "within",
]

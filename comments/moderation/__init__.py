"""What moderators do, and the one door for visibility."""

from comments.moderation.actions import Action, facts, note
from comments.moderation.bans import check_not_banned
from comments.moderation.counters import wrong_counters
from comments.moderation.decisions import MAX_PINNED, decide, keep, locked, pin, settle_reports
from comments.moderation.discussions import close
from comments.moderation.many import decide_many, keep_many
from comments.moderation.reach import Sites, check_reach, check_reach_of_all, within
from comments.moderation.recent import Done, done, recent
from comments.moderation.status import set_status, set_status_of_many
from comments.moderation.undo import UNDO_FOR, undo

__all__ = [
    "MAX_PINNED",
    "UNDO_FOR",
    "Action",
    "Done",
    "Sites",
    "check_not_banned",
    "check_reach",
    "check_reach_of_all",
    "close",
    "decide",
    "decide_many",
    "done",
    "facts",
    "keep",
    "keep_many",
    "locked",
    "note",
    "pin",
    "recent",
    "set_status",
    "set_status_of_many",
    "settle_reports",
    "undo",
    "within",
    "wrong_counters",
]

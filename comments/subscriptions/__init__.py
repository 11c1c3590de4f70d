"""Who is told of what is new, and how somebody begins and ends that without an account.

A subscription counts once its address has said yes: by the link in a mail, or because whoever
asks is known to own it. Ending one leaves it for a while, to be taken back; then it goes, and the
address with its last one.
"""

from comments.subscriptions import moving
from comments.subscriptions.asking import Wish, ask, leave, scope_of
from comments.subscriptions.links import (
    CONFIRM,
    confirm_link,
    confirm_token,
    manage_token,
    read_holder,
    read_manage,
)
from comments.subscriptions.mails import ABOUT, Mailing
from comments.subscriptions.managing import (
    Wanted,
    confirm,
    end,
    pace_of,
    set_pace,
    take_back,
    to_confirm,
    wanted,
)

__all__ = [
    "ABOUT",
    "CONFIRM",
    "Mailing",
    "Wanted",
    "Wish",
    "ask",
    "confirm",
    "confirm_link",
    "confirm_token",
    "end",
    "leave",
    "manage_token",
    "moving",
    "pace_of",
    "read_holder",
    "read_manage",
    "scope_of",
    "set_pace",
    "take_back",
    "to_confirm",
    "wanted",
]

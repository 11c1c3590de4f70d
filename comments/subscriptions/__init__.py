"""Who is told of what is new, and how somebody begins and ends that, with no need of an account."""

from comments.subscriptions.links import (
    confirm_link,
    confirm_token,
    manage_link,
    manage_token,
    unsubscribe_link,
    unsubscribe_token,
)

__all__ = [
    "confirm_link",
    "confirm_token",
    "manage_link",
    "manage_token",
    "unsubscribe_link",
    "unsubscribe_token",
]

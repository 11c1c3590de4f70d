"""The links in mails to subscribers, who need no account: signed by us, one key for each purpose.

Each says whose it is and for how much it is good, and nothing is kept of it here. Opening one
does nothing (mail scanners open every link they see); a button on the page behind it does.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from comments.errors import CommentsError
from comments.keys import Keys, Purpose
from comments.upkeep import KEEP_UNCONFIRMED

CONFIRM = "/subscriptions/confirm"
MANAGE = "/subscriptions"
UNSUBSCRIBE = "/unsubscribe"

#: What goes into one link; of more, the whole subscriber is named.
MOST_NAMED = 50

_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


class Named(NamedTuple):
    """What a link to end something names: some subscriptions, or with none of them all."""

    subscriber_id: int
    subscription_ids: tuple[int, ...]


# ── tokens ───────────────────────────────────────────────────────────────────────────────


def confirm_token(keys: Keys, subscription_id: int, now: datetime) -> str:
    """Good until the wish would be swept away unconfirmed."""
    until = int((now + KEEP_UNCONFIRMED).timestamp())
    return keys.seal("confirm", f"{subscription_id}.{until}".encode())


def manage_token(keys: Keys, subscriber_id: int) -> str:
    """Leads to all subscriptions of somebody, as long as there are any."""
    return keys.seal("manage", str(subscriber_id).encode())


def unsubscribe_token(keys: Keys, subscriber_id: int, subscription_ids: Sequence[int] = ()) -> str:
    """Ends some subscriptions of somebody, and shows no others; without any named, all of them.

    The same subscriptions give the same token, so that a mail that is sent twice is one mail.
    """
    named = [] if len(subscription_ids) > MOST_NAMED else sorted(set(subscription_ids))
    return keys.seal("unsubscribe", ".".join(map(str, (subscriber_id, *named))).encode())


def read_confirm(keys: Keys, token: str, now: datetime) -> int:
    """The subscription to confirm; 403 when the link is not ours or too old."""
    numbers = _opened(keys, "confirm", token)
    if len(numbers) != 2 or numbers[1] <= now.timestamp():
        raise CommentsError("link_not_good")
    return numbers[0]


def read_manage(keys: Keys, token: str) -> int:
    """Whose subscriptions to show; 403 when the link is not ours."""
    return _opened(keys, "manage", token)[0]


def read_unsubscribe(keys: Keys, token: str) -> Named:
    """What to end; 403 when the link is not ours."""
    subscriber_id, *subscription_ids = _opened(keys, "unsubscribe", token)
    return Named(subscriber_id, tuple(subscription_ids))


def _opened(keys: Keys, purpose: Purpose, token: str) -> list[int]:
    payload = keys.open(purpose, token)
    parts = (payload or b"").decode("ascii", "replace").split(".")
    if not all(_NUMBER.fullmatch(part) for part in parts):
        raise CommentsError("link_not_good")
    return [int(part) for part in parts]


# ── addresses ────────────────────────────────────────────────────────────────────────────


def confirm_link(base_url: str, token: str, language: str | None = None) -> str:
    """The address in a mail, below our own public one; *language* where it is not the default."""
    return _address(base_url, CONFIRM, token, language)


def manage_link(base_url: str, token: str, language: str | None = None) -> str:
    return _address(base_url, MANAGE, token, language)


def unsubscribe_link(base_url: str, token: str, language: str | None = None) -> str:
    """For people, and for ``List-Unsubscribe``: it also takes the POST of RFC 8058."""
    return _address(base_url, UNSUBSCRIBE, token, language)


def _address(base_url: str, path: str, token: str, language: str | None) -> str:
    spoken = f"&lang={language}" if language else ""
    return f"{base_url}{path}?token={token}{spoken}"

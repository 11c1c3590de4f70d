"""The link that confirms a subscription: signed by us, for a while; nothing is kept of it here.

Opening it does nothing (mail scanners open every link they see); a button on the page behind it
does. The links that stand in every later mail are in :mod:`comments.notify.links`.
"""

from datetime import datetime

from comments import notify
from comments.errors import CommentsError
from comments.keys import Keys
from comments.notify.links import Holder
from comments.upkeep import KEEP_UNCONFIRMED

CONFIRM = "/subscriptions/confirm"


def confirm_token(keys: Keys, subscription_id: int, now: datetime) -> str:
    """Good until the wish would be swept away unconfirmed."""
    until = int((now + KEEP_UNCONFIRMED).timestamp())
    return keys.seal("confirm", f"{subscription_id}.{until}".encode())


def read_confirm(keys: Keys, token: str, now: datetime) -> int:
    """The subscription to confirm; 403 when the link is too old or was not made here."""
    payload = keys.open("confirm", token)
    if payload is None:
        raise CommentsError("link_not_good")
    subscription_id, until = map(int, payload.split(b"."))
    if until <= now.timestamp():
        raise CommentsError("link_not_good")
    return subscription_id


def confirm_link(base_url: str, token: str, language: str | None = None) -> str:
    """The address in the mail, below our own public one."""
    return notify.links.with_token(base_url, CONFIRM, token, language)


def manage_token(keys: Keys, subscriber_id: int) -> str:
    """Leads to everything that somebody has asked for."""
    return notify.links.seal(keys, Holder(subscriber_id))


def read_manage(keys: Keys, token: str) -> int:
    """Whose subscriptions to show; a link that ends the mails of one thread shows no others."""
    holder = read_holder(keys, token)
    if holder.thread_id:
        raise CommentsError("link_not_good")
    return holder.subscriber_id


def read_holder(keys: Keys, token: str) -> Holder:
    """Whose mails to end, of one thread or all; 403 when the link was not made here."""
    holder = notify.links.read(keys, token)
    if holder is None:
        raise CommentsError("link_not_good")
    return holder

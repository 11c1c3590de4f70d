"""Addresses that stand in mails: of a comment, and of the pages that let a reader stop them.

Opening one does nothing, since mail scanners open whatever they see; a button there does.
"""

from dataclasses import dataclass

from comments.keys import Keys

#: Where they lead, below our own public address.
UNSUBSCRIBE = "/unsubscribe"
SUBSCRIPTIONS = "/subscriptions"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose link it is, and of which thread's mails it is about; 0 is all of them."""

    subscriber_id: int
    thread_id: int = 0


def seal(keys: Keys, holder: Holder) -> str:
    """The token of a signed link. It is good as long as its subscriber is there."""
    return keys.seal("subscriber", f"{holder.subscriber_id}.{holder.thread_id}".encode())


def read(keys: Keys, token: str) -> Holder | None:
    """Whose link it is, or ``None`` for one that was not made here."""
    payload = keys.open("subscriber", token)
    if payload is None:
        return None
    subscriber_id, thread_id = payload.split(b".")
    return Holder(int(subscriber_id), int(thread_id))


def unsubscribe(base_url: str, token: str, language: str | None = None) -> str:
    """Where the mails of one thread, or all, are ended; a POST there alone does it (RFC 8058)."""
    return with_token(base_url, UNSUBSCRIBE, token, language)


def subscriptions(base_url: str, token: str, language: str | None = None) -> str:
    """The page that lists everything its holder has asked for."""
    return with_token(base_url, SUBSCRIPTIONS, token, language)


def with_token(base_url: str, path: str, token: str, language: str | None = None) -> str:
    """A page of ours behind a signed link; *language* where it is not the usual one."""
    return spoken(f"{base_url}{path}?token={token}", language)


def spoken(address: str, language: str | None) -> str:
    """*address* with the language in which its page is read, where one is named."""
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}lang={language}" if language else address

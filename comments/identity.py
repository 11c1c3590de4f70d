"""Who is writing: identities, guests' tokens, and who may do what.

An author is a text: ``host:42`` for a user of the host, ``guest:9f…`` for a browser that holds
a guest's token. The token is a signed id and nothing else; it is kept by the reader's browser,
and a new one is made with a guest's first write.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Protocol

from comments import text
from comments.config import Settings
from comments.errors import CommentsError
from comments.keys import Keys
from comments.models import EMAIL_LENGTH, NAME_LENGTH, URL_LENGTH, AuthorKind, Comment, Status

#: A guest keeps a tag for a year and a bit after it was made; browsers cap cookies there too.
TOKEN_LIFETIME = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signed-in person, as the host knows them.

    *id* is the host's own id as text or number, *name* what readers see.
    """

    id: str | int
    name: str
    avatar: str | None = None
    website: str | None = None
    is_moderator: bool = False
    #: May also change settings, word lists and who moderates.
    is_owner: bool = False
    #: An e-mail address that the host has verified to be theirs: mail that they ask for goes there
    #: without a question. One that was only typed into a profile does not belong here.
    email: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """The caller of a use-case. ``address`` is the keyed hash of a network, never the network."""

    id: str
    kind: AuthorKind
    name: str | None = None
    avatar: str | None = None
    website: str | None = None
    address: str | None = None
    #: Set when this author has just got a token; the answer carries it back.
    new_token: str | None = None
    #: A guest's e-mail address as a keyed hash, and whether they have shown that it is theirs.
    email_hash: str | None = None
    verified: bool = False
    #: The same of the address that a member signs in with. It stands beside nothing they write:
    #: only bans ask for it.
    account_hash: str | None = None
    is_owner: bool = False
    #: An address, in lower case, that whoever signed them in knows to be theirs.
    email: str | None = field(default=None, repr=False)
    #: The sites whose threads a moderator may touch; ``None`` for all of them.
    sites: frozenset[str] | None = None

    @property
    def is_guest(self) -> bool:
        return self.kind is AuthorKind.GUEST

    @property
    def is_moderator(self) -> bool:
        return self.kind is AuthorKind.MODERATOR


def from_identity(identity: Identity, *, realm: str = "host") -> Author:
    """The author for a signed-in *identity*; *realm* tells who signed them in.

    What a host knows of its users was often typed by them: it is cleaned as a guest's is.
    """
    return Author(
        id=f"{realm}:{identity.id}",
        kind=_kind(identity),
        name=text.clean_name(identity.name, NAME_LENGTH) or str(identity.id)[:NAME_LENGTH],
        avatar=_picture(identity.avatar),
        website=_web_address(identity.website),
        is_owner=identity.is_owner,
        email=_mailbox(identity.email),
    )


def _mailbox(email: str | None) -> str | None:
    fits = email and "@" in email and len(email) <= EMAIL_LENGTH and email.isprintable()
    return email.lower() if email and fits else None


def _kind(identity: Identity) -> AuthorKind:
    moderates = identity.is_moderator or identity.is_owner
    return AuthorKind.MODERATOR if moderates else AuthorKind.USER


def _web_address(url: str | None) -> str | None:
    safe = text.safe_url(url, schemes=("http", "https")) if url else None
    return safe if safe and len(safe) <= URL_LENGTH else None


def _picture(url: str | None) -> str | None:
    # A host's own pictures often have an address without a host.
    local = url is not None and url[:1] == "/" and url[1:2] not in ("/", "\\")
    if url and local and url.isprintable() and len(url) <= URL_LENGTH:
        return url
    return _web_address(url)


# ── guests ───────────────────────────────────────────────────────────────────────────────


def new_guest(keys: Keys, *, address: str | None, now: datetime) -> Author:
    """A guest who had no token, with a fresh one."""
    guest_id = secrets.token_hex(12)
    return Author(
        id=f"guest:{guest_id}",
        kind=AuthorKind.GUEST,
        address=address,
        new_token=mint(keys, guest_id, now),
    )


def mint(keys: Keys, guest_id: str, now: datetime) -> str:
    return keys.seal("guest", f"{guest_id}.{int(now.timestamp())}".encode())


def known_guest(keys: Keys, token: str, *, address: str | None, now: datetime) -> Author:
    """The guest who holds *token*; 401 when it is forged or expired."""
    payload = keys.open("guest", token)
    if payload is None:
        raise CommentsError("token_invalid")
    guest_id, _, made = payload.decode("ascii").partition(".")
    if now.timestamp() - int(made) > TOKEN_LIFETIME.total_seconds():
        raise CommentsError("token_invalid")
    return Author(id=f"guest:{guest_id}", kind=AuthorKind.GUEST, address=address)


@lru_cache(maxsize=10_000)
def badge(keys: Keys, author_id: str, thread_id: int) -> str:
    """Six hex digits that tell two guests of one thread apart and mean nothing elsewhere."""
    return keys.digest("badge", f"{thread_id}:{author_id}")[:6]


# ── whom a ban meets ─────────────────────────────────────────────────────────────────────


#: An id, three addresses and a network, each as it is and as it is kept when it was erased.
MOST_BAN_TARGETS = 10


def ban_targets(author: Author, shown: str | None = None) -> list[str]:
    """What a ban of *author* may be written down as; a network meets guests alone.

    *shown* is the keyed hash of an address that they have once shown to be theirs: giving another
    one with a comment, or none with a vote, is no way around a ban.
    """
    hashes = {author.email_hash, author.account_hash, shown} - {None}
    targets = [author.id, *(f"email:{it}" for it in sorted(filter(None, hashes)))]
    if author.is_guest and author.address:
        targets.append(f"network:{author.address}")
    return [*targets, *map(erased_target, targets)]


def mailbox_targets(email_hash: str) -> list[str]:
    """What a ban of an e-mail address may be written down as."""
    target = f"email:{email_hash}"
    return [target, erased_target(target)]


def erased_target(target: str) -> str:
    """What a ban keeps of *target* once that person has erased what is theirs.

    The id of a guest is random, so nobody gets from here to it; who holds it is still met.
    """
    return "erased:" + hashlib.sha256(target.encode()).hexdigest()


# ── who may do what ──────────────────────────────────────────────────────────────────────


def editable_until(comment: Comment, settings: Settings) -> datetime:
    return comment.created_at + timedelta(minutes=settings.edit_minutes)


class Shown(Protocol):
    """What decides who sees a comment."""

    @property
    def author_id(self) -> str: ...
    @property
    def status(self) -> Status: ...
    @property
    def shadowed(self) -> bool: ...


def sees_published(author_id: str, comment: Shown) -> bool:
    """Whether to *author_id* the comment is one that everybody sees: it is, or its author is
    shadow-banned and does not know."""
    if comment.status is Status.PUBLISHED:
        return True
    hidden = comment.shadowed and comment.status is Status.SPAM
    return hidden and comment.author_id == author_id


def check_can_change(author: Author, comment: Comment, settings: Settings, now: datetime) -> None:
    """Editing and deleting: the author, while the window is open."""
    if comment.status is not Status.PENDING and not sees_published(author.id, comment):
        raise CommentsError("no_such_comment")
    if comment.author_id != author.id:
        # A waiting comment of somebody else does not even exist.
        raise CommentsError("not_yours" if comment.listed else "no_such_comment")
    if now >= editable_until(comment, settings):
        raise CommentsError("too_late")


def can_moderate(author: Author | None, site: str | None) -> bool:
    """Whether *author* may decide about what is written on *site*.

    A thread that nobody has told the site of belongs to those who moderate everywhere.
    """
    if author is None or not author.is_moderator:
        return False
    return author.sites is None or site in author.sites


def on_site(author: Author, site: str | None) -> Author:
    """*author* as they are on *site*: a moderator of another one is a reader like any other."""
    if author.is_moderator and not can_moderate(author, site):
        return replace(author, kind=AuthorKind.USER)
    return author


def rights(
    author: Author | None, settings: Settings, *, closed: bool, site: str | None = None
) -> Mapping[str, bool]:
    """What the caller may do in a thread, for the page to show the right controls."""
    moderator = can_moderate(author, site)
    return {
        "comment": not closed or moderator,
        "vote": True,
        "report": True,
        "moderate": moderator,
        # Whoever a host or a site signed in signs out there.
        "sign_out": author is not None and author.id.startswith("member:"),
    }

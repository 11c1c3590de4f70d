"""Links in mails: each good once, for one purpose, for a while.

Opening one does nothing (mail scanners open every link they see); a button on the page behind it
does. No text of a stranger stands in these mails, so nobody can have us mail their words around.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from comments import i18n, notify
from comments.accounts.sessions import fingerprint
from comments.config import Settings
from comments.database import begin_write, hold_name
from comments.errors import CommentsError, Message, say
from comments.models import MailedLink

#: Any number will do, as long as nobody else in the database locks pairs that begin with it.
_ADDRESS_LOCK = 0x6D61696C


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a link is for, where it leads, how long it is good, and the mail that brings it.

    At most *most* are made for one address within *within*.
    """

    path: str
    lifetime: timedelta
    most: int
    within: timedelta
    subject: Message
    text: Message


PURPOSES: dict[str, Purpose] = {
    "sign_in": Purpose(
        "/sign-in/link",
        timedelta(minutes=30),
        5,
        timedelta(hours=1),
        say("Your link to sign in"),
        say(
            "Somebody, most likely you, wants to sign in to the comments at %(host)s with this "
            "address.\n\nOpen this link within 30 minutes and press the button there:\n\n"
            "%(link)s\n\nIf it was not you, you need not do anything: without the link nobody "
            "gets in.\n"
        ),
    ),
    "password": Purpose(
        "/sign-in/new-password",
        timedelta(hours=24),
        5,
        timedelta(hours=1),
        say("Your link to set a password"),
        say(
            "With this link you set your password for the comments at %(host)s. It is good for a "
            "day, and once:\n\n%(link)s\n\nIf you did not ask for it, you need not do anything.\n"
        ),
    ),
    "data": Purpose(
        "/mine/by-mail/link",
        timedelta(hours=1),
        3,
        timedelta(hours=24),
        say("Your data"),
        say(
            "Somebody, most likely you, wants to download or erase what was written under this "
            "address at %(host)s.\n\nOpen this link within an hour and choose there:\n\n"
            "%(link)s\n\nIf it was not you, you need not do anything.\n"
        ),
    ),
    "verify": Purpose(
        "/verify",
        timedelta(hours=24),
        1,
        timedelta(hours=24),
        say("Is this your address?"),
        say(
            "Somebody, most likely you, gave this address with a comment at %(host)s.\n\nIf it "
            "was you, open this link within a day and press the button there; the address itself "
            "is shown to nobody:\n\n%(link)s\n\nIf it was not you, you need not do anything.\n"
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says; *text* has ``%(host)s`` and ``%(link)s``."""

    subject: Message
    text: Message


#: Instead of what a link to set a password says by itself.
APPOINTED = Words(
    say("You moderate the comments"),
    say(
        "You have been asked to moderate the comments at %(host)s.\n\nSign in with this link; it "
        "is good for a day, and once:\n\n%(link)s\n\nAfterwards you sign in there with your "
        "password or by a link mailed to this address.\n\nIf you know nothing of it, you need not "
        "do anything.\n"
    ),
)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What was asked for with the link."""

    email: str
    author_id: str | None
    origin: str
    back: str


def make(
    session: Session,
    purpose: str,
    email: str,
    *,
    author_id: str | None = None,
    origin: str = "",
    back: str = "",
    now: datetime,
) -> str:
    """A fresh link's token, of which only a hash is kept; the caller brings it to its reader."""
    token = secrets.token_urlsafe(32)
    session.add(
        MailedLink(
            token_hash=fingerprint(token),
            purpose=purpose,
            email=email.lower(),
            author_id=author_id,
            origin=origin,
            back=back,
            created_at=now,
            expires_at=now + PURPOSES[purpose].lifetime,
        )
    )
    session.flush()
    return token


def address(base_url: str, purpose: str, token: str, language: str | None = None) -> str:
    """Where a token is redeemed, below our own public address."""
    return notify.links.with_token(base_url, PURPOSES[purpose].path, token, language)


def ask(
    session: Session,
    purpose: str,
    email: str,
    *,
    author_id: str | None = None,
    origin: str = "",
    back: str = "",
    language: str = "en",
    words: Words | None = None,
    settings: Settings,
    base_url: str,
    now: datetime,
) -> None:
    """Mail *email* a link, with the purpose's own *words* or others; it goes out with the commit.

    Whoever's address it is, and whether it is known here, the same happens. Beyond the limit of
    one address nothing does, and nothing tells.
    """
    if not settings.smtp_uri:
        return
    # Of two who ask at once the second counts what the first was given.
    hold_name(session, _ADDRESS_LOCK, email.lower())
    if _is_enough(session, purpose, email, now):
        return
    token = make(session, purpose, email, author_id=author_id, origin=origin, back=back, now=now)
    mail = words or PURPOSES[purpose]
    link = address(base_url, purpose, token, language if language != settings.language else None)
    told = Message(mail.text.text, {"host": urlsplit(base_url).netloc, "link": link})
    subject = i18n.told(mail.subject, language)
    notify.write(session, email.lower(), subject, i18n.told(told, language), now)


def for_password(session: Session, email: str, base_url: str, now: datetime) -> str:
    """The address of a fresh link to set a password, for whoever hands it over by themselves.

    Those before it are good no more: they have been lost, or got into other hands.
    """
    withdraw(session, "password", email)
    return address(base_url, "password", make(session, "password", email, now=now))


def peek(session: Session, token: str, purpose: str, now: datetime) -> Redeemed:
    """What a link is for, without using it up; 403 when it is not good."""
    link = session.execute(
        select(MailedLink.email, MailedLink.author_id, MailedLink.origin, MailedLink.back).where(
            MailedLink.token_hash == fingerprint(token),
            MailedLink.purpose == purpose,
            MailedLink.expires_at > now,
        )
    ).first()
    if link is None:
        raise CommentsError("link_not_good")
    return Redeemed(*link)


def redeem(session: Session, token: str, purpose: str, now: datetime) -> Redeemed:
    """Use a link up; 403 when it was used, is too old or was never made.

    Of two who redeem one link at once, one gets it: the other finds the row gone.
    """
    begin_write(session)
    found = peek(session, token, purpose, now)
    gone = session.execute(
        delete(MailedLink)
        .where(MailedLink.token_hash == fingerprint(token))
        .returning(MailedLink.token_hash),
        execution_options={"synchronize_session": False},
    ).first()
    if gone is None:
        raise CommentsError("link_not_good")
    return found


def withdraw(session: Session, purpose: str, email: str) -> None:
    """End every link of one purpose to an address."""
    session.execute(
        delete(MailedLink).where(MailedLink.purpose == purpose, MailedLink.email == email.lower()),
        execution_options={"synchronize_session": False},
    )


def _is_enough(session: Session, purpose: str, email: str, now: datetime) -> bool:
    rule = PURPOSES[purpose]
    made = select(func.count()).where(
        MailedLink.email == email.lower(),
        MailedLink.created_at > now - rule.within,
        MailedLink.purpose == purpose,
    )
    return session.execute(made).scalar_one() >= rule.most

"""Asking to be told: who is known to own the address gets it at once, everybody else a question.

Whoever's address it is, and whether it is known here, the same happens and the same is answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError
from comments.identity import Author
from comments.keys import Keys
from comments.models import (
    Letter,
    Pace,
    Scope,
    Spent,
    Subscriber,
    Subscription,
)
from comments.screening import bans
from comments.subscriptions import mails
from comments.subscriptions.mails import CONFIRM, Mailing
from comments.subscriptions.rows import WHOLE_THREAD, begin, finish, held, hold, hold_if_there
from comments.threads import ThreadFacts

#: Mails that ask one address something, whoever caused them.
MOST_ASKED = ((3, timedelta(hours=1)), (6, timedelta(days=1)))
#: The same wish of the same browser asks again after so long.
ASKED_AGAIN = timedelta(hours=1)
#: What one address has not confirmed; more is not kept.
MOST_WAITING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to be told of; *comment_id* is what :attr:`Scope.COMMENT` follows."""

    #: In lower case.
    email: str = field(repr=False)
    scope: Scope
    comment_id: int = 0
    pace: Pace | None = None


def ask(
    session: Session,
    author: Author,
    wish: Wish,
    thread: ThreadFacts,
    *,
    keys: Keys,
    mailing: Mailing,
    now: datetime,
) -> bool:
    """Subscribe *author* to a *thread* that is locked; a mail asks whoever is not known.

    Tells whether their address has to say yes first. Raises 403 for somebody who is banned. A
    banned address gets no mail.
    """
    digest = keys.digest("email", wish.email)
    check_not_banned(session, author, now)
    known = owns(session, author, wish.email, digest)
    subscriber = hold(
        session,
        wish.email,
        language=mailing.language,
        base_url=mailing.kept_base,
        pace=wish.pace or Pace.IMMEDIATE,
        now=now,
    )
    if known:
        _remember(subscriber, wish, mailing)
    row, is_new = _row(session, subscriber, author, wish, thread, now, known=known)
    if row is not None and known:
        begin(session, [row], now)
    elif row is not None and _may_ask(session, subscriber, row, is_new, digest, now):
        row.created_at, row.ended_at = now, None
        mails.ask_to_confirm(session, subscriber, row, thread, keys=keys, mailing=mailing, now=now)
    return not known


def leave(
    session: Session,
    author: Author,
    email: str | None,
    thread_id: int | None,
    comment_id: int = 0,
    *,
    keys: Keys,
    mailing: Mailing,
    now: datetime,
) -> None:
    """End what *author* themselves asked for in a thread, for one address or all.

    Unless they are known to own the address, it is mailed the link with which its owner ends
    anything. Raises 403 for somebody who is banned.
    """
    check_not_banned(session, author, now)
    begin_write(session)
    digest = keys.digest("email", email) if email else ""
    known = email is None or owns(session, author, email, digest)
    # Held before what they asked for is, as everybody does it.
    subscriber = hold_if_there(session, email) if email else None
    finish(_own_rows(session, author, email, thread_id, comment_id), now)
    if email is None:
        return
    # Written in any case: it takes as long to answer for an address that nobody knows.
    window = int(now.timestamp() // ASKED_AGAIN.total_seconds())
    once = keys.digest("confirm", f"{digest}.{window}")
    may = insert_or_ignore(session, Spent, key_hash=once, expires_at=now + ASKED_AGAIN)
    if not subscriber or not may or known or bans.holds_mailbox(session, digest, now):
        return
    if not _asked_enough(session, subscriber, now):
        mails.show_the_way(session, subscriber, keys=keys, mailing=mailing, now=now)


def _own_rows(
    session: Session, author: Author, email: str | None, thread_id: int | None, comment_id: int
) -> Sequence[Subscription]:
    which = [
        Subscription.author_id == author.id,
        Subscription.thread_id == thread_id,
        Subscription.comment_id == comment_id,
    ]
    if email is not None:
        theirs = select(Subscriber.id).where(Subscriber.email == email)
        which.append(Subscription.subscriber_id.in_(theirs))
    return held(session, *which)


def scope_of(session: Session, author_id: str, thread_id: int) -> str:
    """What of a thread *author_id* is mailed: ``none``, ``replies`` or ``all``."""
    rows = session.scalars(
        select(Subscription.scope).where(
            Subscription.author_id == author_id,
            Subscription.thread_id == thread_id,
            Subscription.scope.in_(WHOLE_THREAD),
            Subscription.confirmed_at.is_not(None),
        )
    ).all()
    return next((str(scope) for scope in WHOLE_THREAD if scope in rows), "none")


# ── who it is ────────────────────────────────────────────────────────────────────────────


def check_not_banned(session: Session, author: Author, now: datetime) -> None:
    """403 for somebody who knows that they are banned; a shadow shows nowhere."""
    ban = bans.found(session, author, now)
    if ban is not None and not ban.shadow:
        raise CommentsError("banned", bans.sentence(ban))


def owns(session: Session, author: Author, email: str, digest: str) -> bool:
    """Whether *author* has shown before that the address is theirs.

    They are signed in with it, have verified it in this browser, or have confirmed another
    subscription that was asked for in this browser.
    """
    if email == author.email or (author.verified and author.email_hash == digest):
        return True
    confirmed = (
        select(Subscription.id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(
            Subscription.author_id == author.id,
            Subscription.confirmed_at.is_not(None),
            Subscriber.email == email,
        )
    )
    return session.execute(confirmed.limit(1)).first() is not None


def _remember(subscriber: Subscriber, wish: Wish, mailing: Mailing) -> None:
    """Their owner alone changes how they are written to."""
    subscriber.language, subscriber.base_url = mailing.language, mailing.kept_base
    if wish.pace or subscriber.pace is Pace.NEVER:
        subscriber.pace = wish.pace or Pace.IMMEDIATE


# ── the row, and whether its address is asked ────────────────────────────────────────────


def _row(
    session: Session,
    subscriber: Subscriber,
    author: Author,
    wish: Wish,
    thread: ThreadFacts,
    now: datetime,
    *,
    known: bool,
) -> tuple[Subscription | None, bool]:
    """The row of a wish, and whether it is new; ``None`` beyond what strangers may leave
    unconfirmed."""
    facts = {
        "subscriber_id": subscriber.id,
        "thread_id": thread.id,
        "scope": wish.scope,
        "author_id": author.id,
        "comment_id": wish.comment_id,
    }
    row = session.scalar(select(Subscription).filter_by(**facts).with_for_update())
    if row is not None:
        return row, False
    if not known and _waiting(session, subscriber) >= MOST_WAITING:
        return None, True
    row = Subscription(**facts, created_at=now)
    session.add(row)
    session.flush()
    return row, True


def _waiting(session: Session, subscriber: Subscriber) -> int:
    """What waits for a yes; what its owner has ended waits for nothing."""
    waits = (Subscription.confirmed_at.is_(None), Subscription.ended_at.is_(None))
    which = select(func.count()).where(Subscription.subscriber_id == subscriber.id, *waits)
    return session.execute(which).scalar_one()


def _may_ask(
    session: Session,
    subscriber: Subscriber,
    row: Subscription,
    is_new: bool,
    digest: str,
    now: datetime,
) -> bool:
    asked_just_now = not is_new and row.ended_at is None and row.created_at > now - ASKED_AGAIN
    if asked_just_now or bans.holds_mailbox(session, digest, now):
        return False
    return not _asked_enough(session, subscriber, now)


def _asked_enough(session: Session, subscriber: Subscriber, now: datetime) -> bool:
    return any(_asked(session, subscriber, now - within) >= most for most, within in MOST_ASKED)


def _asked(session: Session, subscriber: Subscriber, since: datetime) -> int:
    asked = select(func.count()).where(
        Letter.subscriber_id == subscriber.id, Letter.purpose == CONFIRM, Letter.created_at > since
    )
    return session.execute(asked).scalar_one()

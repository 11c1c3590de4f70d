"""What the owner of an address does with what was asked for: confirm, look, end, take back.

Whoever calls has shown a link from a mail to that address.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from comments.errors import CommentsError, say
from comments.keys import Keys
from comments.models import Pace, Scope, Subscriber, Subscription, Thread
from comments.subscriptions import links
from comments.subscriptions.rows import begin, finish, held, hold_by_id


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of the list; several browsers may have asked for the same."""

    ids: tuple[int, ...]
    thread: Thread
    scope: Scope
    comment_id: int
    #: It has not been confirmed in any of them.
    waits: bool

    @property
    def name(self) -> str:
        """How a form names the line."""
        return ".".join(map(str, self.ids))


# ── confirming ───────────────────────────────────────────────────────────────────────────


def to_confirm(session: Session, keys: Keys, token: str, *, now: datetime) -> Wanted:
    """What a link wants to have confirmed, for the page with the button; 403 for one not good."""
    one = session.get(Subscription, links.read_confirm(keys, token, now))
    if one is None:
        raise CommentsError("link_not_good")
    thread = session.get_one(Thread, one.thread_id)
    return Wanted((one.id,), thread, one.scope, one.comment_id, waits=one.confirmed_at is None)


def confirm(
    session: Session, keys: Keys, token: str, *, language: str, now: datetime
) -> Subscription:
    """Say yes by the link in the mail; who does so twice changes nothing more."""
    number = links.read_confirm(keys, token, now)
    whose = session.scalar(select(Subscription.subscriber_id).where(Subscription.id == number))
    if whose is None:
        raise CommentsError("link_not_good")
    subscriber = hold_by_id(session, whose)
    rows = _held_of(session, whose, [number])
    if not rows:
        raise CommentsError("link_not_good")
    begin(session, rows, now)
    subscriber.language = language
    if subscriber.pace is Pace.NEVER:
        subscriber.pace = Pace.IMMEDIATE
    return rows[0]


# ── the list ─────────────────────────────────────────────────────────────────────────────


def wanted(session: Session, subscriber_id: int, thread_id: int = 0) -> list[Wanted]:
    """All that is not over, the latest first; of one thread where that is given."""
    rows = session.execute(
        select(Subscription, Thread)
        .join(Thread, Thread.id == Subscription.thread_id)
        .where(*_of(subscriber_id, thread_id), Subscription.ended_at.is_(None))
        .order_by(Subscription.created_at.desc(), Subscription.id.desc())
    )
    found: dict[tuple[int, str, int], Wanted] = {}
    for one, thread in rows:
        line = (one.thread_id, str(one.scope), one.comment_id)
        seen = found.get(line)
        ids = (*seen.ids, one.id) if seen else (one.id,)
        # What one browser has confirmed needs no second yes because of another.
        waits = one.confirmed_at is None and (seen is None or seen.waits)
        found[line] = Wanted(ids, thread, one.scope, one.comment_id, waits)
    return list(found.values())


def end(
    session: Session,
    subscriber_id: int,
    *,
    thread_id: int = 0,
    only: Collection[int] | None = None,
    now: datetime,
) -> list[int]:
    """End all of somebody's subscriptions, those of a thread, or *only* some; gives their ids."""
    hold_by_id(session, subscriber_id)
    return finish(held(session, *_of(subscriber_id, thread_id, only)), now)


def take_back(
    session: Session,
    subscriber_id: int,
    only: Collection[int],
    *,
    thread_id: int = 0,
    now: datetime,
) -> int:
    """Begin what was ended, or waits for a yes; what is not theirs is left out."""
    hold_by_id(session, subscriber_id)
    rows = _held_of(session, subscriber_id, only)
    rows = [one for one in rows if thread_id in (0, one.thread_id)]
    begin(session, rows, now)
    return len(rows)


def set_pace(session: Session, subscriber_id: int, pace: str) -> None:
    """How soon they are mailed; 422 for a word that is none."""
    if pace not in list(Pace):
        wrong = say("One of %(choices)s.", choices=", ".join(Pace))
        raise CommentsError("invalid", errors={"pace": wrong})
    hold_by_id(session, subscriber_id).pace = Pace(pace)


def pace_of(session: Session, subscriber_id: int) -> Pace:
    """How soon they are mailed; 403 when there is nothing of theirs any more."""
    found = session.get(Subscriber, subscriber_id)
    if found is None:
        raise CommentsError("link_not_good")
    return found.pace


def _held_of(session: Session, subscriber_id: int, only: Collection[int]) -> list[Subscription]:
    """Some of somebody's. All of theirs are held: a yes to one may end another, and a merge of
    discussions, which holds no subscriber, waits for each in the order of their numbers.
    """
    rows = held(session, Subscription.subscriber_id == subscriber_id)
    return [one for one in rows if one.id in only]


def _of(
    subscriber_id: int, thread_id: int, only: Collection[int] | None = None
) -> list[ColumnElement[bool]]:
    which = [Subscription.subscriber_id == subscriber_id]
    if thread_id:
        which.append(Subscription.thread_id == thread_id)
    if only is not None:
        which.append(Subscription.id.in_(only))
    return which

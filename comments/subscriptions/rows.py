"""The rows of subscribers, and the order in which they are held.

Whoever holds several holds the thread first, then the subscriber, then subscriptions by number.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError
from comments.models import Pace, Scope, Subscriber, Subscription

#: What is about a whole thread; of these somebody has one there.
WHOLE_THREAD = (Scope.ALL, Scope.REPLIES)

#: Held against others who change the row; what refers to it is still written meanwhile.
_HELD: dict[str, Any] = {"key_share": True}


def hold(
    session: Session, email: str, *, language: str, base_url: str, pace: Pace, now: datetime
) -> Subscriber:
    """The subscriber with this address, held; made when there is none."""
    begin_write(session)
    row = select(Subscriber).where(Subscriber.email == email).with_for_update(**_HELD)
    while True:
        insert_or_ignore(
            session,
            Subscriber,
            email=email,
            language=language,
            base_url=base_url,
            pace=pace,
            created_at=now,
        )
        found = session.scalar(row.execution_options(populate_existing=True))
        # Otherwise it was swept away between the two statements.
        if found is not None:
            return found


def hold_if_there(session: Session, email: str) -> Subscriber | None:
    """The subscriber with this address, held, where there is one."""
    row = select(Subscriber).where(Subscriber.email == email).with_for_update(**_HELD)
    return session.scalar(row.execution_options(populate_existing=True))


def hold_by_id(session: Session, subscriber_id: int) -> Subscriber:
    """The subscriber of a link, held; 403 when there is nothing of theirs any more."""
    begin_write(session)
    found = session.get(Subscriber, subscriber_id, populate_existing=True, with_for_update=_HELD)
    if found is None:
        raise CommentsError("link_not_good")
    return found


def held(session: Session, *which: ColumnElement[bool]) -> Sequence[Subscription]:
    """Some subscriptions, held."""
    rows = select(Subscription).where(*which).order_by(Subscription.id).with_for_update()
    return session.scalars(rows.execution_options(populate_existing=True)).all()


def begin(session: Session, subscriptions: Sequence[Subscription], now: datetime) -> None:
    """Their owner has said yes: mail comes from now on.

    Somebody who asked for all of a thread and now for replies, in the same browser, gets replies.
    """
    for one in subscriptions:
        one.confirmed_at, one.ended_at = one.confirmed_at or now, None
        if one.scope in WHOLE_THREAD:
            _end_the_other(session, one, now)
    session.flush()


def _end_the_other(session: Session, kept: Subscription, now: datetime) -> None:
    others = held(
        session,
        Subscription.subscriber_id == kept.subscriber_id,
        Subscription.thread_id == kept.thread_id,
        Subscription.author_id == kept.author_id,
        Subscription.scope.in_(WHOLE_THREAD),
        Subscription.id != kept.id,
    )
    finish(others, now)


def finish(subscriptions: Sequence[Subscription], now: datetime) -> list[int]:
    """No mail comes any more; gives those that were not over yet."""
    over = [one for one in subscriptions if one.ended_at is None]
    for one in over:
        one.confirmed_at, one.ended_at = None, now
    return [one.id for one in over]

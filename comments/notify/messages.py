"""The outbox as its owner sees it: what waits, what left, what did not arrive, and why."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from comments.errors import Message
from comments.models import Letter, Subscriber
from comments.notify.outbox import State, can_send_again, state
from comments.notify.troubles import why

PAGE = 50
#: What one can look at: all of it, or what is in one of these states.
SHOWS = ("everything", "waiting", "sent", "lost")
#: A letter that waits longer than this says that something is wrong.
LATE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One message. *to* is no address: ``a…@example.org``, or the host of a receiver."""

    letter: Letter
    to: str
    state: State
    why: Message | None
    can_send_again: bool


@dataclass(frozen=True, slots=True)
class Page:
    lines: Sequence[Line]
    #: The number below which the next page begins.
    next: int | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many wait for too long, since when, and what the last of them met with."""

    number: int
    since: datetime
    why: Message | None


def page(
    session: Session, show: str, now: datetime, *, below: int | None = None, limit: int = PAGE
) -> Page:
    """The latest messages, or the latest of those below the number *below*."""
    query = (
        select(Letter, Subscriber.email)
        .outerjoin(Subscriber, Subscriber.id == Letter.subscriber_id)
        .where(*_which(show, now))
    )
    if below is not None:
        query = query.where(Letter.id < below)
    rows = session.execute(query.order_by(Letter.id.desc()).limit(limit + 1)).all()
    lines = [_line(letter, email, now) for letter, email in rows[:limit]]
    return Page(lines, lines[-1].letter.id if len(rows) > limit else None)


def _which(show: str, now: datetime) -> Sequence[ColumnElement[bool]]:
    unsent = Letter.sent_at.is_(None)
    # Of one whose worker has died nobody may have taken notice yet.
    died = and_(Letter.handed_at.is_not(None), Letter.next_try_at <= now)
    if show == "waiting":
        return unsent, Letter.next_try_at.is_not(None), not_(died)
    if show == "lost":
        return unsent, or_(Letter.next_try_at.is_(None), died)
    return (Letter.sent_at.is_not(None),) if show == "sent" else ()


def _line(letter: Letter, email: str | None, now: datetime) -> Line:
    return Line(
        letter, masked(email or letter.recipient), state(letter, now), why(letter),
        can_send_again(letter, now),
    )  # fmt: skip


def overdue(session: Session, kinds: Collection[str], now: datetime) -> Overdue | None:
    """What should have left long ago, of the *kinds* that are set up."""
    waits = (
        Letter.sent_at.is_(None),
        Letter.next_try_at.is_not(None),
        Letter.created_at <= now - LATE_AFTER,
        Letter.kind.in_(kinds),
    )
    number, since = session.execute(
        select(func.count(), func.min(Letter.created_at)).where(*waits)
    ).one()
    if not number:
        return None
    tried = select(Letter).where(*waits, Letter.error.is_not(None))
    last = session.scalar(tried.order_by(Letter.next_try_at.desc()).limit(1))
    return Overdue(number, since, why(last) if last else None)


def masked(recipient: str) -> str:
    """Enough of an address for whoever knows it."""
    if "://" in recipient:
        return urlsplit(recipient).hostname or ""
    local, _, domain = recipient.rpartition("@")
    return f"{local[:1]}…@{domain}" if local else ""

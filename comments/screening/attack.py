"""Is somebody flooding us? Then the sum that a guest's browser has to do grows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments.models import AuthorKind, Comment, Status

WINDOW = timedelta(minutes=10)
#: A process asks the database again after this long.
REMEMBERED = timedelta(seconds=5)

#: Guests' comments of the last ten minutes that were held or thrown out, and the bits of the sum
#: from there on. Each bit doubles it: 14 are a blink even for a phone, 20 are some seconds of one
#: while its owner types, and minutes of a machine for a wave of a thousand comments.
LEVELS = ((300, 20), (100, 18), (30, 16), (0, 14))
#: From here on it is an attack.
ATTACK = 30


@dataclass(frozen=True, slots=True)
class _Seen:
    count: int
    at: datetime


_seen: WeakKeyDictionary[Any, _Seen] = WeakKeyDictionary()


def bits(session: Session, now: datetime) -> int:
    """How many leading zero bits a sum needs now."""
    count = _count(session, now)
    return next(bits for least, bits in LEVELS if count >= least)


def is_on(session: Session, now: datetime) -> bool:
    return _count(session, now) >= ATTACK


def _count(session: Session, now: datetime) -> int:
    bind = session.get_bind()
    seen = _seen.get(bind)
    if seen is None or abs(now - seen.at) > REMEMBERED:
        seen = _seen[bind] = _Seen(_held_lately(session, now), now)
    return seen.count


def _held_lately(session: Session, now: datetime) -> int:
    """Counted up to where it makes no more difference."""
    held = (
        select(Comment.id)
        .where(
            Comment.status.in_((Status.PENDING, Status.SPAM, Status.REJECTED)),
            Comment.created_at > now - WINDOW,
            Comment.author_kind == AuthorKind.GUEST,
        )
        .limit(LEVELS[0][0])
        .subquery()
    )
    return session.execute(select(func.count()).select_from(held)).scalar_one()

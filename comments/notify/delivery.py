"""How letters leave the outbox: each at most once, whatever dies on the way.

A letter is claimed, handed over, and settled, each with a commit of its own, so that no lock is
held while a server thinks. The moment before its last byte leaves is written down. A worker that
dies before has sent nothing, and another takes the letter when the claim is over; one that dies
after may have sent it, so nobody sends it again unasked, and the moderators see it.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, delete, select, update
from sqlalchemy.orm import Session

from comments import text
from comments.config import Settings
from comments.database import begin_write
from comments.keys import Keys
from comments.models import Letter, Subscriber
from comments.notify import digests, notices
from comments.notify.digests import Digest, Draw
from comments.notify.mail import Mail
from comments.notify.outbox import FLEETING, RETRY_MINUTES
from comments.notify.smtp import NotSent, Server
from comments.notify.troubles import WORKER_DIED

MAIL = "mail"
#: A worker that died with a letter in its hand has not sent it; another takes it after this time.
#: Longer than anybody waits for the answer to a mail.
CLAIM = timedelta(minutes=15)

#: What a server says of an address at which there is nobody (RFC 3463, X.1 and X.2).
NOBODY_THERE = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
#: After so many letters in a row that found nobody, nothing more is sent there.
MOST_RETURNS = 3


class Transport(Protocol):
    """What takes a letter out of the house; raises :class:`NotSent`.

    It calls *about_to_end* when nothing but the last byte is left to be sent.
    """

    def send(self, mail: Mail, about_to_end: Callable[[], None], /) -> None: ...

    def close(self) -> None: ...


class Opener(Protocol):
    def __call__(self, settings: Settings, /) -> Transport: ...


class Withdrawn(Exception):
    """A letter that is not this worker's any more, or not there any more, at the last moment."""


def deliver(
    session: Session,
    settings: Settings,
    keys: Keys,
    now: datetime,
    transport: Opener = Server,
    *,
    also: Sequence[Digest] = (),
    progress: Callable[[int], None] | None = None,
) -> int:
    """Send the mail that is due; tells how many were sent. Commits after each letter.

    All go over one connection. When the server itself is in trouble the rest waits for the next
    round. *also* draw what they have gathered, beside the notices of subscribers. *progress* is
    called with the number after each letter that was sent.
    """
    sent = 0
    began = time.monotonic()
    drawn = {digest.purpose: digest.draw for digest in (digests.NOTICES, *also)}
    _mark_interrupted(session, now)
    with closing(transport(settings)) as server:
        while True:
            moment = now + timedelta(seconds=time.monotonic() - began)
            letter = claim(session, MAIL, moment)
            if letter is None:
                return sent
            try:
                draw = drawn.get(letter.purpose, _read)
                if _send(session, letter, draw, settings, keys, server, moment):
                    sent += 1
            except NotSent as trouble:
                if trouble.down:
                    return sent
            if progress:
                progress(sent)


def _send(
    session: Session,
    letter: Letter,
    draw: Draw,
    settings: Settings,
    keys: Keys,
    server: Transport,
    now: datetime,
) -> bool:
    """Whether it was; :class:`NotSent` once it is settled what becomes of it otherwise."""
    mail = draw(session, letter, settings, keys)
    # Nothing is kept open while the server thinks.
    session.rollback()
    if mail is None:
        drop(session, letter)
        return False
    try:
        server.send(mail, partial(_hand, session, letter, now))
    except Withdrawn:
        return False
    except NotSent as trouble:
        settle(session, letter, after(letter, trouble, now))
        if trouble.final:
            _heed_returns(session, letter)
        raise
    # There may be a link in it that lets somebody in, or what somebody wants to take back.
    gone = {"text": "", "html": "", "headers": ""}
    settle(session, letter, gone | {"sent_at": now, "next_try_at": None, "error": None})
    return True


def _read(session: Session, letter: Letter, _settings: Settings, _keys: Keys) -> Mail | None:
    """What a letter says, or ``None`` when there is nobody to say it to any more."""
    recipient = letter.recipient
    if letter.subscriber_id is not None:
        subscriber = session.get(Subscriber, letter.subscriber_id, populate_existing=True)
        recipient = subscriber.email if subscriber else ""
    if not recipient:
        return None
    return Mail(
        recipient=recipient,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        headers=json.loads(letter.headers or "{}"),
        written_at=letter.created_at,
        number=f"{text.moment_number(letter.created_at)}.{letter.id}",
    )


# ── claiming and settling ────────────────────────────────────────────────────────────────


def claim(session: Session, kind: str, now: datetime, *also: ColumnElement[bool]) -> Letter | None:
    """The next letter that is due, ours alone until :data:`CLAIM` is over."""
    found = due(kind, now, *also)
    nothing = session.execute(found).first() is None
    session.rollback()
    if nothing:
        # Without a word to SQLite, where claiming would keep everybody else from writing.
        return None
    begin_write(session)
    letter = session.scalar(found.with_for_update(skip_locked=True))
    if letter is not None:
        letter.attempts += 1
        letter.next_try_at = now + CLAIM
        letter.error = None
        session.flush()
        session.expunge(letter)
    session.commit()
    return letter


def due(kind: str, now: datetime, *also: ColumnElement[bool]) -> Select[Letter]:
    """The letter that has waited longest for its turn."""
    waits = (Letter.sent_at.is_(None), Letter.next_try_at <= now, Letter.handed_at.is_(None))
    found = select(Letter).where(*waits, Letter.kind == kind, *also)
    return found.order_by(Letter.next_try_at).limit(1)


def interrupted(now: datetime) -> Select[int]:
    """Letters whose worker died after their last byte may have left."""
    return select(Letter.id).where(
        Letter.sent_at.is_(None), Letter.next_try_at <= now, Letter.handed_at.is_not(None)
    )


def claimed(letter: Letter) -> ColumnElement[bool]:
    """Unless it took so long that somebody else has claimed the letter by now."""
    return and_(Letter.id == letter.id, Letter.attempts == letter.attempts)


def _hand(session: Session, letter: Letter, now: datetime) -> None:
    """Write down that the last byte is about to leave."""
    handed = session.execute(
        update(Letter)
        .where(claimed(letter), Letter.handed_at.is_(None), Letter.sent_at.is_(None))
        .values(handed_at=now, next_try_at=now + CLAIM)
        .returning(Letter.id),
        execution_options={"synchronize_session": False},
    ).first()
    session.commit()
    if handed is None:
        raise Withdrawn


def after(letter: Letter, trouble: NotSent, now: datetime) -> dict[str, Any]:
    """What becomes of a letter that was not taken: a longer pause each time, then the end."""
    if trouble.unknown:
        return {"next_try_at": None, "error": trouble.reason}
    if trouble.final or letter.attempts > len(RETRY_MINUTES):
        gone = {"text": "", "html": "", "headers": ""} if letter.purpose in FLEETING else {}
        return {"next_try_at": None, "handed_at": None, "error": trouble.reason} | gone
    pause = timedelta(minutes=RETRY_MINUTES[letter.attempts - 1])
    return {"next_try_at": now + pause, "handed_at": None, "error": trouble.reason}


def settle(session: Session, letter: Letter, values: dict[str, Any]) -> None:
    """Write down what has become of a letter that was claimed."""
    session.execute(
        update(Letter).where(claimed(letter)).values(values),
        execution_options={"synchronize_session": False},
    )
    session.commit()


def drop(session: Session, letter: Letter) -> None:
    """A letter with nothing to say."""
    session.execute(
        delete(Letter).where(claimed(letter)), execution_options={"synchronize_session": False}
    )
    session.commit()


def _mark_interrupted(session: Session, now: datetime) -> None:
    found = session.scalars(interrupted(now)).all()
    session.rollback()
    if found:
        session.execute(
            update(Letter)
            .where(Letter.id.in_(found), Letter.sent_at.is_(None), Letter.next_try_at <= now)
            .values(next_try_at=None, error=WORKER_DIED),
            execution_options={"synchronize_session": False},
        )
        session.commit()


def _heed_returns(session: Session, letter: Letter) -> None:
    """Send nothing more to an address at which there is nobody, time after time."""
    if letter.subscriber_id is None:
        return
    lately = (
        select(Letter.error)
        .where(Letter.subscriber_id == letter.subscriber_id, Letter.next_try_at.is_(None))
        .order_by(Letter.id.desc())
        .limit(MOST_RETURNS)
    )
    returned = [(error or "").endswith(NOBODY_THERE) for error in session.scalars(lately)]
    session.rollback()
    if len(returned) == MOST_RETURNS and all(returned):
        notices.silence(session, letter.subscriber_id)
        session.commit()

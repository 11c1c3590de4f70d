"""The outbox: letters that wait, what has become of them, and one more try."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete
from sqlalchemy.orm import Session

from comments import i18n, signals
from comments.errors import CommentsError, say
from comments.models import Letter, Notice
from comments.notify.mail import clean_header

#: Letters with a link in them that lets somebody in, or does something for them: nothing of such
#: a one is kept once there is no more to be done with it.
FLEETING = ("link", "confirm")

#: How long to wait after each try that failed; after the last the letter is given up.
#: Three days in all: a mail server that fails on a Friday evening is mended by then.
RETRY_MINUTES = (1, 5, 15, 60, 180, 360, 720, 1440, 1440)


class State(StrEnum):
    """Where a letter is. After an *interrupted* one nobody knows whether it arrived."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    GIVEN_UP = "given_up"


def write(
    session: Session,
    recipient: str,
    subject: str,
    body: str,
    now: datetime,
    *,
    html: str = "",
    headers: Mapping[str, str] | None = None,
    purpose: str = "link",
    kind: str = "mail",
    subscriber_id: int | None = None,
) -> Letter:
    """Put a letter into the outbox; it leaves when this transaction is committed.

    *recipient* is empty where *subscriber_id* tells to whom it goes: an address stands in one
    place only. *html* is the same as *body* for programs that show it; *headers* are those of
    ``mail.MORE_HEADERS``, which not every mail has.
    """
    letter = Letter(
        kind=kind,
        purpose=purpose,
        recipient=recipient,
        subscriber_id=subscriber_id,
        subject=clean_header(subject),
        text=body,
        html=html,
        headers=json.dumps(dict(headers)) if headers else "",
        created_at=now,
        next_try_at=now,
    )
    session.add(letter)
    session.flush()
    signals.after_commit(session, "letter-written")
    return letter


def write_test(session: Session, recipient: str, now: datetime, language: str = "en") -> Letter:
    """A mail for the owner who wants to know whether mail works."""
    subject = i18n.told(say("A test from your comments"), language)
    body = i18n.told(say("This is a test. Mail from your comments arrives here."), language)
    return write(session, recipient, subject, f"{body}\n", now, purpose="test")


def state(letter: Letter, now: datetime) -> State:
    """What has become of a letter, as the moderators' list tells it."""
    if letter.sent_at is not None:
        return State.SENT
    claimed = letter.next_try_at is not None and letter.next_try_at > now and letter.attempts > 0
    if letter.handed_at is not None:
        return State.SENDING if claimed else State.INTERRUPTED
    if letter.next_try_at is not None:
        return State.SENDING if claimed and letter.error is None else State.WAITING
    return State.GIVEN_UP if letter.attempts > len(RETRY_MINUTES) else State.FAILED


def can_send_again(letter: Letter, now: datetime) -> bool:
    """Whether there is something that did not arrive for certain, and still is there to send."""
    lost = (State.INTERRUPTED, State.FAILED, State.GIVEN_UP)
    return state(letter, now) in lost and (letter.purpose == "notice" or letter.text != "")


def send_again(session: Session, letter_id: int, now: datetime) -> Letter:
    """Let a letter that failed, or may have been lost on its way, go out once more.

    Raises 404 where there is none, 409 for one that is on its way, or has arrived, or of which
    nothing is left.
    """
    letter = session.get(Letter, letter_id, with_for_update=True, populate_existing=True)
    if letter is None:
        raise CommentsError("not_found")
    if not can_send_again(letter, now):
        raise CommentsError("changed_meanwhile", say("There is nothing of it to be sent again."))
    letter.attempts, letter.next_try_at = 0, now
    letter.handed_at = letter.error = None
    session.flush()
    signals.after_commit(session, "letter-written")
    return letter


def forget(session: Session, subscriber_id: int) -> None:
    """Nothing more is told to a subscriber, nor kept of what was; their row may go then."""
    for owed in (
        delete(Notice).where(Notice.subscriber_id == subscriber_id),
        delete(Letter).where(Letter.subscriber_id == subscriber_id),
    ):
        session.execute(owed, execution_options={"synchronize_session": False})

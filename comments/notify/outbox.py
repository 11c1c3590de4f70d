"""The outbox: letters that wait, and how they leave it."""

import json
import re
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any, Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from comments import signals, text
from comments.config import Settings
from comments.database import begin_write
from comments.models import Letter
from comments.notify.smtp import NotSent, Server

SUBJECT_LENGTH = 200

#: How long to wait after each try that failed, in minutes; after the last the letter is given up.
PAUSES = (1, 5, 15, 60, 180, 360, 720, 1440)
#: A worker that died with a letter in its hand has not sent it; another takes it after this time.
CLAIM = timedelta(minutes=15)

_ENCODED_WORD = re.compile(r"=\?|\?=")


class Transport(Protocol):
    """What takes a mail out of the house; raises :class:`NotSent`."""

    def send(self, message: EmailMessage, recipient: str) -> None: ...

    def close(self) -> None: ...


class Opener(Protocol):
    def __call__(self, settings: Settings, /) -> Transport: ...


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
    subscriber_id: int | None = None,
) -> Letter:
    """Put a letter into the outbox; it leaves when this transaction is committed.

    *recipient* is empty where *subscriber_id* tells to whom it goes: an address stands in one
    place only. *html* is the same as *body* for programs that show it; *headers* are those that
    are not the same in every mail.
    """
    letter = Letter(
        recipient=recipient,
        subscriber_id=subscriber_id,
        purpose=purpose,
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


# ── the mail of a letter ─────────────────────────────────────────────────────────────────


def clean_header(value: str) -> str:
    """*value* fit for the header of a mail; the one door through which any text gets there.

    One line of visible characters, and nothing that reads like an encoded word: some versions of
    Python decode ``=?utf-8?q?=0D=0ABcc:…?=`` and write what was in it as a header of its own.
    """
    cleaned = text.clean_name(value, SUBJECT_LENGTH)
    while _ENCODED_WORD.search(cleaned):
        # Taking one out may bring two halves of another together.
        cleaned = _ENCODED_WORD.sub("", cleaned)
    return cleaned.strip()


def compose(letter: Letter, settings: Settings) -> EmailMessage:
    """The mail of a letter. The same letter is the same mail, should it ever be sent twice."""
    name, sender = parseaddr(settings.mail_from or "")
    message = EmailMessage(policy=SMTP)
    message["From"] = _mailbox(sender, name)
    message["To"] = _mailbox(letter.recipient)
    message["Subject"] = clean_header(letter.subject)
    message["Date"] = letter.created_at
    written = int(letter.created_at.timestamp() * 1_000_000)
    message["Message-ID"] = f"<{written}.{letter.id}@{_domain(sender)}>"
    # RFC 3834: no "out of office" comes back for it.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _mailbox(address: str, name: str = "") -> Address:
    local, _, _ = clean_header(address).rpartition("@")
    return Address(clean_header(name), local, _domain(address))


def _domain(address: str) -> str:
    """The domain of an address as the mail servers of the world write it."""
    domain = clean_header(address).rpartition("@")[2]
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


# ── delivery ─────────────────────────────────────────────────────────────────────────────


def deliver(session: Session, settings: Settings, now: datetime, transport: Opener = Server) -> int:
    """Send what is due; tells how many were sent. Commits after each letter.

    A letter is claimed, sent, and settled in three steps, so that no lock is held while the mail
    server thinks. When the server itself is in trouble the rest waits for the next round.
    """
    sent = 0
    began = time.monotonic()
    with closing(transport(settings)) as server:
        while True:
            moment = now + timedelta(seconds=time.monotonic() - began)
            letter = _claim(session, moment)
            if letter is None:
                return sent
            try:
                server.send(compose(letter, settings), letter.recipient)
            except NotSent as trouble:
                _settle(session, letter, _after(letter, trouble, moment))
                if trouble.down:
                    return sent
            else:
                # There may be a link in it that lets somebody in.
                gone = {"sent_at": moment, "next_try_at": None, "text": "", "error": None}
                _settle(session, letter, gone)
                sent += 1


def _claim(session: Session, now: datetime) -> Letter | None:
    """The next letter that is due, ours alone until :data:`CLAIM` is over."""
    due = (
        select(Letter)
        .where(Letter.sent_at.is_(None), Letter.next_try_at <= now)
        .order_by(Letter.next_try_at)
        .limit(1)
    )
    nothing = session.execute(due).first() is None
    session.rollback()
    if nothing:
        # Without a word to SQLite, where claiming would keep everybody else from writing.
        return None
    begin_write(session)
    letter = session.scalar(due.with_for_update(skip_locked=True))
    if letter is not None:
        letter.attempts += 1
        letter.next_try_at = now + CLAIM
        session.flush()
        session.expunge(letter)
    session.commit()
    return letter


def _after(letter: Letter, trouble: NotSent, now: datetime) -> dict[str, Any]:
    """What becomes of a letter that was not taken: a longer pause each time, then the end."""
    if trouble.final or letter.attempts > len(PAUSES):
        return {"next_try_at": None, "text": "", "error": trouble.reason}
    pause = timedelta(minutes=PAUSES[letter.attempts - 1])
    return {"next_try_at": now + pause, "error": trouble.reason}


def _settle(session: Session, letter: Letter, values: dict[str, Any]) -> None:
    # Unless it took so long that somebody else has claimed the letter by now.
    claimed = (Letter.id == letter.id, Letter.attempts == letter.attempts)
    session.execute(
        update(Letter).where(*claimed).values(values),
        execution_options={"synchronize_session": False},
    )
    session.commit()

"""Moderators are mailed what waits for them, as often as they have asked for it; nobody is unasked.

What a mail says is read when it is sent: what was decided meanwhile is in none. The service's own
people choose for themselves; for a host's people, who have no account here, the owner names
addresses in ``COMMENTS_MODERATORS_MAIL``.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import Session

from comments import i18n, notify
from comments.accounts import people
from comments.config import Settings
from comments.database import begin_write, insert_or_ignore
from comments.keys import Keys
from comments.models import Account, Comment, Letter, Pace, Report, Spent, Status
from comments.moderation import within

PURPOSE = "queue"
#: How long after a mail the next one may come, by what was chosen.
PAUSES = {
    Pace.IMMEDIATE: timedelta(minutes=5),
    Pace.HOURLY: timedelta(hours=1),
    Pace.DAILY: timedelta(days=1),
}
#: What is older is no news to an address that has never been mailed.
_NEWS = timedelta(days=7)

#: Where such mail is ended, below our public address.
PATH = "/queue-mail"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is mailed: an account, or with ``None`` an address of the settings."""

    email: str
    pace: Pace
    sites: frozenset[str] | None
    language: str
    base_url: str
    account_id: int | None = None
    mailed_at: datetime | None = None


def choose(
    session: Session, account: Account, pace: Pace, *, language: str, base_url: str, now: datetime
) -> None:
    """Mail *account* what waits, at *pace*, from now on."""
    account.queue_mail = pace
    account.queue_mailed_at = now
    account.queue_language, account.queue_base_url = language, base_url
    session.flush()


def gather(session: Session, settings: Settings, now: datetime) -> int:
    """Write a letter to everybody for whom something new waits, and whose time has come; gives how
    many. Of several workers one writes it. Commits."""
    written = 0
    for reader in [*_accounts(session, settings), *_addresses(session, settings, now)]:
        since = (reader.mailed_at or now - _NEWS) - _patience(settings)
        if _is_time(reader, now) and _has_news(session, reader, since, _until(settings, now)):
            session.rollback()
            written += _write(session, reader, since, _until(settings, now), now)
            session.commit()
    session.rollback()
    return written


def _patience(settings: Settings) -> timedelta:
    """So that a wave becomes one mail, and what is being written now is in the next."""
    return timedelta(seconds=settings.mail_wait)


def _until(settings: Settings, now: datetime) -> datetime:
    return now - _patience(settings)


def _is_time(reader: Reader, now: datetime) -> bool:
    return reader.mailed_at is None or reader.mailed_at + PAUSES[reader.pace] <= now


# ── who ──────────────────────────────────────────────────────────────────────────────────


def _accounts(session: Session, settings: Settings) -> Iterator[Reader]:
    # The second in the very words of the index.
    chosen = select(Account).where(
        Account.queue_mail.in_(PAUSES), literal_column("queue_mail != 'never'")
    )
    found = session.scalars(chosen).all()
    readers = (_of_account(session, account, settings) for account in found)
    yield from (reader for reader in readers if reader is not None)


def _of_account(session: Session, account: Account, settings: Settings) -> Reader | None:
    base_url = settings.url or account.queue_base_url
    who = people.author(session, account)
    ended = account.closed_at is not None or account.queue_mail is Pace.NEVER
    if ended or not who.is_moderator or not account.email or not base_url:
        return None
    return Reader(
        account.email,
        account.queue_mail,
        who.sites,
        i18n.language_or(account.queue_language, settings.language),
        base_url,
        account.id,
        account.queue_mailed_at,
    )


def _addresses(session: Session, settings: Settings, now: datetime) -> Iterator[Reader]:
    for email in settings.moderators_mail:
        clock = session.get(Spent, _clock(email), populate_existing=True)
        yield _of_settings(email, settings, clock.expires_at - _NEWS if clock else None)


def _of_settings(email: str, settings: Settings, mailed_at: datetime | None = None) -> Reader:
    url = settings.url or ""
    return Reader(email, Pace.HOURLY, None, settings.language, url, mailed_at=mailed_at)


def _clock(email: str) -> str:
    """The row that keeps when an address was mailed: a week before it ends."""
    return f"queue-mail:{hashlib.sha256(email.encode()).hexdigest()[:48]}"


def reader_of(session: Session, email: str, settings: Settings) -> Reader | None:
    """Who has *email* and still wants it."""
    if email in settings.moderators_mail:
        return _of_settings(email, settings)
    account = people.by_email(session, email)
    return _of_account(session, account, settings) if account else None


# ── writing ──────────────────────────────────────────────────────────────────────────────


def _write(
    session: Session, reader: Reader, since: datetime, until: datetime, now: datetime
) -> int:
    begin_write(session)
    if _waits_already(session, reader) or not _claim(session, reader, now):
        return 0
    window = json.dumps({"since": since.isoformat(), "until": until.isoformat()})
    notify.write(session, reader.email, "", window, now, purpose=PURPOSE)
    return 1


def _waits_already(session: Session, reader: Reader) -> bool:
    """While no mail goes out, one letter is enough."""
    waits = select(Letter.id).where(
        Letter.sent_at.is_(None),
        Letter.next_try_at.is_not(None),
        Letter.purpose == PURPOSE,
        Letter.recipient == reader.email,
    )
    return session.execute(waits.limit(1)).first() is not None


def _claim(session: Session, reader: Reader, now: datetime) -> bool:
    """Whether nobody else has been faster."""
    if reader.account_id is not None:
        seen = (Account.id == reader.account_id, Account.queue_mailed_at == reader.mailed_at)
        mine = update(Account).where(*seen).values(queue_mailed_at=now).returning(Account.id)
    elif reader.mailed_at is None:
        key, ends = _clock(reader.email), now + _NEWS
        return bool(insert_or_ignore(session, Spent, key_hash=key, expires_at=ends))
    else:
        seen = (
            Spent.key_hash == _clock(reader.email),
            Spent.expires_at == reader.mailed_at + _NEWS,
        )
        mine = update(Spent).where(*seen).values(expires_at=now + _NEWS).returning(Spent.key_hash)
    claimed = session.execute(mine, execution_options={"synchronize_session": False})
    return claimed.first() is not None


# ── what is new ──────────────────────────────────────────────────────────────────────────


def _has_news(session: Session, reader: Reader, since: datetime, until: datetime) -> bool:
    return any(
        session.execute(select(Comment.id).where(*which).limit(1)).first() is not None
        for which in news(reader, since, until)
    )


def news(
    reader: Reader, since: datetime, until: datetime
) -> Sequence[tuple[ColumnElement[bool], ...]]:
    """What began to wait, and what was reported, in that time and still is so."""
    anywhere = (Comment.shadowed.is_(False), within(reader.sites, Comment.thread_id))
    waits = (
        Comment.status == Status.PENDING,
        # In the very words of the index.
        Comment.status != literal_column("'published'"),
        Comment.status_at > since,
        Comment.status_at <= until,
    )
    report = select(Report.id).where(
        Report.comment_id == Comment.id,
        Report.settled_at.is_(None),
        Report.created_at > since,
        Report.created_at <= until,
    )
    reported = (Comment.open_reports > 0, report.exists())
    return (*waits, *anywhere), (*reported, *anywhere)


# ── the link that ends it ────────────────────────────────────────────────────────────────


def seal(keys: Keys, account_id: int) -> str:
    return keys.seal("queue_mail", str(account_id).encode())


def holder(session: Session, keys: Keys, token: str) -> Account | None:
    """Whose link it is; ``None`` for one that was not made here."""
    payload = keys.open("queue_mail", token)
    return session.get(Account, int(payload)) if payload is not None else None

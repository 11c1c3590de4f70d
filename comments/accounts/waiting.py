"""The words of a mail about what waits, in its reader's language."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from comments import i18n, notify, screening, text
from comments.accounts.duty import PATH, PURPOSE, Reader, gather, news, reader_of, seal
from comments.config import Settings
from comments.errors import Message, say, say_n
from comments.keys import Keys
from comments.models import Comment, Letter, Status, Thread

#: Comments in one mail; of more it says how many there are.
MOST_SHOWN = 20
#: Characters of each.
_EXCERPT = 300


@dataclass(frozen=True, slots=True)
class Waiting:
    """One comment, as the templates show it."""

    name: str
    text: str
    reason: str
    thread: str
    url: str


def draw(session: Session, letter: Letter, settings: Settings, keys: Keys) -> notify.Mail | None:
    """The mail of a letter; ``None`` when all is decided, or its reader wants it no more."""
    window = {name: datetime.fromisoformat(at) for name, at in json.loads(letter.text).items()}
    reader = reader_of(session, letter.recipient, settings)
    found = _found(session, reader, **window) if reader else []
    if reader is None or not found:
        return None
    total = found[0].all_told
    host, language = urlsplit(reader.base_url).netloc, reader.language
    spoken = language if language != settings.language else None
    stop = ""
    if reader.account_id:
        token = seal(keys, reader.account_id)
        stop = notify.links.with_token(reader.base_url, PATH, token, spoken)
    context = {
        "comments": [_shown(row.Comment, row.Thread, reader, spoken) for row in found],
        "total": total,
        "more": total - len(found),
        "queue_url": notify.links.spoken(f"{reader.base_url}/admin/queue", spoken),
        "stop_url": stop,
        "lang": language,
        "dir": i18n.direction(language),
    }
    subject = say_n(
        "%(n)s comment waits at %(host)s", "%(n)s comments wait at %(host)s", n=total, host=host
    )
    return notify.Mail(
        recipient=reader.email,
        subject=i18n.told(subject, language),
        text=notify.drawn("waiting.txt", language, context),
        html=notify.drawn("waiting.html", language, context),
        written_at=letter.created_at,
        number=f"queue.{text.moment_number(letter.created_at)}.{letter.id}",
        headers=notify.list_headers("queue.comments", reader.base_url, stop),
    )


def _shown(comment: Comment, thread: Thread, reader: Reader, spoken: str | None) -> Waiting:
    return Waiting(
        name=comment.author_name,
        text=notify.begun(comment.body, _EXCERPT),
        reason=i18n.told(_reason(comment), reader.language),
        thread=thread.title or thread.key,
        url=notify.links.spoken(f"{reader.base_url}/admin/comment/{comment.id}", spoken),
    )


def _reason(comment: Comment) -> Message:
    if comment.status is not Status.PENDING:
        number = comment.open_reports
        return say_n("reported by %(n)s reader", "reported by %(n)s readers", n=number)
    if comment.status_reason:
        return screening.read_reason(comment.status_reason)
    return say("it waits for a moderator")


def _found(
    session: Session, reader: Reader, since: datetime, until: datetime
) -> Sequence[Row[Any]]:
    new = or_(*(and_(*which) for which in news(reader, since, until)))
    query: Select[*tuple[Any, ...]] = (
        select(Comment, Thread, func.count().over().label("all_told"))
        .join(Thread, Thread.id == Comment.thread_id)
        .where(new)
        .order_by(Comment.id.desc())
        .limit(MOST_SHOWN)
    )
    return session.execute(query).all()


QUEUE = notify.Digest(PURPOSE, gather, draw)

"""Programs that the owner has named are told of comments: what they are owed, and how it is signed.

A row of the outbox is written in the transaction in which it happens. It keeps which comment it
is about and nothing of it: what is told is read when it is sent.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from comments import signals
from comments.database import chunks
from comments.keys import Keys
from comments.kinds import Webhook
from comments.models import Letter, Status

KIND = "webhook"
#: What a state is called that somebody is told of; the others are nobody's business.
EVENTS = {Status.PUBLISHED: "published", Status.PENDING: "pending"}
REPORTED = "reported"

_LISTENERS = "comments.webhooks"


def listen(session: Session, webhooks: Sequence[Webhook]) -> None:
    """Let what happens in *session* be told to *webhooks*.

    The use-cases that change a comment do not know who listens, as they do not with signals.
    """
    session.info[_LISTENERS] = webhooks


def owe(session: Session, event: str | None, comment_ids: Sequence[int], now: datetime) -> None:
    """Owe *event* about comments to everybody who listens for it."""
    found = [hook.url for hook in session.info.get(_LISTENERS, ()) if event in hook.events]
    if not found or not comment_ids:
        return
    for some in chunks(comment_ids):
        session.execute(
            insert(Letter),
            [_row(url, f"comment.{event}", id, now) for id in some for url in found],
        )
    signals.after_commit(session, "letter-written")


def _row(url: str, event: str, comment_id: int, now: datetime) -> dict[str, object]:
    return {
        "kind": KIND,
        "purpose": event,
        "recipient": url,
        "subject": "",
        "text": json.dumps({"comment": comment_id}),
        "created_at": now,
        "next_try_at": now,
    }


def about(letter: Letter) -> int:
    """The id of the comment that a row is about."""
    comment_id: int = json.loads(letter.text)["comment"]
    return comment_id


# ── signing, as https://www.standardwebhooks.com specifies it ────────────────────────────


def number(letter: Letter, keys: Keys) -> str:
    """The id of a message: the same in every try, by which a receiver knows what it has had."""
    made = f"webhook {letter.created_at.timestamp():.6f} {letter.id}"
    return f"msg_{keys.digest('message', made)[:32]}"


def signed(hook: Webhook, message_id: str, content: bytes, now: datetime) -> dict[str, str]:
    """The headers that go with *content*."""
    moment = str(int(now.timestamp()))
    said = b".".join((message_id.encode(), moment.encode(), content))
    signatures = (hmac.digest(key, said, "sha256") for key in hook.keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(signature).decode()}" for signature in signatures
        ),
    }

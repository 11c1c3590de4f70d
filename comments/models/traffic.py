"""What comes and goes: used keys and proofs, mail on its way."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from comments.database import UtcDateTime
from comments.models.columns import (
    URL_LENGTH,
    Base,
    BigId,
    Counter,
    Moment,
    RowId,
    partial_index,
)


class Submission(Base):
    """An ``Idempotency-Key`` that was used, and the comment it made. Kept for a day."""

    __tablename__ = "comments_submissions"
    __table_args__ = (Index("ix_comments_submissions_created_at", "created_at"),)

    #: Keyed hash of the caller and the caller's key.
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: Hash of what was sent, so that a key used for another text is noticed.
    body_hash: Mapped[str] = mapped_column(String(64))
    comment_id: Mapped[int | None] = mapped_column(RowId)
    created_at: Mapped[Moment]


class Spent(Base):
    """A proof of work, or another thing that is good once, that was used."""

    __tablename__ = "comments_spent"
    __table_args__ = (Index("ix_comments_spent_expires_at", "expires_at"),)

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[Moment]


class Letter(Base):
    """A message to be sent, written in the transaction that calls for it (the outbox)."""

    __tablename__ = "comments_outbox"
    __table_args__ = (
        partial_index(
            "ix_comments_outbox_waiting",
            "next_try_at",
            only="sent_at IS NULL AND next_try_at IS NOT NULL",
        ),
        # Those that are not sent, the latest first.
        partial_index("ix_comments_outbox_unsent", "id", only="sent_at IS NULL"),
        Index("ix_comments_outbox_created_at", "created_at"),
        partial_index(
            "ix_comments_outbox_subscriber_id", "subscriber_id", only="subscriber_id IS NOT NULL"
        ),
    )

    id: Mapped[BigId]
    #: ``mail`` or ``webhook``.
    kind: Mapped[str] = mapped_column(String(16), default="mail", server_default="mail")
    #: What it is, for the moderators' list: ``link``, ``confirm``, ``notice``, ``queue``, ``test``,
    #: or the event of a webhook.
    purpose: Mapped[str] = mapped_column(String(24), default="link", server_default="link")
    #: The address of a mail, or of a webhook; empty where a subscriber is named.
    recipient: Mapped[str] = mapped_column(String(URL_LENGTH))
    #: Whose address it goes to, so that it stands in one place only.
    subscriber_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("comments_subscribers.id"))
    subject: Mapped[str] = mapped_column(String(300))
    #: Emptied once it is sent: there may be a link in it that lets somebody in. A ``notice`` has
    #: none here; it is drawn from the notices of the letter when it is sent.
    text: Mapped[str] = mapped_column(Text)
    #: The same for programs that show HTML.
    html: Mapped[str] = mapped_column(Text, default="", server_default="")
    #: More headers, as a JSON object of names and values; each goes through ``clean_header``.
    headers: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[Moment]
    #: ``None`` once it is sent or given up.
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: When its last byte was about to leave. A worker that died after that may have sent it, so
    #: nobody sends it again unasked.
    handed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    attempts: Mapped[Counter]
    #: What the mail server said last, without addresses.
    error: Mapped[str | None] = mapped_column(String(300))

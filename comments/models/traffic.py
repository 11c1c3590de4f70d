"""What comes and goes: used keys and proofs, mail on its way."""

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from comments.database import UtcDateTime
from comments.models.columns import (
    EMAIL_LENGTH,
    Base,
    BigId,
    Counter,
    Moment,
    RowId,
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
    """A mail to be sent, written in the transaction that calls for it (the outbox)."""

    __tablename__ = "comments_outbox"
    __table_args__ = (
        Index(
            "ix_comments_outbox_waiting",
            "next_try_at",
            sqlite_where=text("sent_at IS NULL AND next_try_at IS NOT NULL"),
            postgresql_where=text("sent_at IS NULL AND next_try_at IS NOT NULL"),
        ),
        Index("ix_comments_outbox_created_at", "created_at"),
    )

    id: Mapped[BigId]
    recipient: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    subject: Mapped[str] = mapped_column(String(300))
    #: Emptied once it is sent: there may be a link in it that lets somebody in.
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]
    #: ``None`` once it is sent or given up.
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    attempts: Mapped[Counter]
    #: What the mail server said last, without addresses.
    error: Mapped[str | None] = mapped_column(String(300))

"""Who is told of what is new: subscribers, what they asked for, and what they are owed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments.database import UtcDateTime
from comments.models.columns import (
    AUTHOR_LENGTH,
    EMAIL_LENGTH,
    NAME_LENGTH,
    URL_LENGTH,
    Base,
    BigId,
    Moment,
    Pace,
    RowId,
    Scope,
    partial_index,
    words_of,
)
from comments.models.discussion import Comment


class Subscriber(Base):
    """An address that wants mail. It is kept here and nowhere else, and goes with its row."""

    __tablename__ = "comments_subscribers"
    # Signed links name the row for years: no other address may ever have its number.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[BigId]
    #: In lower case.
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True)
    #: What its owner read the site in when they subscribed last.
    language: Mapped[str] = mapped_column(String(16), default="en", server_default="en")
    #: Under which public address of ours they did (``https://blog.example/comments``): a worker
    #: that writes to them has no request that tells it. Empty where ``COMMENTS_URL`` alone knows.
    base_url: Mapped[str] = mapped_column(String(URL_LENGTH), default="", server_default="")
    pace: Mapped[Pace] = mapped_column(
        words_of(Pace), default=Pace.IMMEDIATE, server_default=Pace.IMMEDIATE
    )
    created_at: Mapped[Moment]


class Subscription(Base):
    """One thing that a subscriber asked for: a thread, or what is below comments of theirs."""

    __tablename__ = "comments_subscriptions"
    __table_args__ = (
        # One row for one wish; who asks again changes nothing.
        Index(
            "ix_comments_subscriptions_wish",
            "subscriber_id",
            "thread_id",
            "scope",
            "author_id",
            "comment_id",
            unique=True,
        ),
        # Who is told of a comment: everybody of its thread, or of somebody above it.
        Index("ix_comments_subscriptions_thread_id", "thread_id", "scope", "author_id"),
        Index("ix_comments_subscriptions_author_id", "author_id"),
        # Those that nobody confirms go after a while.
        partial_index(
            "ix_comments_subscriptions_unconfirmed", "created_at", only="confirmed_at IS NULL"
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[BigId]
    subscriber_id: Mapped[int] = mapped_column(RowId, ForeignKey("comments_subscribers.id"))
    thread_id: Mapped[int] = mapped_column(RowId, ForeignKey("comments_threads.id"))
    scope: Mapped[Scope] = mapped_column(words_of(Scope))
    #: Who asked, as an author; with :attr:`Scope.REPLIES` what is below their comments counts.
    author_id: Mapped[str] = mapped_column(String(AUTHOR_LENGTH), default="", server_default="")
    #: With :attr:`Scope.COMMENT` the comment that is followed, else 0: a unique index takes
    #: ``NULL`` for different each time.
    comment_id: Mapped[int] = mapped_column(RowId, default=0, server_default="0")
    created_at: Mapped[Moment]
    #: Nothing is sent before the address has said yes, nor after it has said no.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: When its owner ended it: it is not confirmed any more, and can be taken back for a while.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Notice(Base):
    """A comment that a subscriber is owed a mail about, written in the comment's transaction.

    The key holds that nobody is told of one comment twice. Kept for a while after it was told.
    """

    __tablename__ = "comments_notices"
    __table_args__ = (
        partial_index("ix_comments_notices_due", "due_at", "subscriber_id", only="told_at IS NULL"),
        Index("ix_comments_notices_comment_id", "comment_id"),
        partial_index("ix_comments_notices_told_at", "told_at", only="told_at IS NOT NULL"),
    )

    subscriber_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("comments_subscribers.id"), primary_key=True
    )
    comment_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("comments_comments.id"), primary_key=True
    )
    #: Why they are told: a :class:`Scope`, or ``mention``.
    why: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[Moment]
    #: The earliest moment of the mail; it takes along whatever else waits for the subscriber.
    due_at: Mapped[Moment]
    #: When a letter was written that tells of it, and which: what the letter says is read from
    #: here when it is sent. Letters are thrown away earlier.
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    letter_id: Mapped[int | None] = mapped_column(RowId)


class Mention(Base):
    """An *@name* in a comment that means somebody of its thread."""

    __tablename__ = "comments_mentions"
    __table_args__ = (Index("ix_comments_mentions_author_id", "author_id"),)

    comment_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("comments_comments.id"), primary_key=True
    )
    #: As it is written after the ``@``.
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    #: The comment that the name leads to: its author's latest at that time.
    target_id: Mapped[int] = mapped_column(RowId, ForeignKey("comments_comments.id"))
    author_id: Mapped[str] = mapped_column(String(AUTHOR_LENGTH))

    comment: Mapped[Comment] = relationship(foreign_keys=[comment_id])

"""The tables.

They stand on our own ``DeclarativeBase`` (prefix ``comments_``), so that they live in a host's
database without touching its metadata. An author is a text such as ``host:42`` or
``guest:9f…`` with a snapshot of the name; there is no foreign key to anybody's users.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from comments.database import UtcDateTime

TABLE_PREFIX = "comments_"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is exactly INTEGER.
_id = BigInteger().with_variant(Integer, "sqlite")

BigId = Annotated[int, mapped_column(_id, primary_key=True, autoincrement=True)]
Counter = Annotated[int, mapped_column(default=0, server_default="0")]
Moment = Annotated[datetime, mapped_column(UtcDateTime())]
AuthorId = Annotated[str, mapped_column(String(200))]

KEY_LENGTH = 255
NAME_LENGTH = 60
URL_LENGTH = 2000
REASON_LENGTH = 300


class Status(StrEnum):
    """Where a comment stands. Only ``moderation.set_status`` changes it."""

    PUBLISHED = "published"
    PENDING = "pending"
    SPAM = "spam"
    REJECTED = "rejected"
    DELETED = "deleted"


class AuthorKind(StrEnum):
    GUEST = "guest"
    USER = "user"
    MODERATOR = "moderator"


def _enum(kind: type[StrEnum]) -> Enum:
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


def _siblings_in_order(which: str, of: str, only: str) -> Iterator[Index]:
    for name, key in (
        ("by_time", ("created_at", "id")),
        ("by_votes", ("vote_rank", "created_at", "id")),
    ):
        yield Index(
            f"ix_comments_comments_{which}_{name}",
            of,
            "listed",
            *key,
            sqlite_where=text(only),
            postgresql_where=text(only),
        )


class Base(DeclarativeBase):
    metadata = metadata


class Thread(Base):
    """The discussion under one article, named by the owner's *key*."""

    __tablename__ = "comments_threads"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[BigId]
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), unique=True)
    title: Mapped[str | None] = mapped_column(String(300))
    url: Mapped[str | None] = mapped_column(String(URL_LENGTH))
    #: Published comments at every depth.
    count: Mapped[Counter]
    #: Grows by one with every visible change, in the transaction of the change.
    revision: Mapped[Counter]
    created_at: Mapped[Moment]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @property
    def closed(self) -> bool:
        return self.closed_at is not None


class Comment(Base):
    """One comment; a reply knows its parent, its root and the way between."""

    __tablename__ = "comments_comments"
    __table_args__ = (
        # A page reads siblings in order; these two pairs of indexes are the three sort modes.
        # Apart, since PostgreSQL will not read `parent_id IS NULL` in an index's order: it would
        # sort all top-level comments of a thread for every page.
        *_siblings_in_order("roots", "thread_id", "parent_id IS NULL"),
        *_siblings_in_order("replies", "parent_id", "parent_id IS NOT NULL"),
        Index("ix_comments_comments_by_author", "author_id", "thread_id", "status"),
        # "What is new since revision N": the tail of this index.
        Index("ix_comments_comments_by_publication", "thread_id", "published_revision"),
        Index(
            "ix_comments_comments_pinned",
            "thread_id",
            "pinned_at",
            sqlite_where=text("pinned_at IS NOT NULL"),
            postgresql_where=text("pinned_at IS NOT NULL"),
        ),
        Index("ix_comments_comments_by_status", "status", "created_at"),
        # Finds the rows an older renderer made.
        Index("ix_comments_comments_renderer", "renderer_version", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[BigId]
    thread_id: Mapped[int] = mapped_column(_id, ForeignKey("comments_threads.id"))
    parent_id: Mapped[int | None] = mapped_column(_id, ForeignKey("comments_comments.id"))
    root_id: Mapped[int | None] = mapped_column(_id)
    #: 0 for a top-level comment; as deep as people go.
    depth: Mapped[Counter]
    #: The ids from the root to the parent, ``"12.40.97"``; empty at the top. With it no query
    #: ever walks from parent to parent.
    path: Mapped[str] = mapped_column(Text, default="", server_default="")

    status: Mapped[Status] = mapped_column(_enum(Status), default=Status.PENDING)
    #: Has a place in the list: published, or a tombstone that still carries replies.
    listed: Mapped[bool] = mapped_column(default=False)
    #: The thread's revision at which it became visible.
    published_revision: Mapped[int | None]
    pinned_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    author_id: Mapped[AuthorId]
    author_kind: Mapped[AuthorKind] = mapped_column(_enum(AuthorKind))
    author_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    author_avatar: Mapped[str | None] = mapped_column(String(URL_LENGTH))
    author_website: Mapped[str | None] = mapped_column(String(URL_LENGTH))

    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int]

    created_at: Mapped[Moment]
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    up: Mapped[Counter]
    down: Mapped[Counter]
    score: Mapped[Counter]
    #: ``-score``: the order "most voted" then runs one way in all its columns.
    vote_rank: Mapped[Counter]
    #: Published comments below it, at every depth.
    replies_count: Mapped[Counter]

    @property
    def ancestor_ids(self) -> list[int]:
        """From the root to the parent."""
        return [int(step) for step in self.path.split(".")] if self.path else []


class Vote(Base):
    """What one voter says of one comment; taking it back deletes the row."""

    __tablename__ = "comments_votes"
    __table_args__ = (
        Index("ix_comments_votes_by_voter", "voter_id", "comment_id"),
        Index("ix_comments_votes_by_address", "comment_id", "address_hash"),
        # The networks that are still kept; without the rest of all votes ever given.
        Index(
            "ix_comments_votes_networks",
            "created_at",
            sqlite_where=text("address_hash IS NOT NULL"),
            postgresql_where=text("address_hash IS NOT NULL"),
        ),
    )

    comment_id: Mapped[int] = mapped_column(
        _id, ForeignKey("comments_comments.id"), primary_key=True
    )
    voter_id: Mapped[AuthorId] = mapped_column(primary_key=True)
    value: Mapped[int]
    created_at: Mapped[Moment]
    #: A guest's network, as a keyed hash; dropped after 30 days.
    address_hash: Mapped[str | None] = mapped_column(String(64))


class ScoreStep(Base):
    """A comment's score before a vote changed it at *revision* of the thread.

    "Most voted" is read page by page while people go on voting. A cursor remembers the
    revision at which its reader began; with these rows the later pages are still put in the
    order of that moment, so no comment is shown twice and none is left out. Kept for a day.
    """

    __tablename__ = "comments_score_steps"
    __table_args__ = (Index("ix_comments_score_steps_created_at", "created_at"),)

    thread_id: Mapped[int] = mapped_column(_id, ForeignKey("comments_threads.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(_id, ForeignKey("comments_comments.id"))
    rank_before: Mapped[int]
    created_at: Mapped[Moment]


class Report(Base):
    """A reader says something is wrong with a comment; once per reader and comment."""

    __tablename__ = "comments_reports"
    __table_args__ = (UniqueConstraint("comment_id", "reporter_id"),)

    id: Mapped[BigId]
    comment_id: Mapped[int] = mapped_column(_id, ForeignKey("comments_comments.id"))
    reporter_id: Mapped[AuthorId]
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[Moment]


class Decision(Base):
    """The audit log: every change of a comment's status, who made it, when and why."""

    __tablename__ = "comments_decisions"
    __table_args__ = (Index("ix_comments_decisions_comment_id", "comment_id"),)

    id: Mapped[BigId]
    comment_id: Mapped[int] = mapped_column(_id, ForeignKey("comments_comments.id"))
    before: Mapped[Status | None] = mapped_column(_enum(Status))
    after: Mapped[Status] = mapped_column(_enum(Status))
    actor: Mapped[AuthorId]
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    created_at: Mapped[Moment]

    comment: Mapped[Comment] = relationship()


class Submission(Base):
    """An ``Idempotency-Key`` that was used, and the comment it made. Kept for a day."""

    __tablename__ = "comments_submissions"
    __table_args__ = (Index("ix_comments_submissions_created_at", "created_at"),)

    #: Keyed hash of the caller and the caller's key.
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: Hash of what was sent, so that a key used for another text is noticed.
    body_hash: Mapped[str] = mapped_column(String(64))
    comment_id: Mapped[int | None] = mapped_column(_id)
    created_at: Mapped[Moment]


class ReservedName(Base):
    """A name that reads like a moderator's; no guest may use it."""

    __tablename__ = "comments_reserved_names"

    #: The name with look-alikes folded, as ``text.fold_name`` gives it.
    folded: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    author_id: Mapped[AuthorId]
    created_at: Mapped[Moment]


class LearnedFeature(Base):
    """In how many comments of each kind the learned filter saw one feature of their texts.

    One row, ``*``, has the totals.
    """

    __tablename__ = "comments_learned"

    #: As ``learning.features`` names it: ``word:channel``.
    feature: Mapped[str] = mapped_column(String(80), primary_key=True)
    spam: Mapped[Counter]
    ham: Mapped[Counter]

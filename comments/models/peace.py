"""What keeps the peace: reports, decisions, bans, words, and what the filter has learned."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    or_,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from comments.database import UtcDateTime
from comments.models.columns import (
    KEY_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    AuthorId,
    Base,
    BigId,
    Counter,
    Moment,
    RowId,
    partial_index,
)
from comments.models.discussion import Comment


class Report(Base):
    """A reader says something is wrong with a comment; once per reader and comment."""

    __tablename__ = "comments_reports"
    __table_args__ = (
        UniqueConstraint("comment_id", "reporter_id"),
        Index("ix_comments_reports_reporter_id", "reporter_id"),
        # The networks that are still kept.
        partial_index(
            "ix_comments_reports_networks", "created_at", only="address_hash IS NOT NULL"
        ),
    )

    id: Mapped[BigId]
    comment_id: Mapped[int] = mapped_column(RowId, ForeignKey("comments_comments.id"))
    reporter_id: Mapped[AuthorId]
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[Moment]
    #: When a moderator settled it, by keeping the comment or by taking it away.
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: A guest's network, as a keyed hash; dropped after 30 days.
    address_hash: Mapped[str | None] = mapped_column(String(64))


class Decision(Base):
    """The log: every decision, who made it, when, why, and what was before and after.

    Rows are never changed. A decision taken back is another row, which names the *batch* it
    undoes. Erasing a person is the one exception: it blanks what is theirs in here.
    """

    __tablename__ = "comments_decisions"
    __table_args__ = (
        Index("ix_comments_decisions_comment_id", "comment_id"),
        # What people did: the screens' own verdicts carry no batch.
        partial_index("ix_comments_decisions_batch", "batch", only="batch != ''"),
        partial_index("ix_comments_decisions_undoes", "undoes", only="undoes IS NOT NULL"),
        Index("ix_comments_decisions_by_actor", "actor", "id"),
        Index("ix_comments_decisions_by_thread", "thread_id", "id"),
        Index("ix_comments_decisions_by_time", "created_at", "id"),
        # The log as it is read most: by people only, the newest first, of one kind.
        partial_index("ix_comments_decisions_by_people", "id", only="batch != ''"),
        partial_index("ix_comments_decisions_by_name", "actor_name", "id", only="actor_name != ''"),
        partial_index("ix_comments_decisions_by_action", "action", "id", only="batch != ''"),
        partial_index("ix_comments_decisions_target", "target", only="target IS NOT NULL"),
    )

    id: Mapped[BigId]
    #: ``status``, ``pin``, ``close``, ``ban``, …: what was done.
    action: Mapped[str] = mapped_column(String(24), default="status", server_default="status")
    #: One press of a button, which may concern thousands of comments, and is undone as one.
    batch: Mapped[str] = mapped_column(String(32), default="", server_default="")
    undoes: Mapped[str | None] = mapped_column(String(32))
    comment_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("comments_comments.id"))
    thread_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("comments_threads.id"))
    #: Whom or what else it is about: an author id, a word, an address of a moderator.
    target: Mapped[str | None] = mapped_column(String(300))
    #: A status, or JSON for what has more than one value.
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[AuthorId]
    actor_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="", server_default="")
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    created_at: Mapped[Moment]

    comment: Mapped[Comment | None] = relationship()


class Person(Base):
    """What is remembered of an author beyond their comments; most have no row."""

    __tablename__ = "comments_people"
    __table_args__ = (Index("ix_comments_people_email_hash", "email_hash"),)

    author_id: Mapped[AuthorId] = mapped_column(primary_key=True)
    #: A guest's e-mail address as a keyed hash, and when they showed that it is theirs.
    email_hash: Mapped[str | None] = mapped_column(String(64))
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: Their comments pass the screens.
    trusted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[Moment]


class Ban(Base):
    """Somebody who may not write: an author, an e-mail address or a network."""

    __tablename__ = "comments_bans"
    __table_args__ = (
        Index("ix_comments_bans_target", "target"),
        # Those that still hold the hash of a network, or of what may be one, by their end.
        partial_index(
            "ix_comments_bans_hashed",
            "until",
            only="target LIKE 'network:_%' OR target LIKE 'erased:_%'",
        ),
    )

    id: Mapped[BigId]
    #: An author id (``guest:9f…``, ``host:42``), ``email:HASH`` or ``network:HASH``.
    target: Mapped[str] = mapped_column(String(200))
    #: The name they wrote under, for the list of bans.
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="", server_default="")
    #: They may go on writing, and only they see it.
    shadow: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="", server_default="")
    created_by: Mapped[AuthorId]
    created_at: Mapped[Moment]
    #: ``None`` for good.
    until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    def is_in_force(self, now: datetime) -> bool:
        return self.lifted_at is None and (self.until is None or self.until > now)

    @classmethod
    def in_force(cls, now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
        """The same as a condition of a query."""
        return cls.lifted_at.is_(None) & or_(cls.until.is_(None), cls.until > now)


class ListedWord(Base):
    """A word or phrase of a list: its comments are held or rejected."""

    __tablename__ = "comments_words"
    __table_args__ = (UniqueConstraint("list", "word"), {"sqlite_autoincrement": True})

    id: Mapped[BigId]
    #: ``hold`` or ``reject``.
    list: Mapped[str] = mapped_column(String(8))
    word: Mapped[str] = mapped_column(String(100))
    created_by: Mapped[AuthorId]
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


class ReservedName(Base):
    """A name that reads like a moderator's; no guest may use it."""

    __tablename__ = "comments_reserved_names"

    #: The name with look-alikes folded, as ``text.fold_name`` gives it.
    folded: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    author_id: Mapped[AuthorId]
    created_at: Mapped[Moment]

"""What people write and how it is voted: threads, comments, votes."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String, Text, false
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from comments.database import UtcDateTime
from comments.models.columns import (
    KEY_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    URL_LENGTH,
    AuthorId,
    AuthorKind,
    Base,
    BigId,
    Counter,
    Moment,
    RowId,
    Status,
    folded_name,
    partial_index,
    words_of,
)


def _siblings_in_order(which: str, of: str, only: str) -> Iterator[Index]:
    for name, key in (
        ("by_time", ("created_at", "id")),
        ("by_votes", ("vote_rank", "created_at", "id")),
    ):
        yield partial_index(f"ix_comments_comments_{which}_{name}", of, "listed", *key, only=only)


def _when_made(context: ExecutionContext) -> datetime:
    made: datetime = context.get_current_parameters()["created_at"]  # type: ignore[attr-defined]
    return made


def _author_folded(context: ExecutionContext) -> str:
    return folded_name(context.get_current_parameters()["author_name"])  # type: ignore[attr-defined]


class Thread(Base):
    """The discussion under one article, named by the owner's *key*."""

    __tablename__ = "comments_threads"
    __table_args__ = (
        # The moderators' list, in its two orders.
        Index("ix_comments_threads_by_activity", "active_at", "id"),
        Index("ix_comments_threads_by_count", "count", "id"),
        # Those that somebody moderates who moderates one site alone.
        partial_index("ix_comments_threads_by_site", "site", only="site IS NOT NULL"),
        # The old keys that lead to a thread.
        partial_index(
            "ix_comments_threads_merged", "merged_into_id", only="merged_into_id IS NOT NULL"
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[BigId]
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), unique=True)
    title: Mapped[str | None] = mapped_column(String(300))
    url: Mapped[str | None] = mapped_column(String(URL_LENGTH))
    #: Published comments at every depth.
    count: Mapped[Counter]
    #: Grows by one with every visible change, in the transaction of the change.
    revision: Mapped[Counter]
    created_at: Mapped[Moment]
    #: When somebody last wrote in it, published or not.
    active_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=_when_made)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: When a moderator opened it again; it closes by itself no more.
    reopened_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: Everything written here waits for a moderator.
    hold_all: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: The origin of the site it belongs to (``https://blog.example``), which decides whose
    #: moderators may touch it; ``None`` where nobody has told.
    site: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    #: Set on an old key that now leads to another thread; such a row has no comments.
    merged_into_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("comments_threads.id"))

    @property
    def closed(self) -> bool:
        """By a moderator; ``threads.is_closed`` knows of those that close by themselves too."""
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
        # Those on a passage of the article alone.
        *_siblings_in_order("inline", "thread_id", "anchor IS NOT NULL"),
        # What is on each passage: counted, and the last of one.
        partial_index(
            "ix_comments_comments_by_passage",
            "thread_id",
            "status",
            "passage",
            "id",
            only="anchor IS NOT NULL",
        ),
        # Whom an @name means: the latest of that name.
        Index("ix_comments_comments_by_name", "thread_id", "author_folded", "status", "id"),
        Index("ix_comments_comments_by_author", "author_id", "thread_id", "status"),
        # What an author wrote lately, wherever: the same text again is noticed by it.
        Index("ix_comments_comments_by_author_at", "author_id", "created_at"),
        # "What is new since revision N": the tail of this index.
        Index("ix_comments_comments_by_publication", "thread_id", "published_revision"),
        # What changed since then, of what was there before. Few comments ever do.
        partial_index(
            "ix_comments_comments_by_change",
            "thread_id",
            "changed_revision",
            only="changed_revision IS NOT NULL",
        ),
        partial_index(
            "ix_comments_comments_pinned", "thread_id", "pinned_at", only="pinned_at IS NOT NULL"
        ),
        Index("ix_comments_comments_by_status", "status", "created_at"),
        # The queue's other order; published comments are ever most of them and never in it.
        partial_index(
            "ix_comments_comments_riskiest", "status", "risk", "id", only="status != 'published'"
        ),
        # What may be thrown away: "rejected, and that long ago".
        partial_index(
            "ix_comments_comments_by_decision", "status", "status_at", only="status != 'published'"
        ),
        partial_index(
            "ix_comments_comments_reported", "open_reports", "id", only="open_reports > 0"
        ),
        partial_index(
            "ix_comments_comments_by_address",
            "address_hash",
            "created_at",
            only="address_hash IS NOT NULL",
        ),
        # Networks that are past their time, without a look at those already forgotten.
        partial_index(
            "ix_comments_comments_networks", "created_at", only="address_hash IS NOT NULL"
        ),
        partial_index("ix_comments_comments_by_email", "email_hash", only="email_hash IS NOT NULL"),
        # Finds the rows an older renderer made.
        Index("ix_comments_comments_renderer", "renderer_version", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[BigId]
    thread_id: Mapped[int] = mapped_column(RowId, ForeignKey("comments_threads.id"))
    parent_id: Mapped[int | None] = mapped_column(RowId, ForeignKey("comments_comments.id"))
    root_id: Mapped[int | None] = mapped_column(RowId)
    #: 0 for a top-level comment; as deep as people go.
    depth: Mapped[Counter]
    #: The ids from the root to the parent, ``"12.40.97"``; empty at the top. With it no query
    #: ever walks from parent to parent.
    path: Mapped[str] = mapped_column(Text, default="", server_default="")

    status: Mapped[Status] = mapped_column(words_of(Status), default=Status.PENDING)
    #: Has a place in the list: published, or a tombstone that still carries replies.
    listed: Mapped[bool] = mapped_column(default=False)
    #: The thread's revision at which it became visible.
    published_revision: Mapped[int | None]
    #: The thread's revision at which it last read differently for everybody: edited, pinned,
    #: or no longer there. Votes do not count.
    changed_revision: Mapped[int | None]
    pinned_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    author_id: Mapped[AuthorId]
    author_kind: Mapped[AuthorKind] = mapped_column(words_of(AuthorKind))
    author_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    #: The name as it is compared (:func:`folded_name`).
    author_folded: Mapped[str] = mapped_column(
        String(KEY_LENGTH), default=_author_folded, server_default=""
    )
    author_avatar: Mapped[str | None] = mapped_column(String(URL_LENGTH))
    author_website: Mapped[str | None] = mapped_column(String(URL_LENGTH))

    body: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int]

    #: The passage of the article it is about (``anchors.Anchor`` as JSON); at the top level alone.
    anchor: Mapped[str | None] = mapped_column(Text)
    #: What comments on the same passage share (``Anchor.passage``).
    passage: Mapped[str | None] = mapped_column(String(16))

    created_at: Mapped[Moment]
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    up: Mapped[Counter]
    down: Mapped[Counter]
    score: Mapped[Counter]
    #: ``-score``: the order "most voted" then runs one way in all its columns.
    vote_rank: Mapped[Counter]
    #: Published comments below it, at every depth.
    replies_count: Mapped[Counter]

    #: Why it stands where it stands: a short sentence for the queue and, where safe, its author.
    status_reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="", server_default="")
    #: Since when; ``None`` again once nothing is left of it to be thrown away.
    status_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: How likely it is spam, 0 to 1, as the screens saw it.
    risk: Mapped[float] = mapped_column(Float, default=0.0, server_default="0")
    #: Its author sees it as published and nobody else sees it at all.
    shadowed: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Grows with every edit: a decision says which text it was about.
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    #: Reports that nobody has settled.
    open_reports: Mapped[Counter]
    #: When a moderator kept it; reports after that are counted and open nothing.
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: ``spam`` or ``ham`` when the learned filter was taught with it.
    learned_as: Mapped[str | None] = mapped_column(String(8))
    #: A guest's network, as a keyed hash; dropped after 30 days.
    address_hash: Mapped[str | None] = mapped_column(String(64))
    #: A guest's e-mail address, as a keyed hash.
    email_hash: Mapped[str | None] = mapped_column(String(64))
    #: Its author has shown that the address is theirs; the tag is then made from it.
    verified: Mapped[bool] = mapped_column(default=False, server_default=false())

    @property
    def ancestor_ids(self) -> list[int]:
        """From the root to the parent."""
        return [int(step) for step in self.path.split(".")] if self.path else []


class Edit(Base):
    """A text of a comment that its author has replaced; for moderators alone."""

    __tablename__ = "comments_edits"

    comment_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("comments_comments.id"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    #: When it was replaced.
    created_at: Mapped[Moment]


class Vote(Base):
    """What one voter says of one comment; taking it back deletes the row."""

    __tablename__ = "comments_votes"
    __table_args__ = (
        Index("ix_comments_votes_by_voter", "voter_id", "comment_id"),
        Index("ix_comments_votes_by_address", "comment_id", "address_hash"),
        # The networks that are still kept; without the rest of all votes ever given.
        partial_index("ix_comments_votes_networks", "created_at", only="address_hash IS NOT NULL"),
    )

    comment_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("comments_comments.id"), primary_key=True
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

    thread_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("comments_threads.id"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[int] = mapped_column(RowId, ForeignKey("comments_comments.id"))
    rank_before: Mapped[int]
    created_at: Mapped[Moment]

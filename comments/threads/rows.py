"""Single comments, and the columns of them that a page shows."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Executable, Select, select
from sqlalchemy.orm import Session

from comments import text
from comments.errors import CommentsError
from comments.models import AuthorKind, Comment, Status, Thread, table_of
from comments.threads.places import ThreadFacts, of_comment

#: The table itself and not the mapped class: what the ORM does for every row and statement costs
#: more than finding them, and rows that are only shown need nothing of it.
columns = table_of(Comment).c
_thread = table_of(Thread).c


class Shown(NamedTuple):
    """What a page shows of a comment; body, path and the rest stay in the database."""

    id: int
    thread_id: int
    parent_id: int | None
    depth: int
    status: Status
    html: str
    anchor: str | None
    author_id: str
    author_kind: AuthorKind
    author_name: str
    author_avatar: str | None
    author_website: str | None
    email_hash: str | None
    verified: bool
    created_at: datetime
    edited_at: datetime | None
    up: int
    down: int
    score: int
    vote_rank: int
    replies_count: int
    pinned_at: datetime | None
    published_revision: int | None
    changed_revision: int | None
    #: The thread's in the very moment of the statement that reads the row: a cursor must begin
    #: where its rows were read, and a vote may fall between two statements.
    revision: int


_revision = select(_thread.revision).where(_thread.id == columns.thread_id)
#: The columns of it.
SHOWN: tuple[Any, ...] = (
    *(columns[name] for name in Shown._fields[:-1]),
    _revision.correlate(table_of(Comment)).scalar_subquery().label("revision"),
)
#: The query for them.
shown_rows = select(*SHOWN)


def read(session: Session, asked: Executable, **params: Any) -> list[Shown]:
    """The rows of a query for them, made into what is quick to look into."""
    return [Shown._make(row) for row in session.execute(asked, params).all()]


def get(session: Session, comment_id: int) -> Comment:
    """The comment as a row that a use-case may change; 404 when there is none."""
    comment = session.get(Comment, comment_id) if 0 < comment_id < 2**63 else None
    if comment is None:
        raise CommentsError("no_such_comment")
    return comment


def read_id(given: str | None) -> int:
    """The number of a comment in an address; anything else names no comment."""
    number = text.read_number(given or "")
    if number is None:
        raise CommentsError("no_such_comment")
    return number


def visible(session: Session, comment_id: int) -> Comment:
    """The comment, if it has a place in the list for everybody; otherwise 404."""
    comment = get(session, comment_id)
    if not comment.listed:
        raise CommentsError("no_such_comment")
    return comment


def published(session: Session, comment_id: int) -> Comment:
    """The comment, if its text is there for everybody; otherwise 404."""
    comment = get(session, comment_id)
    if comment.status is not Status.PUBLISHED:
        raise CommentsError("no_such_comment")
    return comment


def placed(session: Session, comment_id: int) -> tuple[Comment, ThreadFacts]:
    """A visible comment and its thread, for a page that is kept.

    The thread is read first. Otherwise a comment that is hidden between the two reads would be
    shown on a page that says it is true for the revision after that.
    """
    thread = of_comment(session, comment_id) if 0 < comment_id < 2**63 else None
    if thread is None:
        raise CommentsError("no_such_comment")
    return visible(session, comment_id), thread


def rows(session: Session, ids: Iterable[int]) -> dict[int, Any]:
    """The shown columns of some comments, by id."""
    found = read(session, shown_rows.where(columns.id.in_(list(ids))))
    return {row.id: row for row in found}


def own(thread: ThreadFacts, author_id: str) -> Select[Comment]:
    """All that *author_id* wrote in *thread* and may see, the latest first.

    What waits and what was thrown out is theirs to see, until its text is gone.
    """
    seen = (Status.PUBLISHED, Status.PENDING, Status.SPAM, Status.REJECTED)
    return (
        select(Comment)
        .where(
            Comment.author_id == author_id,
            Comment.thread_id == thread.id,
            Comment.status.in_(seen),
            Comment.body != "",
        )
        .order_by(Comment.id.desc())
    )


def ancestors(session: Session, comment: Comment) -> list[Any]:
    """From the root to the parent, in two queries whatever the depth."""
    ids = comment.ancestor_ids
    found = rows(session, ids) if ids else {}
    return [found[id] for id in ids]

"""Single comments, and the columns of them that a page shows."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from comments import text
from comments.errors import CommentsError
from comments.models import Comment, Status, Thread
from comments.threads.places import ThreadFacts, of_comment

#: The table itself and not the mapped class: what the ORM does for every row and statement costs
#: more than finding them, and rows that are only shown need nothing of it.
columns = Comment.__table__.c
_thread = Thread.__table__.c

#: What a page shows of a comment; body, path and the rest stay in the database.
SHOWN: tuple[Any, ...] = (
    columns.id,
    columns.thread_id,
    columns.parent_id,
    columns.depth,
    columns.status,
    columns.html,
    columns.anchor,
    columns.author_id,
    columns.author_kind,
    columns.author_name,
    columns.author_avatar,
    columns.author_website,
    columns.email_hash,
    columns.verified,
    columns.created_at,
    columns.edited_at,
    columns.up,
    columns.down,
    columns.score,
    columns.vote_rank,
    columns.replies_count,
    columns.pinned_at,
    columns.published_revision,
    columns.changed_revision,
    # The thread's revision in the very moment of the statement that reads the row: a cursor
    # must begin where its rows were read, and a vote may fall between two statements.
    select(_thread.revision)
    .where(_thread.id == columns.thread_id)
    .correlate(Comment.__table__)
    .scalar_subquery()
    .label("revision"),
)
#: The query for them.
shown_rows = select(*SHOWN)


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
    found = session.execute(shown_rows.where(columns.id.in_(list(ids))))
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

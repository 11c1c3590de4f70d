"""Votes: exact under any number of voters, undoable, never for oneself.

Most of what a busy site writes are votes, so this is written in statements that are built once:
four that read a row and four that write one, whatever the thread's size. The objects of the
session are not needed for it, and are told to read anew what has changed.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from comments import identity, moderation, signals, threads, upkeep
from comments.config import Settings
from comments.database import read_anew
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import (
    Comment,
    ScoreStep,
    Thread,
    Vote,
    table_of,
)


class Ballot(NamedTuple):
    """A comment's votes after one, and what the voter now says of it."""

    up: int
    down: int
    score: int
    value: int


_comments = table_of(Comment)
_threads = table_of(Thread)
_votes = table_of(Vote)

_IS_IT = _comments.c.id == bindparam("its_id")
_IS_THEIRS = and_(
    _votes.c.comment_id == bindparam("its_id"), _votes.c.voter_id == bindparam("voter")
)
_NEIGHBOURS = (
    select(func.count())
    .where(_votes.c.comment_id == bindparam("its_id"), _votes.c.address_hash == bindparam("from"))
    .scalar_subquery()
)
#: A comment, what one voter says of it, and how many votes came from the voter's network.
_STANDING = (
    select(
        *(
            _comments.c[name]
            for name in ("thread_id", "author_id", "status", "shadowed", "up", "down", "vote_rank")
        ),
        _votes.c.value.label("said"),
        _NEIGHBOURS.label("neighbours"),
    )
    .select_from(_comments.outerjoin(_votes, _IS_THEIRS))
    .where(_IS_IT)
)
_FIRST_SAID = insert(table_of(Vote))
_SAID_ANEW = update(_votes).where(_IS_THEIRS).values(value=bindparam("says"))
_TAKEN_BACK = delete(_votes).where(_IS_THEIRS)
_COUNTED = update(_comments).where(_IS_IT)
_COUNTED = _COUNTED.values({name: bindparam(f"new_{name}") for name in ("up", "down", "score")})
_COUNTED = _COUNTED.values(vote_rank=-bindparam("new_score", type_=_comments.c.score.type))
_STEP = insert(table_of(ScoreStep))
_MOVED_ON = (
    update(_threads).where(_threads.c.id == bindparam("at")).values(revision=bindparam("now_at"))
)


def vote(
    session: Session,
    author: Author,
    comment_id: int,
    value: int | None,
    *,
    settings: Settings,
    now: datetime,
    toggle: bool = False,
) -> Ballot:
    """Say 1 or -1 of a comment, or 0 to take it back; the same again changes nothing.

    With *toggle* the same again takes it back: a form without JavaScript cannot know what was
    said before. Raises 403 for the banned, for one's own comment and above the ceiling of one
    network.
    """
    # Before the thread is held, which everybody else who votes waits for.
    moderation.check_not_banned(session, author, now)
    thread, comment = _held(session, author, comment_id)
    if author.is_moderator:
        moderation.check_not_banned(session, identity.on_site(author, thread.site), now)
    if not identity.sees_published(author.id, comment):
        raise CommentsError("no_such_comment")
    if comment.author_id == author.id:
        raise CommentsError("own_comment")
    said = comment.said or 0
    wanted = 0 if toggle and value == said else int(value or 0)
    if wanted == said:
        # The answer to the first time may have been lost.
        threads.wrote(session, thread)
        return Ballot(comment.up, comment.down, comment.up - comment.down, wanted)
    if comment.said is None:
        _check_ceiling(author, comment.neighbours, settings)
    _record(session, author, comment_id, comment.said, wanted, now)
    ballot = _count(session, thread, comment_id, comment, wanted, now)
    upkeep.sweep_sometimes(session, now, settings)
    signals.after_commit(session, "comment-voted", comment_id=comment_id, thread=thread.key)
    return ballot


def withdraw_vote(session: Session, vote: Vote, now: datetime) -> None:
    """Take one vote away; the thread is locked already."""
    comment_id, voter_id = vote.comment_id, vote.voter_id
    thread, comment = _read(session, comment_id, voter_id, None)
    session.connection().execute(_TAKEN_BACK, {"its_id": comment_id, "voter": voter_id})
    read_anew(session, Vote, (comment_id, voter_id))
    _count(session, thread, comment_id, comment, 0, now)


def withdraw_votes(session: Session, voter_ids: Collection[str], *, now: datetime) -> int:
    """Take back all votes of somebody; gives how many. The caller holds their threads."""
    mine = session.scalars(select(Vote).where(Vote.voter_id.in_(voter_ids))).all()
    for cast in mine:
        withdraw_vote(session, cast, now)
    return len(mine)


def _held(session: Session, author: Author, comment_id: int) -> tuple[threads.Held, Any]:
    """The comment's thread, now that nobody else can change it, and how the comment stands."""
    address = author.address if author.is_guest else None
    while True:
        thread, comment = _read(session, comment_id, author.id, address)
        if comment.thread_id == thread.id:
            return thread, comment
        # Its thread was merged into another one while we waited.


def _read(
    session: Session, comment_id: int, voter_id: str, address: str | None
) -> tuple[threads.Held, Any]:
    """The thread, and of the comment a row of :data:`_STANDING`."""
    thread = threads.hold_of_comment(session, comment_id)
    which = {"its_id": comment_id, "voter": voter_id, "from": address}
    return thread, session.connection().execute(_STANDING, which).one()


def _check_ceiling(author: Author, neighbours: int, settings: Settings) -> None:
    """One household may vote; one person with a thousand private windows may not."""
    if not author.is_guest or author.address is None:
        return
    if neighbours >= settings.guest_votes_per_address:
        raise CommentsError("vote_ceiling")


def _record(
    session: Session,
    author: Author,
    comment_id: int,
    said: int | None,
    wanted: int,
    now: datetime,
) -> None:
    connection = session.connection()
    mine = {"its_id": comment_id, "voter": author.id}
    if said is None:
        row = {
            "comment_id": comment_id,
            "voter_id": author.id,
            "value": wanted,
            "created_at": now,
            "address_hash": author.address if author.is_guest else None,
        }
        connection.execute(_FIRST_SAID, row)
    elif wanted:
        connection.execute(_SAID_ANEW, mine | {"says": wanted})
    else:
        connection.execute(_TAKEN_BACK, mine)
    read_anew(session, Vote, (comment_id, author.id))


def _count(
    session: Session,
    thread: threads.Held,
    comment_id: int,
    comment: Any,
    wanted: int,
    now: datetime,
) -> Ballot:
    """Move the comment's numbers, the thread's revision, and remember where the comment stood."""
    said = comment.said or 0
    up = comment.up + (wanted > 0) - (said > 0)
    down = comment.down + (wanted < 0) - (said < 0)
    connection = session.connection()
    numbers = {"its_id": comment_id, "new_up": up, "new_down": down, "new_score": up - down}
    connection.execute(_COUNTED, numbers)
    revision = thread.revision + 1
    step = {
        "thread_id": thread.id,
        "revision": revision,
        "comment_id": comment_id,
        "rank_before": comment.vote_rank,
        "created_at": now,
    }
    connection.execute(_STEP, step)
    connection.execute(_MOVED_ON, {"at": thread.id, "now_at": revision})
    threads.wrote(session, thread._replace(revision=revision))
    read_anew(session, Comment, comment_id)
    read_anew(session, Thread, thread.id)
    return Ballot(up, down, up - down, wanted)

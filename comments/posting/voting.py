"""Votes: exact under any number of voters, undoable, never for oneself.

Most of what a busy site writes are votes, so this is written in statements that are built once:
four that read a row and four that write one (PostgreSQL takes those as one), whatever the thread's
size. The objects of the session are not needed for it, and are told to read anew what has changed.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from comments import identity, moderation, signals, spelled, threads, upkeep
from comments.config import Settings
from comments.database import is_sqlite, read_anew
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import (
    Comment,
    ScoreStep,
    Status,
    Thread,
    Vote,
    table_of,
)


class _Standing(NamedTuple):
    """A comment, what one voter says of it, and how many votes came from the voter's network."""

    thread_id: int
    author_id: str
    status: Status
    shadowed: bool
    up: int
    down: int
    vote_rank: int
    said: int | None
    neighbours: int


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
_STANDING = (
    select(
        *(_comments.c[name] for name in _Standing._fields[:-2]),
        _votes.c.value.label("said"),
        _NEIGHBOURS.label("neighbours"),
    )
    .select_from(_comments.outerjoin(_votes, _IS_THEIRS))
    .where(_IS_IT)
)
_FIRST_SAID = insert(_votes).values(
    comment_id=bindparam("its_id"),
    voter_id=bindparam("voter"),
    value=bindparam("says"),
    created_at=bindparam("now"),
    address_hash=bindparam("from"),
)
_SAID_ANEW = update(_votes).where(_IS_THEIRS).values(value=bindparam("says"))
_TAKEN_BACK = delete(_votes).where(_IS_THEIRS)
_COUNTED = update(_comments).where(_IS_IT)
_COUNTED = _COUNTED.values({name: bindparam(f"new_{name}") for name in ("up", "down", "score")})
_COUNTED = _COUNTED.values(vote_rank=-bindparam("new_score", type_=_comments.c.score.type))
#: Where the comment stood, for those who are on their way through the pages.
_STEP = insert(table_of(ScoreStep)).values(
    thread_id=bindparam("at"),
    revision=bindparam("now_at"),
    comment_id=bindparam("its_id"),
    rank_before=bindparam("rank"),
    created_at=bindparam("now"),
)
_MOVED_ON = (
    update(_threads).where(_threads.c.id == bindparam("at")).values(revision=bindparam("now_at"))
)
#: All that a vote writes, one after the other, and in one statement: PostgreSQL takes that, and
#: is asked once.
_ONE_BY_ONE = {
    said: (said, _COUNTED, _STEP, _MOVED_ON) for said in (_FIRST_SAID, _SAID_ANEW, _TAKEN_BACK)
}
_AT_ONCE = {
    said: _MOVED_ON.add_cte(said.cte(), _COUNTED.cte(), _STEP.cte())
    for said in (_FIRST_SAID, _SAID_ANEW, _TAKEN_BACK)
}


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
    address = author.address if author.is_guest else None
    which = {"its_id": comment_id, "voter": author.id, "from": address}
    thread, comment = _held(session, which)
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
        _check_ceiling(address, comment.neighbours, settings)
    ballot = _write(session, thread, comment, which, wanted, now)
    upkeep.sweep_sometimes(session, now, settings)
    signals.after_commit(session, "comment-voted", comment_id=comment_id, thread=thread.key)
    return ballot


def withdraw_vote(session: Session, vote: Vote, now: datetime) -> None:
    """Take one vote away; the thread is locked already."""
    which = {"its_id": vote.comment_id, "voter": vote.voter_id, "from": None}
    thread, comment = _read(session, which)
    _write(session, thread, comment, which, 0, now)


def withdraw_votes(session: Session, voter_ids: Collection[str], *, now: datetime) -> int:
    """Take back all votes of somebody; gives how many. The caller holds their threads."""
    mine = session.scalars(select(Vote).where(Vote.voter_id.in_(voter_ids))).all()
    for cast in mine:
        withdraw_vote(session, cast, now)
    return len(mine)


def _held(session: Session, which: dict[str, Any]) -> tuple[threads.Held, _Standing]:
    """The comment's thread, now that nobody else can change it, and how the comment stands."""
    while True:
        thread, comment = _read(session, which)
        if comment.thread_id == thread.id:
            return thread, comment
        # Its thread was merged into another one while we waited.


def _read(session: Session, which: dict[str, Any]) -> tuple[threads.Held, _Standing]:
    thread = threads.hold_of_comment(session, which["its_id"])
    [row] = spelled.run(session.connection(), _STANDING, which)
    return thread, _Standing(*row)


def _check_ceiling(address: str | None, neighbours: int, settings: Settings) -> None:
    """One household may vote; one person with a thousand private windows may not."""
    if address is not None and neighbours >= settings.guest_votes_per_address:
        raise CommentsError("vote_ceiling")


def _write(
    session: Session,
    thread: threads.Held,
    comment: _Standing,
    which: dict[str, Any],
    wanted: int,
    now: datetime,
) -> Ballot:
    """The vote itself, the comment's numbers, the thread's revision, and where the comment
    stood."""
    said = comment.said or 0
    up = comment.up + (wanted > 0) - (said > 0)
    down = comment.down + (wanted < 0) - (said < 0)
    revision = thread.revision + 1
    values = {
        **which,
        "says": wanted,
        "new_up": up,
        "new_down": down,
        "new_score": up - down,
        "at": thread.id,
        "now_at": revision,
        "rank": comment.vote_rank,
        "now": now,
    }
    changed = _TAKEN_BACK if not wanted else _FIRST_SAID if comment.said is None else _SAID_ANEW
    connection = session.connection()
    for statement in _ONE_BY_ONE[changed] if is_sqlite(session) else (_AT_ONCE[changed],):
        spelled.run(connection, statement, values)
    threads.wrote(session, thread._replace(revision=revision))
    read_anew(session, Vote, (which["its_id"], which["voter"]))
    read_anew(session, Comment, which["its_id"])
    read_anew(session, Thread, thread.id)
    return Ballot(up, down, up - down, wanted)

"""Votes: exact under any number of voters, undoable, never for oneself."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments import identity, moderation, signals, upkeep
from comments.config import Settings
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import (
    Comment,
    ScoreStep,
    Thread,
    Vote,
)


class Ballot(NamedTuple):
    """A comment's votes after one, and what the voter now says of it."""

    up: int
    down: int
    score: int
    value: int


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
    thread, comment = moderation.locked(session, comment_id)
    moderation.check_not_banned(session, identity.on_site(author, thread.site), now)
    if not identity.sees_published(author.id, comment):
        raise CommentsError("no_such_comment")
    if comment.author_id == author.id:
        raise CommentsError("own_comment")
    known = session.get(Vote, (comment.id, author.id))
    said = known.value if known else 0
    wanted = 0 if toggle and value == said else int(value or 0)
    if wanted != said:
        if known is None:
            _check_ceiling(session, author, comment, settings)
        _record(session, thread, comment, author, known, wanted, now)
        _count(session, thread, comment, said, wanted, now)
        upkeep.sweep_sometimes(session, now, settings)
        signals.after_commit(session, "comment-voted", comment_id=comment.id, thread=thread.key)
    return Ballot(comment.up, comment.down, comment.score, wanted)


def withdraw_vote(session: Session, vote: Vote, now: datetime) -> None:
    """Take one vote away; the thread is locked already."""
    comment = session.get_one(Comment, vote.comment_id)
    thread = session.get_one(Thread, comment.thread_id)
    session.delete(vote)
    _count(session, thread, comment, vote.value, 0, now)


def withdraw_votes(session: Session, voter_ids: Collection[str], *, now: datetime) -> int:
    """Take back all votes of somebody; gives how many. The caller holds their threads."""
    mine = session.scalars(select(Vote).where(Vote.voter_id.in_(voter_ids))).all()
    for cast in mine:
        withdraw_vote(session, cast, now)
    return len(mine)


def _check_ceiling(session: Session, author: Author, comment: Comment, settings: Settings) -> None:
    """One household may vote; one person with a thousand private windows may not."""
    if not author.is_guest or author.address is None:
        return
    same_network = select(func.count()).where(
        Vote.comment_id == comment.id, Vote.address_hash == author.address
    )
    if session.execute(same_network).scalar_one() >= settings.guest_votes_per_address:
        raise CommentsError("vote_ceiling")


def _record(
    session: Session,
    thread: Thread,
    comment: Comment,
    author: Author,
    known: Vote | None,
    wanted: int,
    now: datetime,
) -> None:
    if known is None:
        address = author.address if author.is_guest else None
        session.add(
            Vote(
                comment_id=comment.id,
                voter_id=author.id,
                value=wanted,
                created_at=now,
                address_hash=address,
            )
        )
    elif wanted:
        known.value = wanted
    else:
        session.delete(known)


def _count(
    session: Session, thread: Thread, comment: Comment, said: int, wanted: int, now: datetime
) -> None:
    thread.revision += 1
    session.add(
        ScoreStep(
            thread_id=thread.id,
            revision=thread.revision,
            comment_id=comment.id,
            rank_before=comment.vote_rank,
            created_at=now,
        )
    )
    comment.up += (wanted > 0) - (said > 0)
    comment.down += (wanted < 0) - (said < 0)
    comment.score = comment.up - comment.down
    comment.vote_rank = -comment.score
    session.flush()

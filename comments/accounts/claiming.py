"""What a guest wrote becomes theirs when they sign in.

The caller has shown the guest's token: without it nothing here may be called.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, literal, select, update
from sqlalchemy.orm import Session

from comments import index, moderation, posting, subscriptions, threads
from comments.identity import Author
from comments.models import (
    AuthorKind,
    Ban,
    Comment,
    Mention,
    Person,
    Report,
    Status,
    Thread,
    Vote,
    folded_name,
)
from comments.moderation import Action
from comments.moderation.reach import within

_QUIET = {"synchronize_session": False}


def claim(session: Session, guest_id: str, author: Author, *, now: datetime) -> int:
    """Give *author* the comments, votes and subscriptions of the guest *guest_id*; tells how many
    comments.

    Counters stay exact: whoever voted both ways, or on what turns out to be their own, has no
    second vote. Every thread concerned is locked first, in order, as all who change several do.
    """
    concerned = _threads_of(session, guest_id)
    if not concerned:
        return 0
    threads.lock_many(session, concerned)
    session.expire_all()
    changed = _move_comments(session, guest_id, author, concerned)
    _move_votes(session, guest_id, author, concerned, now)
    _move_memory(session, guest_id, author)
    subscriptions.moving.to_author(session, guest_id, author.id)
    if changed:
        action = Action(by=author.id, name=author.name or "", reason="signed in", now=now)
        moderation.note(session, action, "claim", target=guest_id, after={"comments": changed})
    return changed


def _threads_of(session: Session, guest_id: str) -> Sequence[int]:
    wrote = select(Comment.thread_id).where(Comment.author_id == guest_id)
    voted = (
        select(Comment.thread_id)
        .join(Vote, Vote.comment_id == Comment.id)
        .where(Vote.voter_id == guest_id)
    )
    asked = subscriptions.moving.threads_of(guest_id)
    return sorted(session.scalars(wrote.union(voted, asked)).all())


def _move_comments(
    session: Session, guest_id: str, author: Author, concerned: Sequence[int]
) -> int:
    theirs = (Comment.author_id == guest_id, Comment.thread_id.in_(concerned))
    rows = session.execute(select(Comment.id, Comment.thread_id, Comment.listed).where(*theirs))
    found = rows.all()
    seen = {row.thread_id for row in found if row.listed}
    session.execute(
        update(Comment)
        .where(*theirs, Comment.status != Status.DELETED)
        .values(
            author_name=author.name,
            author_folded=folded_name(author.name or ""),
            author_avatar=author.avatar,
            author_website=author.website,
        ),
        execution_options=_QUIET,
    )
    session.execute(
        update(Comment)
        .where(*theirs)
        .values(
            author_id=author.id,
            author_kind=_kind(author),
            address_hash=None,
            email_hash=None,
            verified=False,
        ),
        execution_options=_QUIET,
    )
    session.execute(
        update(Thread).where(Thread.id.in_(seen)).values(revision=Thread.revision + 1),
        execution_options=_QUIET,
    )
    session.expire_all()
    _index_again(session, [row.id for row in found])
    return len(found)


def _kind(author: Author) -> Any:
    """What each comment becomes: a moderator of one site is a reader on the others."""
    kinds = Comment.author_kind.type
    if not author.is_moderator:
        return author.kind
    theirs = (within(author.sites, Comment.thread_id), literal(AuthorKind.MODERATOR, kinds))
    return case(theirs, else_=literal(AuthorKind.USER, kinds))


def _index_again(session: Session, ids: Sequence[int]) -> None:
    """They are found by the member's name now."""
    named = select(Comment.id, Comment.body, Comment.author_name).where(Comment.id.in_(ids))
    rows = session.execute(named).all()
    index.put_many(session.connection(), (index.Entry(*row) for row in rows))


def _move_votes(
    session: Session, guest_id: str, author: Author, concerned: Sequence[int], now: datetime
) -> None:
    """The guest's votes, but those on what is their own or what they have voted on as a member."""
    both = (guest_id, author.id)
    on_own = (
        select(Vote)
        .join(Comment, Comment.id == Vote.comment_id)
        .where(Vote.voter_id.in_(both), Comment.author_id == author.id)
    )
    voted = select(Vote.comment_id).where(Vote.voter_id == author.id)
    twice = select(Vote).where(Vote.voter_id == guest_id, Vote.comment_id.in_(voted))
    for vote in {*session.scalars(on_own), *session.scalars(twice)}:
        posting.withdraw_vote(session, vote, now)
    session.execute(
        update(Mention).where(Mention.author_id == guest_id).values(author_id=author.id),
        execution_options=_QUIET,
    )
    here = select(Comment.id).where(Comment.thread_id.in_(concerned))
    session.execute(
        update(Vote)
        .where(Vote.voter_id == guest_id, Vote.comment_id.in_(here))
        .values(voter_id=author.id, address_hash=None),
        execution_options=_QUIET,
    )
    session.expire_all()


def _move_memory(session: Session, guest_id: str, author: Author) -> None:
    """Reports, and what moderators decided about the guest: signing in ends no ban."""
    reported = select(Report.comment_id).where(Report.reporter_id == author.id)
    session.execute(
        update(Report)
        .where(Report.reporter_id == guest_id, Report.comment_id.not_in(reported))
        .values(reporter_id=author.id),
        execution_options=_QUIET,
    )
    if session.get(Person, author.id) is None:
        session.execute(
            update(Person).where(Person.author_id == guest_id).values(author_id=author.id),
            execution_options=_QUIET,
        )
    for ban in session.scalars(select(Ban).where(Ban.target == guest_id, Ban.lifted_at.is_(None))):
        session.add(
            Ban(
                target=author.id,
                name=author.name or "",
                shadow=ban.shadow,
                reason=ban.reason,
                created_by=ban.created_by,
                created_at=ban.created_at,
                until=ban.until,
            )
        )
    session.flush()

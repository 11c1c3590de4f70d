"""Erasing somebody: their texts, names and hashes go, and nothing leads back to them.

What others rely on stays in its place under a random name: a tombstone that carries replies, a
decision in the log, a report that was counted. Votes are taken back, or whoever erases and votes
again in turns would have as many as they like. Words that the filter has learned stay as counts.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from comments import index, mentions, moderation, posting, threads
from comments.database import begin_write, chunks
from comments.errors import CommentsError, say
from comments.identity import erased_target
from comments.limits import counters
from comments.models import (
    Account,
    Appointment,
    Ban,
    Comment,
    Decision,
    Letter,
    ListedWord,
    Login,
    MailedLink,
    Notice,
    Person,
    Report,
    ReservedName,
    SignIn,
    Status,
    Submission,
    Subscriber,
    Subscription,
    Vote,
)
from comments.people.subjects import (
    Subject,
    account_ids,
    comments_of,
    subscriptions_of,
    targets_of,
)


def erase(session: Session, subject: Subject, *, now: datetime) -> int:
    """Take away everything that is somebody's; gives how many comments that were.

    A ban outlives it, as a hash of whom it was about: erasing is no way around it. Raises 422 for
    the account of a moderator, which an owner ends first.
    """
    _check_is_no_moderator(session, subject)
    begin_write(session)
    nobody = f"erased:{secrets.token_hex(12)}"
    targets = targets_of(session, subject)
    _lock(session, subject)
    # What was read before the locks may be old.
    session.expire_all()
    posting.withdraw_votes(session, subject.author_ids, now=now)
    erased = _take_comments_away(session, subject, moderation.Action(by=nobody, now=now))
    mentions.forget(session, subject.author_ids)
    _rename_in_the_log(session, subject, nobody)
    _hide_bans(session, targets, nobody)
    for author_id in sorted(subject.author_ids):
        _forget(session, author_id, nobody)
    _end_subscriptions(session, subject)
    _close_accounts(session, subject)
    if erased:
        index.scour(session)
    session.expire_all()
    return erased


def _check_is_no_moderator(session: Session, subject: Subject) -> None:
    appointed = select(Appointment.role).where(Appointment.account_id.in_(account_ids(subject)))
    if session.scalar(appointed.limit(1)) is not None:
        wrong = say("You moderate here. Ask an owner to end that first; then you can be erased.")
        raise CommentsError("invalid", wrong)


def _lock(session: Session, subject: Subject) -> None:
    """Hold every thread that changes before the first one does.

    Looked up again afterwards: somebody may have written or voted elsewhere while we waited.
    """
    held: set[int] = set()
    while missing := _concerned(session, subject) - held:
        for some in chunks(sorted(missing)):
            threads.lock_many(session, some)
        held |= missing


def _concerned(session: Session, subject: Subject) -> set[int]:
    wrote_in = select(Comment.thread_id).where(comments_of(subject)).distinct()
    voted_in = (
        select(Comment.thread_id)
        .join(Vote, Vote.comment_id == Comment.id)
        .where(Vote.voter_id.in_(subject.author_ids))
        .distinct()
    )
    named_in = mentions.threads_naming(subject.author_ids)
    subscribed = select(Subscription.thread_id).where(subscriptions_of(subject)).distinct()
    asked = (wrote_in, voted_in, named_in, subscribed)
    return {id for threads_of in asked for id in session.scalars(threads_of)}


# ── comments ─────────────────────────────────────────────────────────────────────────────


def _take_comments_away(session: Session, subject: Subject, action: moderation.Action) -> int:
    erased = 0
    # Again, for what was posted while we waited for the threads.
    while ids := session.scalars(select(Comment.id).where(comments_of(subject))).all():
        moderation.set_status_of_many(session, ids, Status.DELETED, action)
        for some in chunks(ids):
            _blank(session, some, action.by)
        erased += len(ids)
    return erased


def _blank(session: Session, ids: Sequence[int], nobody: str) -> None:
    """Leave of comments no more than their place, and nobody's."""
    no_more = {"verified": False, "learned_as": None, "version": Comment.version + 1}
    threads.empty(session, ids, author_id=nobody, **no_more)
    # A reason is about what was written, and may quote it.
    _run(session, update(Decision).where(Decision.comment_id.in_(ids)).values(reason=""))
    _run(session, update(Submission).where(Submission.comment_id.in_(ids)).values(body_hash=""))


def _run(session: Session, statement: Any) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})


# ── the log, bans, and what else knows an id ─────────────────────────────────────────────


def _rename_in_the_log(session: Session, subject: Subject, nobody: str) -> None:
    done = update(Decision).where(Decision.actor.in_(subject.author_ids))
    _run(session, done.values(actor=nobody, actor_name=""))


def _hide_bans(session: Session, targets: set[str], nobody: str) -> None:
    """Keep bans in force without whom they are about; the log's entries follow them."""
    banned = set(session.scalars(select(Ban.target).where(Ban.target.in_(targets)).distinct()))
    for target in banned:
        hidden = {"target": erased_target(target), "reason": ""}
        _run(session, update(Ban).where(Ban.target == target).values(hidden | {"name": ""}))
        _run(session, update(Decision).where(Decision.target == target).values(hidden))
    rest = update(Decision).where(Decision.target.in_(targets - banned))
    _run(session, rest.values(target=nobody, reason=""))


def _forget(session: Session, author_id: str, nobody: str) -> None:
    """Rows that know an id and no comment."""
    for id in session.scalars(select(Report.id).where(Report.reporter_id == author_id)).all():
        # Two ids of one person may have reported the same comment.
        told = {"reporter_id": f"{nobody}.{id}", "note": "", "address_hash": None}
        _run(session, update(Report).where(Report.id == id).values(told))
    _run(session, delete(Person).where(Person.author_id == author_id))
    _run(session, delete(ReservedName).where(ReservedName.author_id == author_id))
    for made in (Ban, ListedWord):
        mine_too = update(made).where(made.created_by == author_id)
        _run(session, mine_too.values(created_by=nobody))
    _forget_mail(session, MailedLink.author_id == author_id)
    session.execute(delete(counters).where(counters.c.key.contains(author_id, autoescape=True)))


def _forget_mail(session: Session, which: Any) -> None:
    """Links that were asked for, and the letters that brought them. One that still waits goes
    out first: it may be somebody else's, to an address that was typed here."""
    to = set(session.scalars(select(MailedLink.email).where(which)))
    _run(session, delete(MailedLink).where(which))
    sent = delete(Letter).where(Letter.recipient.in_(to), Letter.next_try_at.is_(None))
    _run(session, sent)


def _end_subscriptions(session: Session, subject: Subject) -> None:
    """What they asked for goes, and with its last subscription an address and its mail."""
    mine = subscriptions_of(subject)
    whose = select(Subscription.subscriber_id).where(mine)
    # Held: nothing that is to be mailed to them is written from here on.
    found = select(Subscriber.id).where(Subscriber.id.in_(whose)).order_by(Subscriber.id)
    ids = session.scalars(found.with_for_update()).all()
    _run(session, delete(Subscription).where(mine))
    kept = select(Subscription.subscriber_id).where(Subscription.subscriber_id.in_(ids))
    gone = set(ids) - set(session.scalars(kept))
    for table in (Notice, Letter):
        _run(session, delete(table).where(table.subscriber_id.in_(gone)))
    _run(session, delete(Subscriber).where(Subscriber.id.in_(gone)))


def _close_accounts(session: Session, subject: Subject) -> None:
    ids = account_ids(subject)
    emails = set(session.scalars(select(Account.email).where(Account.id.in_(ids))))
    emails = {email for email in (*emails, subject.email) if email}
    for table in (Login, SignIn):
        _run(session, delete(table).where(table.account_id.in_(ids)))
    _run(session, delete(Account).where(Account.id.in_(ids)))
    _run(session, delete(MailedLink).where(MailedLink.email.in_(emails)))
    _run(session, delete(Letter).where(Letter.recipient.in_(emails)))
    named = update(Decision).where(Decision.target.in_(emails))
    _run(session, named.values(target="erased", reason=""))

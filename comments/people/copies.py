"""A copy of everything that is kept of somebody, for themselves."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments.models import (
    Account,
    Ban,
    Comment,
    Edit,
    Login,
    Mention,
    Person,
    Report,
    SignIn,
    Status,
    Subscriber,
    Subscription,
    Thread,
    Vote,
)
from comments.people.subjects import (
    Subject,
    account_ids,
    comments_of,
    subscriptions_of,
    targets_of,
)

FORMAT = "flask-comments own data 1"
#: Comments read at once.
CHUNK = 500


def export(session: Session, subject: Subject, *, now: datetime) -> dict[str, Any]:
    """Everything that is kept of somebody, as it goes into a JSON file.

    A shadow does not show: its author reads that the comment is published.
    """
    return {
        "format": FORMAT,
        "exported_at": _written(now),
        "ids": sorted(subject.author_ids),
        "email": subject.email,
        "accounts": list(_accounts(session, subject)),
        "people": list(_facts(session, subject)),
        "bans": list(_bans(session, subject, now)),
        "comments": list(_texts(session, subject)),
        "votes": list(_votes(session, subject)),
        "reports": list(_reports(session, subject)),
        "named_in": list(_mentions(session, subject)),
        "subscriptions": list(_subscriptions(session, subject)),
    }


def _written(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _accounts(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    for id in account_ids(subject):
        account = session.get(Account, id)
        if account is None:
            continue
        logins = select(Login.provider).where(Login.account_id == id)
        sign_ins = session.scalars(select(SignIn).where(SignIn.account_id == id))
        yield {
            "email": account.email,
            "name": account.name,
            "avatar": account.avatar,
            "created_at": _written(account.created_at),
            "mailed_what_waits": str(account.queue_mail),
            "signs_in_with": sorted(session.scalars(logins)),
            "signed_in": [
                {"since": _written(it.created_at), "seen_at": _written(it.seen_at), "at": it.origin}
                for it in sign_ins
            ],
        }


def _facts(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    for person in session.scalars(select(Person).where(Person.author_id.in_(subject.author_ids))):
        yield {
            "id": person.author_id,
            "email_verified_at": _written(person.verified_at),
            "trusted_at": _written(person.trusted_at),
            "known_since": _written(person.created_at),
        }


def _bans(session: Session, subject: Subject, now: datetime) -> Iterator[dict[str, Any]]:
    """The open ones: of a shadow its author is not to know."""
    targets = targets_of(session, subject)
    for ban in session.scalars(select(Ban).where(Ban.target.in_(targets), Ban.shadow.is_(False))):
        yield {
            "reason": ban.reason,
            "since": _written(ban.created_at),
            "until": _written(ban.until),
            "lifted_at": _written(ban.lifted_at),
        }


def _texts(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    rows = session.execute(
        select(Comment, Thread.key, Thread.url)
        .join(Thread, Thread.id == Comment.thread_id)
        .where(comments_of(subject))
        .order_by(Comment.id)
    )
    for partition in rows.partitions(CHUNK):
        earlier = _earlier_texts(session, [row[0].id for row in partition])
        for comment, key, url in partition:
            yield _text(comment, key, url, earlier.get(comment.id, []))


def _text(comment: Comment, key: str, url: str | None, earlier: list[Any]) -> dict[str, Any]:
    return {
        "id": comment.id,
        "thread": {"key": key, "url": url},
        "parent": comment.parent_id,
        "state": _state(comment),
        "name": comment.author_name,
        "avatar": comment.author_avatar,
        "website": comment.author_website,
        "text": comment.body,
        "earlier_texts": earlier,
        "created_at": _written(comment.created_at),
        "edited_at": _written(comment.edited_at),
        "up": comment.up,
        "down": comment.down,
    }


def _state(comment: Comment) -> str:
    if comment.shadowed:
        return Status.PUBLISHED
    # What the screens took for spam, its author knows as rejected.
    return Status.REJECTED if comment.status is Status.SPAM else comment.status


def _earlier_texts(session: Session, ids: Collection[int]) -> Mapping[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    edits = select(Edit).where(Edit.comment_id.in_(ids)).order_by(Edit.comment_id, Edit.version)
    for edit in session.scalars(edits):
        told = {"text": edit.body, "until": _written(edit.created_at)}
        found.setdefault(edit.comment_id, []).append(told)
    return found


def _votes(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    mine = select(Vote).where(Vote.voter_id.in_(subject.author_ids)).order_by(Vote.comment_id)
    for vote in session.scalars(mine):
        at = _written(vote.created_at)
        yield {"comment": vote.comment_id, "value": vote.value, "created_at": at}


def _reports(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    mine = select(Report).where(Report.reporter_id.in_(subject.author_ids)).order_by(Report.id)
    for report in session.scalars(mine):
        yield {
            "comment": report.comment_id,
            "reason": report.reason,
            "note": report.note,
            "created_at": _written(report.created_at),
        }


def _mentions(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    """Comments of others that name them; what waits or is hidden is not theirs to know of."""
    columns = (Mention.comment_id, Mention.name)
    named = select(*columns).join(Comment, Comment.id == Mention.comment_id)
    mine = (Mention.author_id.in_(subject.author_ids), Comment.status == Status.PUBLISHED)
    for id, name in session.execute(named.where(*mine).order_by(Mention.comment_id)):
        yield {"comment": id, "name": name}


def _subscriptions(session: Session, subject: Subject) -> Iterator[dict[str, Any]]:
    """With no address: what was typed in a browser may be somebody else's."""
    mine = (
        select(Subscription, Subscriber.pace, Thread.key)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .join(Thread, Thread.id == Subscription.thread_id)
        .where(subscriptions_of(subject))
        .order_by(Subscription.id)
    )
    for one, pace, key in session.execute(mine):
        yield {
            "thread": key,
            "to": one.scope,
            "comment": one.comment_id or None,
            "pace": pace,
            "created_at": _written(one.created_at),
            "confirmed_at": _written(one.confirmed_at),
            "ended_at": _written(one.ended_at),
        }

"""Who is owed a mail about a comment, written down in the transaction that publishes it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from comments import signals
from comments.database import UtcDateTime, chunks, insert_into
from comments.models import (
    Comment,
    Mention,
    Notice,
    Pace,
    Scope,
    Status,
    Subscriber,
    Subscription,
    table_of,
)

#: The word for somebody who is named in a comment, beside those of :class:`Scope`.
MENTION = "mention"

#: Nobody is told of a comment that was written longer ago, whenever it is published: not of an
#: archive that is brought along, and not twice, since notices are kept a little longer than this.
NEWS = timedelta(days=30)

#: How long what is new is gathered for those who want fewer mails.
PAUSES = {Pace.HOURLY: timedelta(hours=1), Pace.DAILY: timedelta(days=1)}

# They stand in two places of a statement.
_MOST_ABOVE = 5_000


def announce(session: Session, comment_ids: Sequence[int], now: datetime) -> None:
    """Owe a mail about comments that became visible to everybody who asked for it.

    A handful of statements, however many are told; one where nobody asked. Calling it again adds
    only whom it left out before. Not told are who wrote it, who wants no mail at the moment, and
    whoever has been told of this comment before.
    """
    for some in chunks(comment_ids):
        if _is_followed(session, some):
            _announce(session, some, now)


_comments = table_of(Comment)
_asked_for = table_of(Subscription)
_confirmed = select(_asked_for.c.id).where(_asked_for.c.confirmed_at.is_not(None))
#: Whether anybody is to be told of anything in the thread ``at``. By its number: what SQLite gives
#: back of an UPDATE has no names of tables, and would take a column of the one for the other's.
IS_FOLLOWED = _confirmed.where(_asked_for.c.thread_id == bindparam("at")).exists()
_in_its_thread = _confirmed.where(_asked_for.c.thread_id == _comments.c.thread_id)
_FOLLOWED = (
    select(_comments.c.id)
    .where(
        _comments.c.id.in_(bindparam("comments", expanding=True)),
        _in_its_thread.exists(),
    )
    .limit(1)
)


def _is_followed(session: Session, comment_ids: Sequence[int]) -> bool:
    followed = session.connection().execute(_FOLLOWED, {"comments": list(comment_ids)})
    return followed.first() is not None


def _announce(session: Session, comment_ids: Sequence[int], now: datetime) -> None:
    above = sorted(_ancestors(session, comment_ids))
    columns = ("subscriber_id", "comment_id", "why", "created_at", "due_at")
    # A comment can lie deeper than a statement has room for ids; what is about the whole thread
    # is asked with the first part, be it empty.
    for part in chunks(above, _MOST_ABOVE) if above else ((),):
        found = _owed(comment_ids, part, now)
        owed = insert_into(session, Notice).from_select(columns, found).on_conflict_do_nothing()
        if session.execute(owed.returning(literal(1))).first() is not None:
            signals.after_commit(session, "letter-written")


def _ancestors(session: Session, comment_ids: Sequence[int]) -> set[int]:
    paths = select(Comment.path).where(Comment.id.in_(comment_ids), Comment.path != "")
    return {int(step) for path in session.scalars(paths) for step in path.split(".")}


def _owed(
    comment_ids: Sequence[int], above: Sequence[int], now: datetime
) -> Select[*tuple[Any, ...]]:
    """Rows of notices: one for each subscriber and comment, whatever they asked for."""
    found = union_all(
        _asked(comment_ids, now, Scope.ALL),
        _asked(comment_ids, now, Scope.COMMENT).where(
            Subscription.comment_id.in_(above), _is_below(Subscription.comment_id)
        ),
        _asked(comment_ids, now, Scope.REPLIES)
        .join(_above, _above.author_id == Subscription.author_id)
        .where(_above.id.in_(above), _is_below(_above.id)),
        _asked(comment_ids, now, Scope.REPLIES, Scope.ALL, why=MENTION).join(
            Mention,
            and_(Mention.comment_id == Comment.id, Mention.author_id == Subscription.author_id),
        ),
    ).subquery()
    # Of several reasons the one that is nearest to them, which is the last in the alphabet.
    why = func.max(found.c.why)
    return (
        select(found.c.subscriber_id, found.c.comment_id, why, _moment(now), _due(now))
        .join(Subscriber, Subscriber.id == found.c.subscriber_id)
        .where(Subscriber.pace != Pace.NEVER)
        .group_by(found.c.subscriber_id, found.c.comment_id, Subscriber.pace)
    )


_above = aliased(Comment, name="above")
_mine = aliased(Subscription, name="mine")


def _asked(
    comment_ids: Sequence[int], now: datetime, *scopes: Scope, why: str | None = None
) -> Select[*tuple[Any, ...]]:
    """Who asked for what of the comments' threads, and did not write them."""
    # Known where they have said yes themselves: nobody else's wish makes a comment theirs.
    wrote_it = select(_mine.id).where(
        _mine.subscriber_id == Subscription.subscriber_id,
        _mine.author_id == Comment.author_id,
        _mine.confirmed_at.is_not(None),
    )
    return (
        select(Subscription.subscriber_id, Comment.id.label("comment_id"), _why(why or scopes[0]))
        .join_from(Comment, Subscription, Subscription.thread_id == Comment.thread_id)
        .where(
            Comment.id.in_(comment_ids),
            Comment.status == Status.PUBLISHED,
            Comment.shadowed.is_(False),
            Comment.created_at > now - NEWS,
            Subscription.scope.in_(scopes),
            Subscription.confirmed_at.is_not(None),
            ~wrote_it.exists(),
        )
    )


def _why(word: str) -> ColumnElement[str]:
    return literal(str(word), String()).label("why")


def _is_below(comment_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether ``Comment`` lies below that one."""
    steps = literal(".") + Comment.path + "."
    return steps.like(literal("%.") + cast(comment_id, String) + ".%")


def _moment(at: datetime) -> ColumnElement[datetime]:
    return literal(at, UtcDateTime())


def _due(now: datetime) -> ColumnElement[datetime]:
    later = {pace: _moment(now + pause) for pace, pause in PAUSES.items()}
    return case(later, value=Subscriber.pace, else_=_moment(now))


def silence(session: Session, subscriber_id: int) -> None:
    """Mail nothing more to a subscriber; they still find what they asked for on their page."""
    for statement in (
        update(Subscriber).where(Subscriber.id == subscriber_id).values(pace=Pace.NEVER),
        delete(Notice).where(Notice.subscriber_id == subscriber_id, Notice.told_at.is_(None)),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})

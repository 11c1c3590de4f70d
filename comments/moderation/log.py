"""Reading the log. Nothing here changes a line of it, and nothing else may."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from comments.models import Account, Ban, Comment, Decision, Thread
from comments.moderation.actions import BY_PEOPLE
from comments.moderation.reach import Sites, within

PAGE = 50
#: Lines of a file that are read at once; between two the database is free for others.
CHUNK = 1000

#: What the command line and the screens are called in the log.
NOBODY = ("screen", "command-line")

#: Targets of bans that are keyed hashes.
_HASHED = ("network:", "email:", "erased:")

# Lines are numbered when they are written and dated when they were begun: about in one order.
_SLACK = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which lines of the log. *person* is an author id or a name, *until* is not in it any more."""

    sites: Sites = None
    person: str | None = None
    action: str | None = None
    thread_id: int | None = None
    comment_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    #: With what the screens said of each comment.
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A decision with what it is about. *undone* when another line has taken it back."""

    entry: Decision
    comment_author: str | None
    thread_key: str | None
    thread_title: str | None
    undone: bool
    #: What the account is called that the line is about, if it is about one.
    target_name: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    lines: Sequence[Line]
    #: The number below which the next page begins.
    next: int | None


def page(session: Session, asked: Asked, *, below: int | None = None, limit: int = PAGE) -> Page:
    """The latest lines, or the latest of those below the number *below*."""
    query = _lines(session, asked)
    if below is not None:
        query = query.where(Decision.id < below)
    rows = session.execute(query.order_by(Decision.id.desc()).limit(limit + 1)).all()
    shown = _named(session, [Line(*row) for row in rows[:limit]])
    return Page(shown, shown[-1].entry.id if len(rows) > limit else None)


def every_line(session: Session, asked: Asked) -> Iterator[Line]:
    """All lines up to now, the newest first, some at a time."""
    below: int | None = None
    while True:
        found = page(session, asked, below=below, limit=CHUNK)
        yield from found.lines
        below = found.next
        if below is None:
            return
        session.expunge_all()


def _named(session: Session, lines: list[Line]) -> list[Line]:
    """*lines* with what the accounts they are about are called, which the log does not keep."""
    about = {line.entry.target or "" for line in lines}
    found = [target for target in about if target.startswith("member:")]
    if not found:
        return lines
    numbers = {int(target.partition(":")[2]) for target in found}
    named = select(Account.id, Account.name).where(Account.id.in_(numbers))
    names = {f"member:{row.id}": row.name for row in session.execute(named)}
    return [replace(line, target_name=names.get(line.entry.target or "")) for line in lines]


def of_thread(session: Session, thread_id: int, *, limit: int = 10) -> Sequence[Line]:
    """The latest that was decided about a thread as a whole, under its old keys as well."""
    led = select(Thread.id).where(Thread.merged_into_id == thread_id)
    concerned = [thread_id, *session.scalars(led)]
    query = _columns().where(
        Decision.thread_id.in_(concerned), Decision.comment_id.is_(None), BY_PEOPLE
    )
    rows = session.execute(query.order_by(Decision.id.desc()).limit(limit))
    return [Line(*row) for row in rows]


def names(session: Session, targets: Collection[str]) -> dict[str, str]:
    """What those whom lines are about are called: by their last comment, or by a ban of them."""
    # A network and an address are nobody's name.
    wanted = {it for it in targets if ":" in it and not it.startswith(_HASHED)}
    if not wanted:
        return {}
    bans = select(Ban.target, Ban.name).where(Ban.target.in_(wanted), Ban.name != "")
    wrote = (Comment.author_id.in_(wanted), Comment.author_name != "")
    last = select(func.max(Comment.id)).where(*wrote).group_by(Comment.author_id)
    latest = select(Comment.author_id, Comment.author_name).where(Comment.id.in_(last))
    known = dict(session.execute(bans.order_by(Ban.id)).all())
    return known | dict(session.execute(latest).all())


def _columns() -> Select[*tuple[Any, ...]]:
    later = aliased(Decision)
    undone = (
        select(later.id).where(later.undoes == Decision.batch, later.undoes.is_not(None)).exists()
    )
    columns: Select[*tuple[Any, ...]] = select(
        Decision, Comment.author_name, Thread.key, Thread.title, undone.label("undone")
    )
    return columns.outerjoin(Comment, Comment.id == Decision.comment_id).outerjoin(
        Thread, Thread.id == Decision.thread_id
    )


def _lines(session: Session, asked: Asked) -> Select[*tuple[Any, ...]]:
    wanted = [within(asked.sites, Decision.thread_id)]
    if not asked.everything:
        wanted.append(BY_PEOPLE)
    if asked.person:
        wanted.append(_of(session, asked.person))
    for column, value in (
        (Decision.action, asked.action),
        (Decision.thread_id, asked.thread_id),
        (Decision.comment_id, asked.comment_id),
    ):
        if value is not None:
            wanted.append(column == value)
    return _columns().where(*wanted, *_between(session, asked))


def _of(session: Session, person: str) -> ColumnElement[bool]:
    """Theirs by number or by name; of a name, however it is spelled.

    An index knows no other way not to care for capitals. One spelling, as there nearly always is,
    is read in the log's own order.
    """
    if ":" in person or person in NOBODY:
        return Decision.actor == person
    is_named = Decision.actor_name != ""
    spellings = dict.fromkeys((person, person.lower(), person.upper(), person.title()))
    used = [
        name
        for name in spellings
        if session.scalar(select(Decision.id).where(is_named, Decision.actor_name == name).limit(1))
    ]
    name, *others = used or [person]
    is_theirs = Decision.actor_name.in_(used) if others else Decision.actor_name == name
    return and_(is_named, is_theirs)


def _between(session: Session, asked: Asked) -> Iterator[ColumnElement[bool]]:
    """The two dates, with bounds of the number by which the log is read."""
    number = Decision.id
    if asked.since is not None:
        yield Decision.created_at >= asked.since
        first = (Decision.created_at >= asked.since - _SLACK, Decision.created_at)
        yield number >= (_first(session, *first) or 0)
    if asked.until is not None:
        yield Decision.created_at < asked.until
        last = (Decision.created_at < asked.until + _SLACK, Decision.created_at.desc())
        yield number <= (_first(session, *last) or 0)


def _first(session: Session, condition: ColumnElement[bool], order: Any) -> int | None:
    return session.scalar(select(Decision.id).where(condition).order_by(order).limit(1))

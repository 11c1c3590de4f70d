"""The queue: what waits, what was reported, and every other state, a page at a time.

A page comes through the indexes by keyset. Which comments are on it is one query; all that a
moderator wants to know beside them is read for the whole page at once (``dossier``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from comments import text
from comments.errors import CommentsError, say
from comments.keys import Keys
from comments.models import Comment, Status, Thread
from comments.moderation.reach import Sites, within
from comments.moderation.status import unchanged_since

#: Entries of one page.
PAGE = 25
#: "All that match" takes so many at once; after that there is another press.
MOST_AT_ONCE = 20_000
#: Tabs count up to here: nobody reads 12,345 as anything but "many".
MOST_COUNTED = 1000
#: And what "all that match" is about up to here; beyond it is "more than that".
MOST_MATCHED = 10_000

SHOWS = ("pending", "reported", "spam", "rejected", "deleted", "published", "everything")
ORDERS = ("newest", "riskiest", "oldest")
#: Tabs with a number: what somebody may have to look at.
COUNTED = ("pending", "reported", "spam", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which comments: *thread* is a key, *author* an author id, *like* a comment on whose network
    they were written."""

    show: str = "pending"
    order: str = "newest"
    thread: str | None = None
    author: str | None = None
    like: int | None = None

    @classmethod
    def read(cls, given: Any) -> "Filter":
        """From the fields of an address or a form; 422 for a tab or an order there is none of."""
        show, order = given.get("show") or "pending", given.get("order") or "newest"
        if show not in SHOWS:
            wrong = say("Show is one of %(choices)s.", choices=", ".join(SHOWS))
            raise CommentsError("invalid", errors={"show": wrong})
        if order not in ORDERS:
            wrong = say("Order is one of %(choices)s.", choices=", ".join(ORDERS))
            raise CommentsError("invalid", errors={"order": wrong})
        return cls(
            show=show,
            order=order,
            thread=given.get("thread") or None,
            author=given.get("author") or None,
            like=text.read_number(given.get("like") or ""),
        )

    def as_fields(self) -> dict[str, str]:
        """What an address has to say to mean this; what goes without saying is left out."""
        fields = {
            "show": self.show if self.show != "pending" else None,
            "order": self.order if self.order != "newest" else None,
            "thread": self.thread,
            "author": self.author,
            "like": str(self.like) if self.like else None,
        }
        return {name: value for name, value in fields.items() if value}

    @property
    def orders(self) -> Sequence[str]:
        """Published comments are most of all there are, and nobody asks for the risk of each."""
        return ORDERS if self.show not in ("published", "everything") else ("newest", "oldest")


@dataclass(frozen=True, slots=True)
class Seen:
    """The moment a page was drawn: nothing that came or changed later is meant by "all"."""

    last_id: int
    at: datetime

    def __str__(self) -> str:
        return f"{self.last_id}.{text.moment_number(self.at)}"

    @classmethod
    def read(cls, given: str) -> "Seen":
        first, _, second = given.partition(".")
        last_id, at = text.read_number(first), text.read_moment(second)
        if last_id is None or at is None:
            raise CommentsError("invalid", errors={"seen": say("Please load the page again.")})
        return cls(last_id, at)


@dataclass(frozen=True, slots=True)
class Page:
    """``rows`` as :data:`COLUMNS`, in order; ``next`` is the cursor of the page after it."""

    rows: Sequence[Row[Any]]
    next: str | None
    seen: Seen


_parent = aliased(Comment)

#: What a page reads of each comment, its thread and the comment it answers.
COLUMNS = (
    *(
        column
        for column in Comment.__table__.columns
        if column.key
        not in ("published_revision", "changed_revision", "renderer_version", "learned_as")
    ),
    Thread.key.label("thread_key"),
    Thread.title.label("thread_title"),
    Thread.url.label("thread_url"),
    Thread.count.label("thread_count"),
    Thread.revision.label("thread_revision"),
    Thread.closed_at.label("thread_closed_at"),
    Thread.site.label("thread_site"),
    _parent.author_name.label("parent_name"),
    _parent.body.label("parent_body"),
    _parent.status.label("parent_status"),
    _parent.created_at.label("parent_created_at"),
)


def page(
    session: Session,
    keys: Keys,
    asked: Filter,
    sites: Sites,
    *,
    now: datetime,
    after: str | None = None,
    limit: int = PAGE,
) -> Page:
    """A page of what *asked* says, within *sites*."""
    last_id = session.scalar(select(func.max(Comment.id))) or 0
    chosen = _chosen(asked, sites)
    if after:
        chosen.append(_beyond(asked, _opened(keys, asked, after)))
    query = with_context(select(*COLUMNS)).where(*chosen)
    rows = session.execute(query.order_by(*_in_order(asked)).limit(limit + 1)).all()
    shown = rows[:limit]
    cursor = _sealed(keys, asked, shown[-1]) if len(rows) > limit else None
    return Page(shown, cursor, Seen(last_id, now))


def one(session: Session, comment_id: int, sites: Sites) -> Row[Any]:
    """One comment as a page reads it; 404 beyond *sites*."""
    here = (Comment.id == comment_id, within(sites, Comment.thread_id))
    found = None
    if 0 < comment_id < 2**63:
        found = session.execute(with_context(select(*COLUMNS)).where(*here)).one_or_none()
    if found is None:
        raise CommentsError("no_such_comment")
    return found


def authors(session: Session, ids: Sequence[int | None]) -> dict[int | None, str]:
    """The names under which comments were written."""
    wanted = [id for id in ids if id is not None]
    named = select(Comment.id, Comment.author_name).where(Comment.id.in_(wanted))
    return {id: name for id, name in session.execute(named) if name} if wanted else {}


def with_context(query: Select[Any]) -> Select[Any]:
    """*query* of :data:`COLUMNS` with the joins it needs."""
    return query.join(Thread, Thread.id == Comment.thread_id).outerjoin(
        _parent, _parent.id == Comment.parent_id
    )


def matching(session: Session, asked: Filter, sites: Sites, seen: Seen) -> Sequence[int]:
    """The ids of what *asked* says and the moderator has *seen*; at most :data:`MOST_AT_ONCE`."""
    chosen = [*_chosen(asked, sites), Comment.id <= seen.last_id, unchanged_since(seen.at)]
    return session.scalars(
        select(Comment.id).where(*chosen).order_by(*_in_order(asked)).limit(MOST_AT_ONCE)
    ).all()


def counts(session: Session, asked: Filter, sites: Sites) -> dict[str, int]:
    """How many each tab of :data:`COUNTED` holds within the rest of *asked*, in one statement.

    More than :data:`MOST_COUNTED` is told as one more than that.
    """
    tabs = []
    for show in COUNTED:
        counted = _number(replace(asked, show=show), sites, MOST_COUNTED + 1)
        tabs.append(counted.scalar_subquery().label(show))
    return dict(session.execute(select(*tabs)).one()._mapping)


def how_many(session: Session, asked: Filter, sites: Sites) -> int:
    """How many *asked* means; one more than :data:`MOST_MATCHED` for whatever is more."""
    return session.scalar(_number(asked, sites, MOST_MATCHED + 1)) or 0


def _number(asked: Filter, sites: Sites, most: int) -> Select[int]:
    some = select(literal(1)).select_from(Comment).where(*_chosen(asked, sites)).limit(most)
    return select(func.count()).select_from(some.subquery())


# ── which, and in which order ────────────────────────────────────────────────────────────


def _chosen(asked: Filter, sites: Sites) -> list[ColumnElement[bool]]:
    chosen = [within(sites, Comment.thread_id)] if sites is not None else []
    if asked.show == "reported":
        chosen.append(Comment.open_reports > 0)
    elif asked.show != "everything":
        chosen.append(Comment.status == Status(asked.show))
        if asked.show != "published":
            # In the very words of the index of risks: SQLite takes it for nothing less.
            chosen.append(Comment.status != literal_column("'published'"))
    if asked.thread is not None:
        # An old key of a merged discussion leads to the one it is now.
        leads_to = func.coalesce(Thread.merged_into_id, Thread.id)
        of_key = select(leads_to).where(Thread.key == asked.thread).scalar_subquery()
        chosen.append(Comment.thread_id == of_key)
    if asked.author is not None:
        chosen.append(Comment.author_id == asked.author)
    if asked.like is not None:
        # Of a comment on another site nobody learns here who else sits behind its network.
        like = (Comment.id == asked.like, within(sites, Comment.thread_id))
        network = select(Comment.address_hash).where(*like).scalar_subquery()
        chosen.append(Comment.address_hash == network)
    return chosen


def _key(asked: Filter) -> tuple[Any, Any]:
    """The columns of the order, the id last; every pair has an index, or sorts few rows."""
    if asked.order == "riskiest" and asked.order in asked.orders:
        return (Comment.open_reports if asked.show == "reported" else Comment.risk), Comment.id
    # An id is given in the order of time, and "everything" has no other index.
    first = Comment.id if asked.show == "everything" else Comment.created_at
    return first, Comment.id


def _in_order(asked: Filter) -> tuple[Any, ...]:
    columns = _key(asked)
    if asked.order == "oldest":
        return columns
    return tuple(column.desc() for column in columns)


def _beyond(asked: Filter, mark: tuple[Any, int]) -> ColumnElement[bool]:
    """After *mark* in the order. Said twice, since only the first half finds its way in an index
    that does not hold the id."""
    column, id = _key(asked)
    value, last = mark
    if asked.order == "oldest":
        return and_(column >= value, or_(column > value, id > last))
    return and_(column <= value, or_(column < value, id < last))


def _sealed(keys: Keys, asked: Filter, row: Row[Any]) -> str:
    value = getattr(row, _key(asked)[0].key)
    if isinstance(value, datetime):
        value = text.moment_number(value)
    facts = ["queue", asked.show, asked.order, value, row.id]
    return keys.seal("cursor", json.dumps(facts, separators=(",", ":")).encode())


def _opened(keys: Keys, asked: Filter, cursor: str) -> tuple[Any, int]:
    payload = keys.open("cursor", cursor)
    facts = json.loads(payload) if payload is not None else []
    if len(facts) != 5 or facts[:3] != ["queue", asked.show, asked.order]:
        raise CommentsError("bad_cursor")
    value, last = facts[3:]
    if _key(asked)[0] is Comment.created_at:
        value = text.moment_of(value)
    return value, last

"""Siblings page by page, by keyset, in an order that holds still for its reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    func,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from comments.errors import CommentsError
from comments.keys import Keys
from comments.models import Comment, ScoreStep, Status, table_of
from comments.threads.levels import add_first_replies, columns_of, in_order
from comments.threads.places import ThreadFacts, find, leads_to
from comments.threads.rows import SHOWN, columns, read, rows, shown_rows
from comments.tree import Cursor, Key, Node, Order

#: A page's size when the client names none, and the most it may name.
DEFAULT_LIMIT = 25
MAX_LIMIT = 100


@dataclass(slots=True)
class Listing:
    """Siblings with their first replies, and the cursor of the next ones."""

    thread: ThreadFacts
    order: Order
    nodes: list[Node] = field(default_factory=list)
    next: Cursor | None = None
    #: ``inline``: comments on passages alone, at the top level.
    only: str | None = None


def page(
    session: Session,
    keys: Keys,
    key: str,
    order: Order,
    *,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
    start_at: Comment | None = None,
    only: str | None = None,
) -> Listing:
    """A page of top-level comments with their first replies.

    *after* is the cursor of the page before; *start_at* begins the page at that top-level
    comment instead; *only* ``inline`` leaves out what is on no passage. Raises 422 for a cursor
    that was not given for this list.
    """
    thread = find(session, key)
    listing = Listing(thread, order, only=only)
    if thread.id is None:
        if after:
            raise CommentsError("bad_cursor")
        return listing
    cursor = _opened(session, keys, after, thread, None, order, only)
    if start_at is not None:
        _begin_at(session, listing, cursor, start_at, limit)
    else:
        _fill(session, listing, cursor, limit, with_pinned=not after)
    return listing


def replies(
    session: Session,
    keys: Keys,
    parent: Any,
    thread: ThreadFacts,
    order: Order,
    *,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
) -> Listing:
    """A page of the replies under *parent*, each with its own first replies."""
    listing = Listing(thread, order)
    _fill(session, listing, _opened(session, keys, after, thread, parent.id, order), limit)
    return listing


def branch(
    session: Session, top: Comment, thread: ThreadFacts, order: Order, limit: int = DEFAULT_LIMIT
) -> Listing:
    """One comment with what is below it, as a page of its own: for places deep in a chain."""
    row = read(session, shown_rows.where(columns.id == top.id))[0]
    listing = Listing(thread, order, [Node(row)])
    add_first_replies(session, listing.nodes, order, limit)
    return listing


def branch_after(
    session: Session,
    keys: Keys,
    top: Comment,
    thread: ThreadFacts,
    order: Order,
    *,
    after: str | None,
    limit: int = DEFAULT_LIMIT,
) -> Listing:
    """One comment with a later page of its replies below it."""
    below = replies(session, keys, top, thread, order, limit=limit, after=after)
    row = read(session, shown_rows.where(columns.id == top.id))[0]
    return Listing(thread, order, [Node(row, below.nodes, cursor=below.next)])


def _opened(
    session: Session,
    keys: Keys,
    after: str | None,
    thread: ThreadFacts,
    parent_id: int | None,
    order: Order,
    only: str | None = None,
) -> Cursor:
    thread_id = thread.id
    assert thread_id is not None
    if after:
        return Cursor.open(
            keys,
            after,
            thread_id=thread_id,
            parent_id=parent_id,
            sort=order.name,
            only=only,
            merged=lambda earlier_id: leads_to(session, earlier_id, thread_id),
        )
    return Cursor(thread_id, parent_id, order.name, None, thread.revision, only=only)


def _fill(
    session: Session, listing: Listing, cursor: Cursor, limit: int, *, with_pinned: bool = False
) -> None:
    pinned = _pinned(session, cursor, listing.order, limit) if with_pinned else []
    cursor = replace(cursor, pinned=(*cursor.pinned, *(row.id for row in pinned)))
    room = limit - len(pinned)
    found = _siblings(session, cursor, listing.order, room + 1)
    listing.nodes = [Node(row) for row in (*pinned, *found[:room])]
    if len(found) > room:
        listing.next = _behind(cursor, listing.order, found[room - 1]) if room else cursor
    add_first_replies(session, listing.nodes, listing.order, limit)


def _behind(cursor: Cursor, order: Order, row: Any) -> Cursor:
    """*cursor* after *row* was shown; a reader's first row tells when the reading began."""
    revision = row.revision if cursor.key is None else cursor.revision
    return replace(cursor, key=order.key(row), revision=revision)


def _begin_at(
    session: Session, listing: Listing, cursor: Cursor, start: Comment, limit: int
) -> None:
    """A page whose first comment is *start*; the ones before it stay a page away."""
    first = read(session, shown_rows.where(columns.id == start.id))[0]
    cursor = _behind(cursor, listing.order, first)
    _fill(session, listing, cursor, max(limit - 1, 1))
    top = [Node(first)]
    add_first_replies(session, top, listing.order, limit)
    listing.nodes = top + listing.nodes


def _among(cursor: Cursor) -> str:
    """Which list of siblings a cursor walks through."""
    if cursor.only is not None:
        return "inline"
    return "roots" if cursor.parent_id is None else "replies"


#: The listed siblings of a list, as the partial indexes name them. Passages are commented on at
#: the top level alone; said so, their index is not taken.
_OF_LIST = {
    "inline": (columns.thread_id == bindparam("of"), columns.anchor.is_not(None)),
    "roots": (columns.thread_id == bindparam("of"), columns.parent_id.is_(None)),
    "replies": (columns.parent_id == bindparam("of"),),
}


def _pinned(session: Session, cursor: Cursor, order: Order, most: int) -> list[Any]:
    asked = _pinned_of(inline=cursor.only is not None)
    return order.sort(read(session, asked, of=cursor.thread_id, most=most))


@cache
def _pinned_of(*, inline: bool) -> Select[Any]:
    chosen = [
        columns.thread_id == bindparam("of"),
        columns.pinned_at.is_not(None),
        columns.parent_id.is_(None),
        columns.status == Status.PUBLISHED,
    ]
    if inline:
        chosen.append(columns.anchor.is_not(None))
    in_turn = shown_rows.where(*chosen).order_by(columns.pinned_at.desc(), columns.id)
    return in_turn.limit(bindparam("most"))


def _siblings(session: Session, cursor: Cursor, order: Order, limit: int) -> list[Any]:
    asked: dict[str, Any] = {
        "of": cursor.thread_id if cursor.parent_id is None else cursor.parent_id,
        "most": limit,
        "pinned": cursor.pinned,
        **_mark(order, cursor.key),
    }
    here = (order, _among(cursor), bool(cursor.pinned))
    if cursor.key is not None and order.moves:
        asked |= {"thread": cursor.thread_id, "since": cursor.revision}
        return order.sort(read(session, _as_they_were(*here), **asked))[:limit]
    return read(session, _next_siblings(*here, cursor.key is not None), **asked)


@cache
def _next_siblings(order: Order, among: str, without_pinned: bool, later: bool) -> Select[Any]:
    """Built once, like all that readers ask for: it costs more to build than to run."""
    here = _here(among, without_pinned)
    if later:
        here.append(_beyond(order, columns_of(order)))
    return shown_rows.where(*here).order_by(*in_order(order)).limit(bindparam("most"))


def _here(among: str, without_pinned: bool) -> list[ColumnElement[bool]]:
    here = [*_OF_LIST[among], columns.listed == true()]
    if without_pinned:
        here.append(columns.id.not_in(bindparam("pinned", expanding=True)))
    return here


def _mark(order: Order, key: Key | None) -> dict[str, Any]:
    """The place behind which a list goes on, as :func:`_beyond` asks for it."""
    return {} if key is None else dict(zip(_marks(order), key, strict=True))


def _marks(order: Order) -> list[str]:
    return [f"last_{name}" for name in order.columns]


def _beyond(order: Order, of: Sequence[Any]) -> ColumnElement[bool]:
    types = [column.type for column in columns_of(order)]
    marks = [bindparam(name, type_=type) for name, type in zip(_marks(order), types, strict=True)]
    here, mark = tuple_(*of), tuple_(*marks, types=types)
    return here < mark if order.descending else here > mark


@cache
def _as_they_were(order: Order, among: str, without_pinned: bool) -> CompoundSelect[Any]:
    """Siblings with the rank they had when the reader of a cursor began.

    What was voted on since then is left out where it stands now and put in where it stood. Both
    in one statement: a vote between two would hide a comment or show it twice.
    """
    steps = table_of(ScoreStep).c
    since = (steps.thread_id == bindparam("thread"), steps.revision > bindparam("since"))
    first = select(func.min(steps.revision)).where(*since).group_by(steps.comment_id)
    step = (
        select(steps.comment_id, steps.rank_before)
        .where(*since, steps.revision.in_(first))
        .cte("step")
    )
    here = _here(among, without_pinned)
    stayed = (
        shown_rows.where(*here, columns.id.not_in(select(step.c.comment_id)))
        .where(_beyond(order, columns_of(order)))
        .order_by(*columns_of(order))
        .limit(bindparam("most"))
    )
    then = (step.c.rank_before, columns.created_at, columns.id)
    shown = [then[0].label("vote_rank") if c.key == "vote_rank" else c for c in SHOWN]
    moved = (
        select(*shown)
        .join(step, step.c.comment_id == columns.id)
        .where(*here, _beyond(order, then))
        .order_by(*then)
        .limit(bindparam("most"))
    )
    return union_all(select(stayed.subquery("stayed")), select(moved.subquery("moved")))


def open_way_to(session: Session, listing: Listing, comment: Comment) -> None:
    """Make sure *comment* is in the tree of *listing*, whose first node is an ancestor of it.

    The replies between are hung in where the first replies left them out.
    """
    way = [*comment.ancestor_ids, comment.id]
    node = listing.nodes[0]
    below = way[way.index(node.row.id) + 1 :]
    found = rows(session, below)
    for id in below:
        child = next((reply for reply in node.replies if reply.row.id == id), None)
        if child is None:
            child = Node(found[id], more=bool(found[id].replies_count))
            node.replies.append(child)
        node = child

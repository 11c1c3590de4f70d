"""Siblings page by page, by keyset, in an order that holds still for its reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select, true, tuple_, union_all
from sqlalchemy.orm import Session

from comments.errors import CommentsError
from comments.keys import Keys
from comments.models import Comment, ScoreStep, Status
from comments.threads.levels import add_first_replies, columns_of, in_order
from comments.threads.places import ThreadFacts, find, leads_to
from comments.threads.rows import SHOWN, rows, shown_rows
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
    row = session.execute(shown_rows.where(Comment.id == top.id)).one()
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
    row = session.execute(shown_rows.where(Comment.id == top.id)).one()
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
    rows = _siblings(session, cursor, listing.order, room + 1)
    listing.nodes = [Node(row) for row in (*pinned, *rows[:room])]
    if len(rows) > room:
        listing.next = _behind(cursor, listing.order, rows[room - 1]) if room else cursor
    add_first_replies(session, listing.nodes, listing.order, limit)


def _behind(cursor: Cursor, order: Order, row: Any) -> Cursor:
    """*cursor* after *row* was shown; a reader's first row tells when the reading began."""
    revision = row.revision if cursor.key is None else cursor.revision
    return replace(cursor, key=order.key(row), revision=revision)


def _begin_at(
    session: Session, listing: Listing, cursor: Cursor, start: Comment, limit: int
) -> None:
    """A page whose first comment is *start*; the ones before it stay a page away."""
    first = session.execute(shown_rows.where(Comment.id == start.id)).one()
    cursor = _behind(cursor, listing.order, first)
    _fill(session, listing, cursor, max(limit - 1, 1))
    top = [Node(first)]
    add_first_replies(session, top, listing.order, limit)
    listing.nodes = top + listing.nodes


def _among(cursor: Cursor) -> list[ColumnElement[bool]]:
    """The listed siblings a cursor walks through, as the partial indexes name them."""
    if cursor.only is not None:
        # Passages are commented on at the top level alone; said so, their index is not taken.
        siblings = [Comment.thread_id == cursor.thread_id, Comment.anchor.is_not(None)]
    elif cursor.parent_id is None:
        siblings = [Comment.thread_id == cursor.thread_id, Comment.parent_id.is_(None)]
    else:
        siblings = [Comment.parent_id == cursor.parent_id]
    return [*siblings, Comment.listed == true()]


def _pinned(session: Session, cursor: Cursor, order: Order, most: int) -> list[Any]:
    chosen = [
        Comment.thread_id == cursor.thread_id,
        Comment.pinned_at.is_not(None),
        Comment.parent_id.is_(None),
        Comment.status == Status.PUBLISHED,
    ]
    if cursor.only is not None:
        chosen.append(Comment.anchor.is_not(None))
    rows = session.execute(
        shown_rows.where(*chosen).order_by(Comment.pinned_at.desc(), Comment.id).limit(most)
    )
    return order.sort(rows)


def _beyond(order: Order, key: Key, columns: Sequence[Any]) -> ColumnElement[bool]:
    here, mark = tuple_(*columns), tuple_(*key, types=[column.type for column in columns])
    return here < mark if order.descending else here > mark


def _siblings(session: Session, cursor: Cursor, order: Order, limit: int) -> list[Any]:
    here = _among(cursor)
    if cursor.pinned:
        here.append(Comment.id.not_in(cursor.pinned))
    if cursor.key is not None and order.moves:
        return _as_they_were(session, cursor, cursor.key, order, here, limit)
    if cursor.key is not None:
        here.append(_beyond(order, cursor.key, columns_of(order)))
    return list(session.execute(shown_rows.where(*here).order_by(*in_order(order)).limit(limit)))


def _as_they_were(
    session: Session,
    cursor: Cursor,
    key: Key,
    order: Order,
    here: list[ColumnElement[bool]],
    limit: int,
) -> list[Any]:
    """Siblings with the rank they had when the reader of *cursor* began.

    What was voted on since then is left out where it stands now and put in where it stood. Both
    in one statement: a vote between two would hide a comment or show it twice.
    """
    since = (ScoreStep.thread_id == cursor.thread_id, ScoreStep.revision > cursor.revision)
    first = select(func.min(ScoreStep.revision)).where(*since).group_by(ScoreStep.comment_id)
    step = (
        select(ScoreStep.comment_id, ScoreStep.rank_before)
        .where(*since, ScoreStep.revision.in_(first))
        .cte("step")
    )
    stayed = (
        shown_rows.where(*here, Comment.id.not_in(select(step.c.comment_id)))
        .where(_beyond(order, key, columns_of(order)))
        .order_by(*columns_of(order))
        .limit(limit)
    )
    then = (step.c.rank_before, Comment.created_at, Comment.id)
    columns = [then[0].label("vote_rank") if c.key == "vote_rank" else c for c in SHOWN]
    moved = (
        select(*columns)
        .join(step, step.c.comment_id == Comment.id)
        .where(*here, _beyond(order, key, then))
        .order_by(*then)
        .limit(limit)
    )
    both = union_all(select(stayed.subquery("stayed")), select(moved.subquery("moved")))
    return order.sort(session.execute(both))[:limit]


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

"""A page's thread: finding and locking it, and reading its tree.

Every read is a number of queries that does not depend on the size of the thread: one for the
thread, one for the siblings, one for each level below. The lists come through indexes by
keyset, so the thousandth page costs what the first one costs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    func,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from comments import tree
from comments.database import begin_write, insert_or_ignore, is_sqlite
from comments.errors import CommentsError, say
from comments.keys import Keys
from comments.models import KEY_LENGTH, Comment, ScoreStep, Status, Thread
from comments.tree import Cursor, Key, Node, Order

#: A page's size when the client names none, and the most it may name.
DEFAULT_LIMIT = 25
MAX_LIMIT = 100
#: Keys in one call for counts.
MAX_COUNTS = 100
#: "What is new" is counted up to here; nobody reads "100,000 new comments" as a number.
MAX_NEW = 1000

#: What a page shows of a comment; body, path and the rest stay in the database.
SHOWN: tuple[Any, ...] = (
    Comment.id,
    Comment.thread_id,
    Comment.parent_id,
    Comment.depth,
    Comment.status,
    Comment.html,
    Comment.author_id,
    Comment.author_kind,
    Comment.author_name,
    Comment.author_avatar,
    Comment.author_website,
    Comment.created_at,
    Comment.edited_at,
    Comment.up,
    Comment.down,
    Comment.score,
    Comment.vote_rank,
    Comment.replies_count,
    Comment.pinned_at,
    # The thread's revision in the very moment of the statement that reads the row: a cursor
    # must begin where its rows were read, and a vote may fall between two statements.
    select(Thread.revision)
    .where(Thread.id == Comment.thread_id)
    .correlate(Comment)
    .scalar_subquery()
    .label("revision"),
)
_shown = select(*SHOWN)


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """A thread as it was read; ``id`` is ``None`` while nobody has written in it."""

    key: str
    id: int | None = None
    title: str | None = None
    url: str | None = None
    count: int = 0
    revision: int = 0
    closed: bool = False


@dataclass(slots=True)
class Listing:
    """Siblings with their first replies, and the cursor of the next ones."""

    thread: ThreadFacts
    order: Order
    nodes: list[Node] = field(default_factory=list)
    next: Cursor | None = None


# ── one thread ───────────────────────────────────────────────────────────────────────────


def check_key(key: Any) -> str:
    """*key* as an owner may name a thread: 1 to 255 visible characters; otherwise 422."""
    if not isinstance(key, str) or not key.strip():
        raise CommentsError("invalid", errors={"thread": say("Name the thread.")})
    if len(key) > KEY_LENGTH:
        too_long = say("A thread's key has at most %(most)s characters.", most=KEY_LENGTH)
        raise CommentsError("invalid", errors={"thread": too_long})
    if not key.isprintable():
        wrong = say("A thread's key has no control or invisible characters.")
        raise CommentsError("invalid", errors={"thread": wrong})
    return key


_facts = select(
    Thread.key, Thread.id, Thread.title, Thread.url, Thread.count, Thread.revision, Thread.closed_at
)


def _read(row: Any) -> ThreadFacts:
    return ThreadFacts(
        row.key, row.id, row.title, row.url, row.count, row.revision, row.closed_at is not None
    )


def find(session: Session, key: str) -> ThreadFacts:
    """The thread named *key*; an empty one when nobody has written in it."""
    row = session.execute(_facts.where(Thread.key == key)).one_or_none()
    return ThreadFacts(key) if row is None else _read(row)


def facts(thread: Thread) -> ThreadFacts:
    """What a page shows of a thread that is already at hand."""
    return ThreadFacts(
        thread.key,
        thread.id,
        thread.title,
        thread.url,
        thread.count,
        thread.revision,
        thread.closed,
    )


def by_id(session: Session, thread_id: int) -> ThreadFacts:
    return _read(session.execute(_facts.where(Thread.id == thread_id)).one())


def lock(session: Session, thread_id: int) -> Thread:
    """The thread's row, held until the end of the transaction.

    Everything that changes a thread comes through here, so changes to one thread happen one
    after the other and its counters and revision need no further care.
    """
    begin_write(session)
    return session.execute(
        select(Thread)
        .where(Thread.id == thread_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def lock_or_create(
    session: Session, key: str, *, url: str | None, title: str | None, now: datetime
) -> Thread:
    """The thread named *key*, locked; made when this is its first comment."""
    begin_write(session)
    locked = (
        select(Thread)
        .where(Thread.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    thread = session.execute(locked).scalar_one_or_none()
    if thread is None:
        insert_or_ignore(session, Thread, key=key, created_at=now)
        thread = session.execute(locked).scalar_one()
    # An early comment may have come from a client that did not tell where the article is.
    if (url and not thread.url) or (title and not thread.title):
        thread.url, thread.title = thread.url or url, thread.title or title
        # Pages show both, even while the comment that brought them waits.
        thread.revision += 1
    return thread


# ── lists ────────────────────────────────────────────────────────────────────────────────


def page(
    session: Session,
    keys: Keys,
    key: str,
    order: Order,
    *,
    limit: int = DEFAULT_LIMIT,
    after: str | None = None,
    start_at: Comment | None = None,
) -> Listing:
    """A page of top-level comments with their first replies.

    *after* is the cursor of the page before; *start_at* begins the page at that top-level
    comment instead. Raises 422 for a cursor that was not given for this list.
    """
    thread = find(session, key)
    listing = Listing(thread, order)
    if thread.id is None:
        if after:
            raise CommentsError("bad_cursor")
        return listing
    cursor = _opened(keys, after, thread, None, order)
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
    _fill(session, listing, _opened(keys, after, thread, parent.id, order), limit)
    return listing


def branch(
    session: Session, top: Comment, thread: ThreadFacts, order: Order, limit: int = DEFAULT_LIMIT
) -> Listing:
    """One comment with what is below it, as a page of its own: for places deep in a chain."""
    row = session.execute(_shown.where(Comment.id == top.id)).one()
    listing = Listing(thread, order, [Node(row)])
    _add_first_replies(session, listing.nodes, order, limit)
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
    row = session.execute(_shown.where(Comment.id == top.id)).one()
    return Listing(thread, order, [Node(row, below.nodes, cursor=below.next)])


def _opened(
    keys: Keys, after: str | None, thread: ThreadFacts, parent_id: int | None, order: Order
) -> Cursor:
    assert thread.id is not None
    if after:
        return Cursor.open(keys, after, thread_id=thread.id, parent_id=parent_id, sort=order.name)
    return Cursor(thread.id, parent_id, order.name, None, thread.revision)


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
    _add_first_replies(session, listing.nodes, listing.order, limit)


def _behind(cursor: Cursor, order: Order, row: Any) -> Cursor:
    """*cursor* after *row* was shown; a reader's first row tells when the reading began."""
    revision = row.revision if cursor.key is None else cursor.revision
    return replace(cursor, key=order.key(row), revision=revision)


def _begin_at(
    session: Session, listing: Listing, cursor: Cursor, start: Comment, limit: int
) -> None:
    """A page whose first comment is *start*; the ones before it stay a page away."""
    first = session.execute(_shown.where(Comment.id == start.id)).one()
    cursor = _behind(cursor, listing.order, first)
    _fill(session, listing, cursor, max(limit - 1, 1))
    top = [Node(first)]
    _add_first_replies(session, top, listing.order, limit)
    listing.nodes = top + listing.nodes


def _among(cursor: Cursor) -> list[ColumnElement[bool]]:
    """The listed siblings a cursor walks through, as the partial indexes name them."""
    if cursor.parent_id is None:
        siblings = [Comment.thread_id == cursor.thread_id, Comment.parent_id.is_(None)]
    else:
        siblings = [Comment.parent_id == cursor.parent_id]
    return [*siblings, Comment.listed == true()]


def _pinned(session: Session, cursor: Cursor, order: Order, most: int) -> list[Any]:
    rows = session.execute(
        _shown.where(
            Comment.thread_id == cursor.thread_id,
            Comment.pinned_at.is_not(None),
            Comment.parent_id.is_(None),
            Comment.status == Status.PUBLISHED,
        )
        .order_by(Comment.pinned_at.desc(), Comment.id)
        .limit(most)
    )
    return order.sort(rows)


def _columns(order: Order, of: Any = Comment) -> list[Any]:
    return [getattr(of, name) for name in order.columns]


def _in_order(order: Order, of: Any = Comment) -> list[Any]:
    columns = _columns(order, of)
    return [column.desc() for column in columns] if order.descending else columns


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
        here.append(_beyond(order, cursor.key, _columns(order)))
    return list(session.execute(_shown.where(*here).order_by(*_in_order(order)).limit(limit)))


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
        _shown.where(*here, Comment.id.not_in(select(step.c.comment_id)))
        .where(_beyond(order, key, _columns(order)))
        .order_by(*_columns(order))
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


# ── the levels below ─────────────────────────────────────────────────────────────────────


def _add_first_replies(session: Session, nodes: Sequence[Node], order: Order, limit: int) -> None:
    """Hang the first replies under *nodes*, level by level, within a page's room."""
    level = {node.row.id: node for node in nodes}
    room = limit * tree.NESTED_PER_ROOT
    for _ in range(tree.MAX_NESTING - 1):
        parents = {id: node for id, node in level.items() if node.row.replies_count}
        for node in parents.values():
            node.more = True
        if not parents or room <= 0:
            return
        if len(parents) > room:
            parents = dict(list(parents.items())[:room])
        each = min(max(1, room // len(parents)), tree.MOST_FIRST_REPLIES)
        rows = session.execute(
            _first_replies(order, is_sqlite(session)),
            {"parents": list(parents), "each": each + 1},
        )
        level = tree.attach(parents, rows, order, each)
        room -= len(level)
    for node in level.values():
        node.more = bool(node.row.replies_count)


@cache
def _first_replies(order: Order, on_sqlite: bool) -> Select[Any]:
    """The first ``each`` listed replies of all ``parents``, in one query through the index.

    A window function would number all 50,000 replies of a parent to keep three of them, so
    each parent's list is cut where it is read: by ``LATERAL`` where there is one, and on
    SQLite by a correlated list of ids. Built once: it costs more to build than to run.
    """
    parent = aliased(Comment, name="parent")
    reply = aliased(Comment, name="reply")
    first = (
        select(reply.id)
        .where(
            reply.parent_id == parent.id,
            reply.listed == true(),
        )
        .order_by(*_in_order(order, reply))
        .limit(bindparam("each", type_=Integer()))
        .correlate(parent)
    )
    one_of_them = parent.id.in_(bindparam("parents", expanding=True))
    if on_sqlite:
        return _shown.select_from(parent).join(Comment, Comment.id.in_(first)).where(one_of_them)
    cut = first.lateral("first")
    return (
        _shown.select_from(parent)
        .join(cut, true())
        .join(Comment, Comment.id == cut.c.id)
        .where(one_of_them)
    )


def next_replies(thread: ThreadFacts, order: Order, node: Node) -> Cursor | None:
    """The cursor of the replies that were left out under *node*, if there are any."""
    if node.cursor or not node.more:
        return node.cursor
    assert thread.id is not None
    revision = thread.revision if node.revision is None else node.revision
    return Cursor(thread.id, node.row.id, order.name, node.last_key, revision)


# ── single comments ──────────────────────────────────────────────────────────────────────


def get(session: Session, comment_id: int) -> Comment:
    """The comment as a row that a use-case may change; 404 when there is none."""
    comment = session.get(Comment, comment_id) if 0 < comment_id < 2**63 else None
    if comment is None:
        raise CommentsError("no_such_comment")
    return comment


def read_id(given: str | None) -> int:
    """The number of a comment in an address; anything else names no comment."""
    if not given or not (given.isascii() and given.isdigit() and len(given) < 19):
        raise CommentsError("no_such_comment")
    return int(given)


def visible(session: Session, comment_id: int) -> Comment:
    """The comment, if it has a place in the list for everybody; otherwise 404."""
    comment = get(session, comment_id)
    if not comment.listed:
        raise CommentsError("no_such_comment")
    return comment


def placed(session: Session, comment_id: int) -> tuple[Comment, ThreadFacts]:
    """A visible comment and its thread, for a page that is kept.

    The thread is read first. Otherwise a comment that is hidden between the two reads would be
    shown on a page that says it is true for the revision after that.
    """
    of_this_comment = select(Comment.thread_id).where(Comment.id == comment_id)
    row = None
    if 0 < comment_id < 2**63:
        row = session.execute(_facts.where(Thread.id.in_(of_this_comment))).one_or_none()
    if row is None:
        raise CommentsError("no_such_comment")
    return visible(session, comment_id), _read(row)


def rows(session: Session, ids: Iterable[int]) -> dict[int, Any]:
    """The shown columns of some comments, by id."""
    found = session.execute(_shown.where(Comment.id.in_(list(ids))))
    return {row.id: row for row in found}


def ancestors(session: Session, comment: Comment) -> list[Any]:
    """From the root to the parent, in two queries whatever the depth."""
    ids = comment.ancestor_ids
    found = rows(session, ids) if ids else {}
    return [found[id] for id in ids]


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


# ── counts and the pulse ─────────────────────────────────────────────────────────────────


def counts(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """Published comments of each thread, 0 for one nobody has written in; at most 100 keys."""
    if len(keys) > MAX_COUNTS:
        too_many = say("At most %(most)s threads can be counted at once.", most=MAX_COUNTS)
        raise CommentsError("invalid", errors={"thread": too_many})
    asked = [check_key(key) for key in keys]
    found = session.execute(select(Thread.key, Thread.count).where(Thread.key.in_(asked)))
    known = dict(found.all())
    return {key: known.get(key, 0) for key in asked}


def new_since(session: Session, thread: ThreadFacts, revision: int) -> int:
    """Comments that became visible after *revision*, counted up to :data:`MAX_NEW`."""
    if thread.id is None or revision >= thread.revision:
        return 0
    tail = (
        select(Comment.id)
        .where(Comment.thread_id == thread.id, Comment.published_revision > revision)
        .limit(MAX_NEW)
        .subquery()
    )
    return session.execute(select(func.count()).select_from(tail)).scalar_one()

"""The levels below a list: the first replies of each, in one query a level."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, select, true
from sqlalchemy.orm import Session

from comments import tree
from comments.database import is_sqlite
from comments.models import Comment, table_of
from comments.threads.places import ThreadFacts
from comments.threads.rows import columns, read, shown_rows
from comments.tree import Cursor, Node, Order


def add_first_replies(session: Session, nodes: Sequence[Node], order: Order, limit: int) -> None:
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
        asked = _first_replies(order, is_sqlite(session))
        rows = read(session, asked, parents=list(parents), each=each + 1)
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
    table = table_of(Comment)
    parent, reply = table.alias("parent"), table.alias("reply")
    first = (
        select(reply.c.id)
        .where(reply.c.parent_id == parent.c.id, reply.c.listed == true())
        .order_by(*in_order(order, reply.c))
        .limit(bindparam("each", type_=Integer()))
        .correlate(parent)
    )
    asked = parent.c.id.in_(bindparam("parents", expanding=True))
    if on_sqlite:
        return shown_rows.select_from(parent).join(table, columns.id.in_(first)).where(asked)
    cut = first.lateral("first")
    return (
        shown_rows.select_from(parent)
        .join(cut, true())
        .join(table, columns.id == cut.c.id)
        .where(asked)
    )


def next_replies(thread: ThreadFacts, order: Order, node: Node) -> Cursor | None:
    """The cursor of the replies that were left out under *node*, if there are any."""
    if node.cursor or not node.more:
        return node.cursor
    assert thread.id is not None
    revision = thread.revision if node.revision is None else node.revision
    return Cursor(thread.id, node.row.id, order.name, node.last_key, revision)


def columns_of(order: Order, of: Any = columns) -> list[Any]:
    return [of[name] for name in order.columns]


def in_order(order: Order, of: Any = columns) -> list[Any]:
    found = columns_of(order, of)
    return [column.desc() for column in found] if order.descending else found

"""Orders, cursors and the assembly of a tree. Pure: no database, no Flask.

An order is total, since every key ends at the id, and the same key orders SQL and memory.
Nothing here recurses over the depth that people make: a page nests at most
:data:`MAX_NESTING` levels, and it is assembled and walked level by level.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from comments import text
from comments.errors import CommentsError, say
from comments.keys import Keys

#: Levels of comments in one answer, the top level included.
MAX_NESTING = 6
#: Nested comments of a page for each of its top-level ones, on the average.
NESTED_PER_ROOT = 4
#: First replies shown under one comment at the most.
MOST_FIRST_REPLIES = 10

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A sort mode: the columns of its key and which way it runs."""

    name: str
    columns: tuple[str, ...]
    descending: bool = False
    #: Its key changes after a comment is posted, so a cursor needs the history of it.
    moves: bool = False

    @property
    def key(self) -> Callable[[Any], Key]:
        """Gives the key of a row."""
        return attrgetter(*self.columns)

    def sort(self, rows: Iterable[Any]) -> list[Any]:
        return sorted(rows, key=self.key, reverse=self.descending)


ORDERS: dict[str, Order] = {
    "oldest": Order("oldest", ("created_at", "id")),
    "newest": Order("newest", ("created_at", "id"), descending=True),
    # Highest score first, the older first among equals; vote_rank is the negative score.
    "most_voted": Order("most_voted", ("vote_rank", "created_at", "id"), moves=True),
}


def order_named(name: str) -> Order:
    """The sort mode *name*; an unknown one is refused as a wrong field."""
    try:
        return ORDERS[name]
    except KeyError:
        wrong = say("Sort is one of %(choices)s.", choices=", ".join(ORDERS))
        raise CommentsError("invalid", errors={"sort": wrong}) from None


#: Which comments a list may be narrowed to: those on a passage of the article.
ONLY = ("inline",)


def only_named(name: str | None) -> str | None:
    """The filter *name*, ``None`` for everything; an unknown one is refused as a wrong field."""
    if not name or name in ONLY:
        return name or None
    wrong = say("Only is one of %(choices)s.", choices=", ".join(ONLY))
    raise CommentsError("invalid", errors={"only": wrong})


# ── cursors ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader stands in one list of siblings.

    ``key`` is the last one shown, ``None`` before the first; ``revision`` is the thread's when
    the reader began, for orders that move; ``pinned`` are the ids that were shown at the top
    and must not come again.
    """

    thread_id: int
    parent_id: int | None
    sort: str
    key: Key | None
    revision: int
    pinned: tuple[int, ...] = ()
    #: ``inline`` where it walks through comments on passages alone.
    only: str | None = None

    def seal(self, keys: Keys) -> str:
        """The cursor as the text a client hands back."""
        key = None if self.key is None else [_packed(part) for part in self.key]
        facts = [self.thread_id, self.parent_id, self.sort, key, self.revision, self.pinned]
        facts += [self.only] if self.only else []
        return keys.seal("cursor", _json(facts).encode())

    @classmethod
    def open(
        cls,
        keys: Keys,
        text: str,
        *,
        thread_id: int,
        parent_id: int | None,
        sort: str,
        only: str | None = None,
        merged: Callable[[int], bool] = lambda _earlier_id: False,
    ) -> "Cursor":
        """The cursor in *text*, if it was made here for this very list; otherwise 422.

        *merged* tells whether another thread has become a part of this one: who was reading
        that reads on here, behind the same place.
        """
        payload = keys.open("cursor", text)
        if payload is None:
            raise CommentsError("bad_cursor")
        facts = json.loads(payload)
        # Another version of ours may have sealed other facts.
        if len(facts) not in (6, 7) or facts[1:3] != [parent_id, sort]:
            raise CommentsError("bad_cursor")
        if facts[6:] != ([only] if only else []):
            raise CommentsError("bad_cursor")
        if facts[0] != thread_id and not merged(facts[0]):
            raise CommentsError("bad_cursor")
        key, revision, pinned = facts[3:6]
        unpacked = None if key is None else _unpacked(ORDERS[sort], key)
        return cls(thread_id, parent_id, sort, unpacked, revision, tuple(pinned), only)


# Made once: a page has some twenty cursors.
_json = json.JSONEncoder(separators=(",", ":")).encode


def _packed(part: Any) -> int:
    # Whole microseconds since 1970: exact, where a float would round.
    return text.moment_number(part) if isinstance(part, datetime) else int(part)


def _unpacked(order: Order, packed: Sequence[int]) -> Key:
    return tuple(
        text.moment_of(number) if column == "created_at" else number
        for column, number in zip(order.columns, packed, strict=True)
    )


# ── the tree of one answer ───────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Node:
    """One comment's row with the replies that are shown under it."""

    row: Any
    replies: list["Node"] = field(default_factory=list)
    #: Replies were left out; the list goes on at this key (``None``: from its beginning).
    more: bool = False
    last_key: Key | None = None
    #: The thread's when the replies were read.
    revision: int | None = None
    #: Set where the list was read page by page; it then goes on exactly where it stopped.
    cursor: "Cursor | None" = None


def walk(nodes: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """The nodes in reading order, flat, so that a template needs no recursion.

    Yields ``("open", node)``, then ``("list", node)`` … ``("more", node)`` …
    ``("unlist", node)`` where it has replies or the cursor of some, then ``("close", node)``.
    """
    stack: list[tuple[Any, Iterator[Any]]] = []
    siblings = iter(nodes)
    while True:
        node = next(siblings, None)
        if node is None:
            if not stack:
                return
            parent, siblings = stack.pop()
            if parent.next:
                yield "more", parent
            yield "unlist", parent
            yield "close", parent
            continue
        yield "open", node
        if node.replies or node.next:
            yield "list", node
            stack.append((node, siblings))
            siblings = iter(node.replies)
        else:
            yield "close", node


def attach(
    parents: Mapping[int, Node], rows: Iterable[Any], order: Order, each: int
) -> dict[int, Node]:
    """Hang *rows*, up to ``each + 1`` per parent, under *parents*; gives the new level.

    One row more than *each* was asked for: it is not shown, it says that there is more.
    """
    children: dict[int, list[Any]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    level: dict[int, Node] = {}
    for parent_id, siblings in children.items():
        parent = parents[parent_id]
        shown = order.sort(siblings)[:each]
        parent.replies = [Node(row) for row in shown]
        parent.more = len(siblings) > each
        parent.last_key, parent.revision = order.key(shown[-1]), shown[-1].revision
        level.update((node.row.id, node) for node in parent.replies)
    return level

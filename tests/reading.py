"""Reading a thread page by page as a client does, and watching what it takes and leaves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from comments import threads, tree
from comments.errors import CommentsError
from comments.models import Thread
from comments.moderation.counters import wrong_in
from comments.threads import Listing
from comments.tree import Node
from tests.factories import ARTICLE, KEYS

SORTS = tuple(tree.ORDERS)


def page(session: Session, sort: str = "oldest", *, key: str = ARTICLE, **asked: Any) -> Listing:
    return threads.page(session, KEYS, key, tree.order_named(sort), **asked)


def replies(session: Session, parent_id: int, sort: str = "oldest", **asked: Any) -> Listing:
    """What ``GET /comments/ID/replies`` reads."""
    parent = threads.visible(session, parent_id)
    thread = threads.by_id(session, parent.thread_id)
    return threads.replies(session, KEYS, parent, thread, tree.order_named(sort), **asked)


def ids(listing: Listing) -> list[int]:
    return [node.row.id for node in listing.nodes]


def below(node: Node) -> list[int]:
    return [reply.row.id for reply in node.replies]


def next_page(listing: Listing) -> str | None:
    return listing.next.seal(KEYS) if listing.next else None


def pages(read: Callable[..., Listing]) -> Iterator[Listing]:
    """Every page from the first to the last; *read* takes ``after``."""
    after = None
    while True:
        listing = read(after=after)
        yield listing
        after = next_page(listing)
        if after is None:
            return


def walk(
    engine: Engine,
    sort: str,
    limit: int,
    *,
    key: str = ARTICLE,
    between: Callable[[], Any] = bool,
) -> list[int]:
    """The ids of the top level in the order they are shown; *between* is called after a page."""

    def read(after: str | None) -> Listing:
        with Session(engine) as session:
            return page(session, sort, key=key, limit=limit, after=after)

    shown: list[int] = []
    for listing in pages(read):
        shown += ids(listing)
        between()
    return shown


def walk_replies(
    engine: Engine, parent: int, sort: str, limit: int, *, between: Callable[[], Any] = bool
) -> list[int]:
    """The same for the replies under *parent*."""

    def read(after: str | None) -> Listing:
        with Session(engine) as session:
            return replies(session, parent, sort, limit=limit, after=after)

    shown: list[int] = []
    for listing in pages(read):
        shown += ids(listing)
        between()
    return shown


def walk_everything(engine: Engine, sort: str, limit: int, *, key: str = ARTICLE) -> list[int]:
    """Every comment at every depth, following each cursor of each list to its end."""
    shown: list[int] = []
    # (parent, cursor): the lists that were begun and not read to the end.
    unread: list[tuple[int | None, str | None]] = [(None, None)]
    while unread:
        parent, after = unread.pop()
        listing = _read(engine, key, parent, sort=sort, limit=limit, after=after)
        if listing is None:
            continue
        shown += _shown(listing, unread)
        if listing.next:
            unread.append((parent, next_page(listing)))
    return shown


def _read(engine: Engine, key: str, parent: int | None, **asked: Any) -> Listing | None:
    with Session(engine) as session:
        try:
            return replies(session, parent, **asked) if parent else page(session, key=key, **asked)
        except CommentsError as refused:
            if refused.code != "no_such_comment":  # it went away meanwhile, with all below it
                raise
    return None


def _shown(listing: Listing, unread: list[tuple[int | None, str | None]]) -> list[int]:
    shown: list[int] = []
    nodes = list(listing.nodes)
    while nodes:
        node = nodes.pop()
        shown.append(node.row.id)
        nodes += node.replies
        cursor = threads.next_replies(listing.thread, listing.order, node)
        if cursor:
            unread.append((node.row.id, cursor.seal(KEYS)))
    return shown


# ── statements ───────────────────────────────────────────────────────────────────────────────


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent to *engine*, with their parameters, as they are sent."""
    sent: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def before_each_statement(engine: Engine, act: Callable[[], Any]) -> Iterator[None]:
    """Somebody else acts before each statement that is sent to *engine*."""
    acting = False

    def interfere(*_: Any) -> None:
        nonlocal acting
        if not acting:
            acting = True
            act()
            acting = False

    event.listen(engine, "before_cursor_execute", interfere)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", interfere)


def wrong_counters(session: Session) -> dict[str, list[Any]]:
    """All that is wrong, by table: threads as ``(key, stored, right)``, comments as ``(id, name,
    stored, right)``. It reads every row."""
    threads = session.scalars(select(Thread).order_by(Thread.id)).all()
    wrong = [value for it in wrong_in(session, threads) for value in it.values()]
    return {
        "threads": [(it.thread, it.stored, it.right) for it in wrong if it.comment_id is None],
        "comments": [tuple(it[1:]) for it in wrong if it.comment_id is not None],
    }

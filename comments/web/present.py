"""Rows as everybody may see them: the views that templates draw and JSON is made from.

What a removed comment was, who wrote a waiting one, an address or an e-mail: nothing of it
passes through here, so it cannot reach a public answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from markupsafe import Markup

from comments import i18n, identity, screening, text, threads, tree
from comments.anchors import Anchor
from comments.errors import Message
from comments.identity import Author
from comments.keys import Keys
from comments.models import AuthorKind, Status
from comments.threads import Listing, Passage, ThreadFacts, addresses
from comments.tree import Node
from comments.web.closing import is_closed
from comments.web.identicon import identicon

#: What spam and what was rejected are called to their author, and in an address.
REJECTED = Status.REJECTED.value


class AuthorView(NamedTuple):
    name: str
    kind: str
    badge: str | None = None
    avatar: str | None = None
    website: str | None = None
    verified: bool = False

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    @property
    def drawing(self) -> Markup | str:
        """What makes a guest's tag recognisable at a glance."""
        return identicon(self.badge) if self.badge else ""


@dataclass(frozen=True, slots=True)
class ThreadView:
    key: str
    title: str | None
    url: str | None
    count: int
    revision: int
    closed: bool
    sort: str


@dataclass(slots=True)
class CommentView:
    id: int
    parent: int | None
    depth: int
    state: str
    html: str
    author: AuthorView | None
    parent_name: str | None
    created: datetime
    edited: datetime | None
    score: int
    up: int
    down: int
    pinned: bool
    anchor: Anchor | None
    url: str
    replies_count: int
    #: Where the passage it is about is, where the article's address is known.
    passage_url: str | None = None
    replies: Sequence["CommentView"] = ()
    next: str | None = None
    #: The thread's revision at which it came, and the one at which it last changed.
    published: int | None = None
    changed: int | None = None
    #: What its author is told of why nobody else sees it.
    reason: Message | None = None

    @property
    def markup(self) -> Markup:
        return sanitised(self.html)

    @property
    def is_deep(self) -> bool:
        """A reply to a reply, which says in words to whom."""
        return self.depth > 1

    @property
    def isotime(self) -> str:
        return rfc3339(self.created) or ""

    @property
    def day(self) -> str:
        return day_of(self.isotime)

    @property
    def clock(self) -> str:
        return clock_of(self.isotime)

    @property
    def is_anybodys(self) -> bool:
        """Whether there is more of it than the place where it was."""
        return self.author is not None

    @property
    def edit_written(self) -> str:
        return written_out(self.edited) if self.edited else ""

    @property
    def shown_score(self) -> str:
        return str(self.score).replace("-", "−")


@dataclass(frozen=True, slots=True)
class PageView:
    thread: ThreadView
    comments: Sequence[CommentView]
    next: str | None


class Presenter:
    """Draws the rows of one thread. *base* is where our own pages are reached."""

    def __init__(self, keys: Keys, thread: ThreadFacts, base: str) -> None:
        self._keys = keys
        self._thread = thread
        self._address = thread.url or addresses.thread_page(base, thread.key)
        self._names: dict[int, str] = {}

    def thread(self, sort: str) -> ThreadView:
        t = self._thread
        return ThreadView(t.key, t.title, t.url, t.count, t.revision, is_closed(t), sort)

    def page(self, listing: Listing) -> PageView:
        after = listing.next.seal(self._keys) if listing.next else None
        return PageView(self.thread(listing.order.name), self.nodes(listing), after)

    def nodes(self, listing: Listing) -> list[CommentView]:
        """The tree as views, made level by level from the top."""
        top: list[CommentView] = []
        level = [(node, top) for node in listing.nodes]
        while level:
            below: list[tuple[Node, list[CommentView]]] = []
            for node, siblings in level:
                view = self.comment(node.row)
                replies: list[CommentView] = []
                view.replies = replies
                cursor = threads.next_replies(self._thread, listing.order, node)
                view.next = cursor.seal(self._keys) if cursor else None
                siblings.append(view)
                below.extend((reply, replies) for reply in node.replies)
            level = below
        return top

    def comment(self, row: Any, *, to_its_author: bool = False) -> CommentView:
        """*row* for everybody: anything but a published comment is an empty place.

        *to_its_author* shows one that waits or was thrown out, and why; such a view never goes
        into a public answer.
        """
        state, reason = _to_its_author(row) if to_its_author else (row.status, None)
        shown = state is not Status.DELETED and (to_its_author or state is Status.PUBLISHED)
        if shown:
            self._names[row.id] = row.author_name
        anchor = Anchor.from_json(row.anchor) if shown and row.anchor else None
        return CommentView(
            id=row.id,
            parent=row.parent_id,
            depth=row.depth,
            state=state.value if shown else "deleted",
            html=text.address_mentions(row.html, self.address_of) if shown else "",
            author=self.author(row) if shown else None,
            parent_name=self._names.get(row.parent_id) if row.parent_id else None,
            created=row.created_at,
            edited=row.edited_at if shown else None,
            score=row.score if shown else 0,
            up=row.up if shown else 0,
            down=row.down if shown else 0,
            pinned=row.pinned_at is not None,
            anchor=anchor,
            url=self.address_of(row.id),
            replies_count=row.replies_count,
            published=row.published_revision,
            changed=row.changed_revision,
            passage_url=addresses.at_passage(self._thread.url, anchor) if anchor else None,
            reason=reason,
        )

    def author(self, row: Any) -> AuthorView:
        guest = row.author_kind is AuthorKind.GUEST
        return AuthorView(
            name=row.author_name,
            kind=row.author_kind.value,
            badge=self._badge(_tagged(row.author_id, row)) if guest else None,
            avatar=row.author_avatar,
            website=row.author_website,
            verified=guest and row.verified,
        )

    def viewer(self, author: Author) -> AuthorView:
        """The caller, as they would appear in this thread."""
        guest = author.is_guest and self._thread.id is not None
        return AuthorView(
            name=author.name or "",
            kind=author.kind.value,
            badge=self._badge(_tagged(author.id, author)) if guest else None,
            avatar=author.avatar,
            website=author.website,
            verified=author.is_guest and author.verified,
        )

    def address_of(self, comment_id: int) -> str:
        """Where a comment of the thread is read."""
        return addresses.with_comment(self._address, comment_id)

    def _badge(self, author_id: str) -> str:
        assert self._thread.id is not None
        return identity.badge(self._keys, author_id, self._thread.id)


def _to_its_author(row: Any) -> tuple[Status, Message | None]:
    """Somebody who is shadow-banned sees what they write as everybody else sees theirs."""
    if row.status is Status.SPAM and row.shadowed:
        return Status.PUBLISHED, None
    reason = screening.told_to_author(row.status, row.status_reason or "")
    return (Status.REJECTED if row.status is Status.SPAM else row.status), reason


def _tagged(author_id: str, of: Any) -> str:
    """What a guest's tag is made from: this browser or, once shown, the address of its reader."""
    return f"email:{of.email_hash}" if of.verified and of.email_hash else author_id


def sanitised(html: str) -> Markup:
    """What ``text.render`` made; the one place where it is declared safe for a page."""
    return Markup(html)  # noqa: S704 - three walls stand before it


# ── JSON ─────────────────────────────────────────────────────────────────────────────────


def rfc3339(moment: datetime | None) -> str | None:
    """UTC to the second, ``2026-11-22T18:20:00Z``."""
    if moment is None:
        return None
    # What a database gives is in UTC already, and to turn it costs more than to write it.
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat()[:19] + "Z"


def written_out(moment: datetime) -> str:
    """A time that stays true on a page that is kept; the script says "3 hours ago" instead."""
    return f"{moment.isoformat(' ')[:16]} UTC"


def day_of(isotime: str) -> str:
    return isotime[:10]


def clock_of(isotime: str) -> str:
    """What ``written_out`` has after the day."""
    return f" {isotime[11:16]} UTC"


def author_json(author: AuthorView | None) -> dict[str, Any] | None:
    if author is None:
        return None
    return {
        "name": author.name,
        "kind": author.kind,
        "badge": author.badge,
        "avatar": author.avatar,
        "website": author.website,
        "verified": author.verified,
    }


def comment_json(view: CommentView) -> dict[str, Any]:
    """One comment without its replies."""
    return {
        "id": view.id,
        "parent": view.parent,
        "depth": view.depth,
        "state": view.state,
        "html": view.html,
        "author": author_json(view.author),
        "created": rfc3339(view.created),
        "edited": rfc3339(view.edited),
        "score": view.score,
        "up": view.up,
        "down": view.down,
        "pinned": view.pinned,
        "anchor": view.anchor.shown() if view.anchor else None,
        "url": view.url,
        "replies": {"count": view.replies_count, "comments": [], "next": view.next},
    }


def own_comment_json(view: CommentView, language: str) -> dict[str, Any]:
    """The same for its author, with the reason why nobody else sees it."""
    told = {"reason": i18n.told(view.reason, language)} if view.reason else {}
    return comment_json(view) | told


def comments_json(views: Iterable[CommentView]) -> list[dict[str, Any]]:
    """A tree of views as nested objects, without recursion."""
    top: list[dict[str, Any]] = []
    lists = [top]
    for step, view in tree.walk(views):
        if step == "open":
            lists[-1].append(comment_json(view))
        elif step == "list":
            lists.append(lists[-1][-1]["replies"]["comments"])
        elif step == "unlist":
            lists.pop()
    return top


def thread_json(view: ThreadView) -> dict[str, Any]:
    return {
        "key": view.key,
        "title": view.title,
        "url": view.url,
        "count": view.count,
        "revision": view.revision,
        "closed": view.closed,
        "sort": view.sort,
    }


def passage_json(passage: Passage) -> dict[str, Any]:
    return {"passage": passage.id, "count": passage.count, "anchor": passage.anchor.shown()}


def page_json(page: PageView) -> dict[str, Any]:
    return {
        "thread": thread_json(page.thread),
        "comments": comments_json(page.comments),
        "next": page.next,
    }

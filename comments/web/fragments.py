"""Drawing: the one renderer. Jinja templates make every comment, form and list.

The same partials serve the thread page, the embed's fragments and a host's own article.
"""

from collections.abc import Container, Iterator, Sequence
from functools import partial
from typing import Any

from flask import current_app, request
from markupsafe import Markup

from comments import i18n, threads, tree
from comments.errors import CommentsError, Message, say
from comments.models import Comment, Status
from comments.text import read_number
from comments.threads import Listing, ThreadFacts
from comments.tree import Order
from comments.web import guards
from comments.web.closing import is_closed
from comments.web.identicon import identicon
from comments.web.listed import listed
from comments.web.present import CommentView, Presenter, ThreadView, rfc3339, written_out
from comments.web.state import State
from comments.web.stencils import Stencils
from comments.web.urls import Urls

#: Addresses that answer the same in every language.
_SPEECHLESS = ("asset", "embed", "base", "api_base")

_SORT_LABELS = (
    ("oldest", say("Oldest")),
    ("newest", say("Newest")),
    ("most_voted", say("Most voted")),
)


def draw(state: State, template: str, **context: Any) -> str:
    """A template of ours, or the host's own of the same name, in the language asked for.

    Context processors of the host do not run: they may hold what belongs to one reader, and
    these pages are for everybody.
    """
    return "".join(_pieces(state, template, context))


def draw_bytes(state: State, template: str, **context: Any) -> bytes:
    """The same as it is sent.

    A text takes two or four bytes for each letter when one of them is not Latin. So each piece is
    encoded by itself, and what is joined is a half or a quarter of it.
    """
    return b"".join([piece.encode() for piece in _pieces(state, template, context)])


def _pieces(state: State, template: str, context: dict[str, Any]) -> Iterator[str]:
    language = state.language()
    chosen = current_app.jinja_env.get_template(f"comments/{template}")
    return chosen.generate(
        **i18n.for_templates(language),
        url=partial(_url, state.urls(), language if request.args.get("lang") else None, _at()),
        told=partial(_told, language),
        ago=written_out,
        isotime=rfc3339,
        identicon=identicon,
        listed=listed,
        by_shape=Stencils,
        settings=state.settings,
        lang=language,
        dir=i18n.direction(language),
        # Where nothing can be mailed, no address is asked for.
        offers_email=guards.sends_mail(state),
        ways_in=_ways_in(state),
        sorts=[(mode, i18n.told(label, language)) for mode, label in _SORT_LABELS],
        **context,
    )


def drawn(state: State, template: str, **context: Any) -> Markup:
    """The same, for a host's template to put into its page."""
    return Markup(draw(state, template, **context))  # noqa: S704 - Jinja has escaped it


def thread_context(
    state: State,
    key: str,
    order: Order,
    *,
    article_url: str | None = None,
    article_title: str | None = None,
    forgiving: bool = False,
) -> dict[str, Any]:
    """What the thread's templates need, for the page that the address asks for.

    ``after`` names a page, of the replies below one comment with ``under``; ``comment`` opens at
    a comment, ``reply`` opens a form below one.
    *article_url* and *article_title* count while nobody has written in the thread. A host's
    article is *forgiving*: a cursor that has been damaged shows the first page there.
    """
    target = _target(state, key, _number("comment"))
    under = _target(state, key, _number("under"))
    after = request.args.get("after") or None
    only = _only(state, target, forgiving=forgiving)
    try:
        listing = _listing(state, key, order, target, under, after, only)
    except CommentsError:
        if not forgiving or after is None:
            raise
        listing = threads.page(state.session(), state.keys, key, order, only=only)
    presenter = Presenter(state.keys, listing.thread, state.urls().base)
    page = presenter.page(listing)
    reply_to = _reply_to(state, presenter, listing.thread, _number("reply"))
    return list_context(page.comments, page.thread) | {
        "page": page,
        "only": only,
        "has_inline": threads.has_inline(state.session(), listing.thread),
        "highlight": target.id if target is not None else None,
        "is_first": not (after or target or under),
        "reply_to": reply_to,
        "article_url": article_url or page.thread.url,
        "article_title": article_title or page.thread.title,
        "facts": listing.thread,
    }


def list_context(nodes: Sequence[CommentView], thread_view: ThreadView) -> dict[str, Any]:
    """What the templates of comments need, with or without a whole page around them."""
    return {
        "nodes": nodes,
        "thread": thread_view,
        "sort": thread_view.sort,
        "only": None,
        "highlight": None,
        "reply_to": None,
        "form": {},
        "errors": {},
        "notice": None,
        "viewer": None,
        "preview_html": None,
    }


def comment(state: State, thread: ThreadFacts, view: CommentView) -> str:
    """One comment as the ``<li>`` that a script puts into the list."""
    order = tree.order_named(request.args.get("sort") or state.settings.default_sort)
    presenter = Presenter(state.keys, thread, state.urls().base)
    return draw(state, "_items.html", **list_context([view], presenter.thread(order.name)))


# ── which page ───────────────────────────────────────────────────────────────────────────


def asked(name: str, choices: Container[str]) -> str | None:
    """A choice in the article's own address; anything else there is not ours to refuse."""
    given = request.args.get(name, "")
    return given if given in choices else None


def _listing(
    state: State,
    key: str,
    order: Order,
    target: Comment | None,
    under: Comment | None,
    after: str | None,
    only: str | None,
) -> Listing:
    if target is not None:
        return _opened_at(state, key, order, target, only)
    if under is not None:
        return _under(state, key, order, under, after)
    return threads.page(state.session(), state.keys, key, order, after=after, only=only)


def _only(state: State, target: Comment | None, *, forgiving: bool) -> str | None:
    """The filter of the list; a link to a comment that it leaves out shows everything."""
    only = asked("only", tree.ONLY) if forgiving else tree.only_named(request.args.get("only"))
    if only is None or target is None:
        return only
    root = threads.get(state.session(), target.root_id or target.id)
    return only if root.anchor else None


def _target(state: State, key: str, comment_id: int | None) -> Comment | None:
    """The comment a deep link names, when it is one of this thread that may be seen."""
    if comment_id is None:
        return None
    session = state.session()
    try:
        found = threads.visible(session, comment_id)
    except CommentsError:
        # A link to a comment that is gone still leads to the discussion.
        return None
    return found if threads.find(session, key).id == found.thread_id else None


def _opened_at(state: State, key: str, order: Order, target: Comment, only: str | None) -> Listing:
    """The page that begins at the target's top-level comment, with the way to it opened.

    Deeper than one answer nests, the page begins at an ancestor near the target instead.
    """
    session = state.session()
    way = [*target.ancestor_ids, target.id]
    if len(way) <= tree.MAX_NESTING:
        root = threads.get(session, way[0])
        listing = threads.page(session, state.keys, key, order, start_at=root, only=only)
    else:
        near = threads.get(session, way[-tree.MAX_NESTING + 1])
        listing = threads.branch(session, near, threads.find(session, key), order)
    threads.open_way_to(session, listing, target)
    return listing


def _under(state: State, key: str, order: Order, top: Comment, after: str | None) -> Listing:
    session = state.session()
    facts = threads.find(session, key)
    return threads.branch_after(session, state.keys, top, facts, order, after=after)


def _reply_to(
    state: State, presenter: Presenter, thread: ThreadFacts, comment_id: int | None
) -> CommentView | None:
    if comment_id is None or is_closed(thread):
        return None
    try:
        found = threads.visible(state.session(), comment_id)
    except CommentsError:
        return None
    if found.thread_id != thread.id or found.status is not Status.PUBLISHED:
        return None
    return presenter.comment(found)


def _number(name: str) -> int | None:
    return read_number(request.args.get(name, ""))


def _ways_in(state: State) -> list[tuple[str, str, str]]:
    """Where readers may sign in: each way's name, if it has one, and its address."""
    ways = [(provider.label, "sign_in_with", provider.slug) for provider in state.providers]
    if guards.sends_mail(state):
        ways.append(("", "sign_in", ""))
    return ways


# ── what templates call ──────────────────────────────────────────────────────────────────


def _told(language: str, message: Message) -> str:
    return i18n.told(message, language)


def _at() -> int | None:
    """On the page that needs no script, where links carry on what its reader has written."""
    return _number("at") if request.endpoint == "comments.pages.thread" else None


def _url(urls: Urls, language: str | None, at: int | None, endpoint: str, **args: Any) -> str:
    if at and endpoint == "thread":
        args.setdefault("at", at)
    if language and endpoint not in _SPEECHLESS:
        args.setdefault("lang", language)
    return urls(endpoint, **args)

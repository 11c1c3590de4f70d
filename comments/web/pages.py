"""The thread as HTML for everybody: the page that needs no JavaScript, and the embed's fragments.

These are public answers, the same bytes for every reader. What belongs to one reader has private
addresses of its own (``forms``).
"""

from flask import Blueprint, Response, request, send_from_directory

from comments import anchors, resources, threads, tree
from comments.threads import ThreadFacts
from comments.web import answers, fragments, guards, inputs, readers
from comments.web.closing import closes_at
from comments.web.policy import FRAGMENT_POLICY, framed_by
from comments.web.present import Presenter
from comments.web.state import State, current

pages = Blueprint("pages", __name__)

_ASSET_SECONDS = 3600


@pages.get("/thread")
@readers.for_readers
def thread() -> Response:
    return _page_of("page_thread.html", framed_by(current().settings.origins))


@pages.get("/fragment/thread")
@readers.for_readers
def fragment_thread() -> Response:
    return _page_of("_thread.html", FRAGMENT_POLICY)


@pages.get("/fragment/replies")
@readers.for_readers
def fragment_replies() -> Response:
    state = current()
    session = state.session()
    parent, facts = threads.placed(session, threads.read_id(request.args.get("id")))
    listing = threads.replies(
        session, state.keys, parent, facts, _order(state), after=request.args.get("after") or None
    )
    page = Presenter(state.keys, facts, state.urls().base).page(listing)
    html = fragments.draw(
        state,
        "_replies.html",
        **fragments.list_context(page.comments, page.thread),
        parent=parent,
        page=page,
    )
    return _public(state, html, facts)


@pages.get("/fragment/comment")
@readers.for_readers
def fragment_comment() -> Response:
    state = current()
    comment, facts = threads.placed(state.session(), threads.read_id(request.args.get("id")))
    view = Presenter(state.keys, facts, state.urls().base).comment(comment)
    html = fragments.comment(state, facts, view)
    return _public(state, html, facts)


@pages.get("/fragment/passage")
@readers.for_readers
def fragment_passage() -> Response:
    """The last comments on one passage with a short form; without ``passage`` the form alone."""
    state = current()
    session = state.session()
    facts = threads.find(session, threads.check_key(request.args.get("key")))
    count, rows = threads.on_passage(session, facts, request.args.get("passage", ""))
    presenter = Presenter(state.keys, facts, state.urls().base)
    views = [presenter.comment(row) for row in rows]
    context = fragments.list_context(views, presenter.thread(_order(state).name))
    html = fragments.draw(state, "_passage.html", **context, count=count, limits=anchors)
    return _public(state, html, facts)


@pages.get("/fragment/news")
@readers.for_readers
def fragment_news() -> Response:
    """What came, changed and went since a revision, with the words that the script tells it in."""
    state = current()
    session = state.session()
    facts = threads.find(session, threads.check_key(request.args.get("key")))
    readers.check_fresh(facts.revision, inputs.since())
    found = threads.news(session, facts, inputs.since())
    presenter = Presenter(state.keys, facts, state.urls().base)
    for parent in found.parents.values():
        presenter.comment(parent)
    html = fragments.draw(
        state,
        "_news.html",
        **fragments.list_context(
            [presenter.comment(row) for row in found.came], presenter.thread(_order(state).name)
        ),
        changed=[presenter.comment(row) for row in found.changed],
        news=found,
    )
    return _public(state, html, facts)


@pages.get("/fragment/subscribe")
def fragment_subscribe() -> Response:
    """What a form needs for readers who want mail; nothing where none is sent."""
    state = current()
    return _of_no_thread(state, "_subscribe.html", f"subscribe-{guards.sends_mail(state)}")


@pages.get("/fragment/pieces")
def fragment_pieces() -> Response:
    """What the script puts in for those readers who need it."""
    return _of_no_thread(current(), "_pieces.html", "pieces")


def _of_no_thread(state: State, template: str, revision: str) -> Response:
    html = fragments.draw(state, template)
    response = answers.public(state, html, "text/html", thread_key=None, revision=revision)
    response.headers["Content-Security-Policy"] = FRAGMENT_POLICY
    return response


@pages.get("/embed.js")
def embed() -> Response:
    return _asset("embed.js")


@pages.get("/static/<path:name>")
def asset(name: str) -> Response:
    return _asset(name)


def _asset(name: str) -> Response:
    response = send_from_directory(resources.static_folder(), name, max_age=_ASSET_SECONDS)
    # Files of ours hold nothing of anybody's; another origin's page loads them as modules.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _page_of(template: str, policy: str) -> Response:
    state = current()
    key = threads.check_key(request.args.get("key"))
    context = fragments.thread_context(state, key, _order(state))
    html = fragments.draw_bytes(state, template, **context)
    return _public(state, html, context["facts"], policy)


def _public(
    state: State, html: str | bytes, facts: ThreadFacts, policy: str = FRAGMENT_POLICY
) -> Response:
    response = answers.public(
        state,
        html,
        "text/html",
        thread_key=facts.key,
        revision=facts.revision,
        closes_at=closes_at(facts),
    )
    response.headers["Content-Security-Policy"] = policy
    return response


def _order(state: State) -> tree.Order:
    return tree.order_named(request.args.get("sort") or state.settings.default_sort)

"""The thread as HTML: the public page, its fragments, and the forms that need no JavaScript.

Public pages are the same for everybody. What belongs to one reader (their own comments, an edit,
a waiting comment) has private addresses of its own, reached by links and by
POST-redirect-GET; every POST comes from one of our own pages or is refused.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request, send_from_directory
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from comments import i18n, identity, posting, resources, text, threads, tree
from comments.draft import Draft, read_body, read_report
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.models import Comment, Status
from comments.threads import ThreadFacts
from comments.web import fragments, guards
from comments.web.api import commit
from comments.web.limiting import Kind
from comments.web.present import CommentView, Presenter, sanitised
from comments.web.state import State, current, now
from comments.web.urls import with_comment

pages = Blueprint("pages", __name__)

#: Our own pages run nothing but our own files. 'unsafe-inline' is nowhere.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; "
    "require-trusted-types-for 'script'; trusted-types comments"
)
_ASSET_SECONDS = 3600


# ── public ───────────────────────────────────────────────────────────────────────────────


@pages.get("/thread")
def thread() -> Response:
    return _page_of(request.args.get("key"), "page_thread.html")


@pages.get("/fragment/thread")
def fragment_thread() -> Response:
    return _page_of(request.args.get("key"), "_thread.html")


@pages.get("/fragment/replies")
def fragment_replies() -> Response:
    state = current()
    session = state.session()
    parent = threads.visible(session, _id(request.args.get("id")))
    facts = threads.by_id(session, parent.thread_id)
    listing = threads.replies(
        session, state.keys, parent, facts, _order(state), after=request.args.get("after") or None
    )
    page = Presenter(state.keys, facts, state.urls().base).page(listing)
    html = fragments.draw(
        state,
        "_replies.html",
        **_list_context(page.comments, page.thread),
        parent=parent,
        page=page,
    )
    return _public(state, html, facts)


@pages.get("/fragment/comment")
def fragment_comment() -> Response:
    state = current()
    session = state.session()
    comment = threads.visible(session, _id(request.args.get("id")))
    facts = threads.by_id(session, comment.thread_id)
    view = Presenter(state.keys, facts, state.urls().base).comment(comment)
    return _public(state, fragments.comment(state, facts, view), facts)


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


# ── private: forms ───────────────────────────────────────────────────────────────────────


@pages.post("/post")
def post() -> AnyResponse:
    state = current()
    guards.check_same_origin()
    known = guards.caller(state)
    author = known or guards.writer(state)
    try:
        draft = Draft.read(
            _draft_fields(),
            state.settings,
            own_origin=guards.own_origin(),
            signed_in=not author.is_guest,
        )
        state.limits.check(Kind.POSTING, author)
        posted = posting.post(state.session(), author, draft, settings=state.settings, now=now())
    except CommentsError as refused:
        return _form_again(state, author, refused)
    comment, facts = posted.comment, threads.facts(posted.thread)
    published = comment.status is Status.PUBLISHED
    target = _place(state, facts, comment.id) if published else _mine(state, facts, comment.id)
    commit(state)
    return guards.remember_guest(state, _see_other(target), author)


@pages.post("/preview")
def preview() -> Response:
    """The form again with the text as it would appear; nothing is stored."""
    state = current()
    guards.check_same_origin()
    author = guards.writer(state)
    try:
        state.limits.check(Kind.PREVIEWING, author)
        shown = sanitised(text.render(read_body(request.form, state.settings)))
    except CommentsError as refused:
        return _form_again(state, author, refused)
    return _form_page(state, author, preview_html=shown)


@pages.post("/comment/<int:comment_id>/vote")
def vote(comment_id: int) -> AnyResponse:
    state = current()
    guards.check_same_origin()
    value = {"1": 1, "-1": -1}.get(request.form.get("value", ""))
    if value is None:
        raise CommentsError("invalid", errors={"value": say("A vote is 1, 0 or -1.")})
    author = guards.writer(state)
    state.limits.check(Kind.VOTING, author)
    session = state.session()
    posting.vote(
        session, author, comment_id, value, settings=state.settings, now=now(), toggle=True
    )
    comment = threads.get(session, comment_id)
    target = _place(state, threads.by_id(session, comment.thread_id), comment_id)
    commit(state)
    return guards.remember_guest(state, _see_other(target), author)


@pages.get("/comment/<int:comment_id>/edit")
def ask_edit(comment_id: int) -> Response:
    state = current()
    author, comment, facts = _own(state, comment_id)
    return _edit_page(state, author, comment, facts, comment.body)


@pages.post("/comment/<int:comment_id>/edit")
def edit(comment_id: int) -> AnyResponse:
    state = current()
    guards.check_same_origin()
    author, comment, facts = _own(state, comment_id)
    try:
        body = read_body(request.form, state.settings)
        state.limits.check(Kind.EDITING, author)
        edited = posting.edit(
            state.session(), author, comment_id, body, settings=state.settings, now=now()
        )
    except CommentsError as refused:
        state.session().rollback()
        body = request.form.get("body", "")
        return _edit_page(state, author, comment, facts, body, refused)
    published = edited.status is Status.PUBLISHED
    target = _place(state, facts, comment_id) if published else _mine(state, facts, comment_id)
    commit(state)
    return _see_other(target)


@pages.get("/comment/<int:comment_id>/delete")
def ask_delete(comment_id: int) -> Response:
    state = current()
    author, comment, facts = _own(state, comment_id)
    return _own_page(state, "delete.html", author, comment, facts)


@pages.post("/comment/<int:comment_id>/delete")
def delete(comment_id: int) -> AnyResponse:
    state = current()
    guards.check_same_origin()
    author, _comment, facts = _own(state, comment_id)
    posting.delete(state.session(), author, comment_id, settings=state.settings, now=now())
    commit(state)
    return _see_other(_mine(state, facts, None, done="deleted"))


@pages.get("/comment/<int:comment_id>/report")
def ask_report(comment_id: int) -> Response:
    state = current()
    comment = threads.visible(state.session(), comment_id)
    return _report_page(state, comment, {}, {})


@pages.post("/comment/<int:comment_id>/report")
def report(comment_id: int) -> AnyResponse:
    state = current()
    guards.check_same_origin()
    session = state.session()
    comment = threads.visible(session, comment_id)
    facts = threads.by_id(session, comment.thread_id)
    try:
        reason, note = read_report(request.form, posting.REASONS)
        author = guards.writer(state)
        state.limits.check(Kind.REPORTING, author)
        posting.report(session, author, comment_id, reason, note, now=now())
    except CommentsError as refused:
        return _report_page(state, comment, request.form, _told(state, refused), refused)
    commit(state)
    target = _mine(state, facts, None, done="reported")
    return guards.remember_guest(state, _see_other(target), author)


@pages.get("/mine")
def mine() -> Response:
    """What this browser's reader wrote in a thread, with what may still be changed."""
    state = current()
    session = state.session()
    facts = threads.find(session, threads.check_key(request.args.get("key")))
    author = guards.caller(state)
    own: list[dict[str, Any]] = []
    presenter = Presenter(state.keys, facts, state.urls().base)
    if author is not None and facts.id is not None:
        written = session.scalars(
            select(Comment)
            .where(
                Comment.author_id == author.id,
                Comment.thread_id == facts.id,
                Comment.status.in_((Status.PUBLISHED, Status.PENDING)),
            )
            .order_by(Comment.id.desc())
            .limit(threads.MAX_LIMIT)
        )
        own = [_own_row(state, presenter, comment) for comment in written]
    context = _list_context([row["node"] for row in own], presenter.thread("oldest"))
    done = request.args.get("done", "")
    html = fragments.draw(state, "mine.html", **context, own=own, done=done)
    return _private_page(html)


# ── pieces of pages ──────────────────────────────────────────────────────────────────────


def _page_of(given_key: str | None, template: str) -> Response:
    state = current()
    key = threads.check_key(given_key)
    context = fragments.thread_context(state, key, _order(state))
    html = fragments.draw(state, template, **context)
    response = guards.public(state, html, "text/html", thread_key=key, revision=context["revision"])
    if template == "page_thread.html":
        response.headers["Content-Security-Policy"] = _framed_by(state.settings.origins)
    return response


def _framed_by(origins: tuple[str, ...]) -> str:
    """The policy of the public page, which a site that may embed may also put into a frame."""
    return PAGE_POLICY.replace(
        "frame-ancestors 'self'", " ".join(["frame-ancestors 'self'", *origins])
    )


def _public(state: State, html: str, facts: ThreadFacts) -> Response:
    return guards.public(state, html, "text/html", thread_key=facts.key, revision=facts.revision)


def _private_page(html: str, status: int = 200) -> Response:
    response = guards.private(Response(html, status, mimetype="text/html"))
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


def _list_context(nodes: Any, thread_view: Any) -> dict[str, Any]:
    return {
        "nodes": nodes,
        "thread": thread_view,
        "sort": thread_view.sort,
        "highlight": None,
        "reply_to": None,
        "form": {},
        "errors": {},
        "notice": None,
        "viewer": None,
        "preview_html": None,
    }


def _own(state: State, comment_id: int) -> tuple[Author, Comment, ThreadFacts]:
    """The caller and a comment they may still change; refused otherwise."""
    author = guards.caller(state)
    session = state.session()
    comment = threads.get(session, comment_id)
    if author is None:
        raise CommentsError("not_yours" if comment.listed else "no_such_comment")
    identity.check_can_change(author, comment, state.settings, now())
    return author, comment, threads.by_id(session, comment.thread_id)


def _own_row(state: State, presenter: Presenter, comment: Comment) -> dict[str, Any]:
    until = identity.editable_until(comment, state.settings)
    return {
        "node": presenter.comment(comment, to_its_author=True),
        "editable_until": until if until > now() else None,
    }


def _own_page(
    state: State, template: str, author: Author, comment: Comment, facts: ThreadFacts, **more: Any
) -> Response:
    presenter = Presenter(state.keys, facts, state.urls().base)
    view = presenter.comment(comment, to_its_author=True)
    context = _list_context([view], presenter.thread("oldest"))
    context["viewer"] = presenter.viewer(author)
    status = more.pop("status", 200)
    return _private_page(fragments.draw(state, template, **(context | more), node=view), status)


def _edit_page(
    state: State,
    author: Author,
    comment: Comment,
    facts: ThreadFacts,
    body: str,
    refused: CommentsError | None = None,
) -> Response:
    return _own_page(
        state,
        "edit.html",
        author,
        comment,
        facts,
        form={"body": body},
        errors=_told(state, refused) if refused else {},
        notice=_notice(state, refused),
        status=refused.problem.status if refused else 200,
    )


def _report_page(
    state: State,
    comment: Comment,
    form: Mapping[str, Any],
    errors: dict[str, str],
    refused: CommentsError | None = None,
) -> Response:
    facts = threads.by_id(state.session(), comment.thread_id)
    presenter = Presenter(state.keys, facts, state.urls().base)
    view = presenter.comment(comment)
    context = _list_context([view], presenter.thread("oldest")) | {
        "form": form,
        "errors": errors,
        "notice": _notice(state, refused),
    }
    html = fragments.draw(state, "report.html", **context, node=view, reasons=posting.REASONS)
    return _private_page(html, refused.problem.status if refused else 200)


def _form_again(state: State, author: Author, refused: CommentsError) -> Response:
    """The form with the text that was typed, and what is wrong with it."""
    state.session().rollback()
    response = _form_page(
        state,
        author,
        errors=_told(state, refused),
        notice=_notice(state, refused),
        status=refused.problem.status,
    )
    if refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _form_page(state: State, author: Author, *, status: int = 200, **more: Any) -> Response:
    session = state.session()
    facts = threads.find(session, threads.check_key(request.form.get("key")))
    presenter = Presenter(state.keys, facts, state.urls().base)
    context = _list_context([], presenter.thread(_order(state).name))
    context |= {
        "form": request.form,
        "viewer": presenter.viewer(author) if not author.is_guest else None,
        "reply_to": _answered(state, presenter, facts),
        "article_url": request.form.get("url"),
        "article_title": request.form.get("title"),
    }
    return _private_page(fragments.draw(state, "post.html", **(context | more)), status)


def _answered(state: State, presenter: Presenter, facts: ThreadFacts) -> CommentView | None:
    given = request.form.get("parent", "")
    if not given.isdigit():
        return None
    try:
        parent = threads.visible(state.session(), _id(given))
    except CommentsError:
        return None
    return presenter.comment(parent) if parent.thread_id == facts.id else None


def _draft_fields() -> dict[str, Any]:
    form = request.form
    fields: dict[str, Any] = form.to_dict()
    fields["thread"] = {name: form.get(name) for name in ("key", "url", "title")}
    given = form.get("parent", "")
    fields["parent"] = (int(given) if given.isdigit() and len(given) < 19 else given) or None
    return fields


def _told(state: State, refused: CommentsError) -> dict[str, str]:
    language = state.language()
    return {field: i18n.told(message, language) for field, message in refused.errors.items()}


def _notice(state: State, refused: CommentsError | None) -> str | None:
    return i18n.told(refused.detail, state.language()) if refused else None


# ── where to go next ─────────────────────────────────────────────────────────────────────


def _see_other(target: str) -> AnyResponse:
    return guards.private(redirect(target, 303))


def _place(state: State, facts: ThreadFacts, comment_id: int) -> str:
    """Back to the page the form was on: the article on this site, or our page of the thread."""
    back = request.form.get("back", "")
    if facts.url and back == "article" and facts.url.startswith(guards.own_origin() + "/"):
        return with_comment(facts.url, comment_id)
    asked = {name: request.form.get(name) or request.args.get(name) for name in ("sort", "lang")}
    address = state.urls()("thread", key=facts.key, **asked)
    return with_comment(address, comment_id)


def _mine(state: State, facts: ThreadFacts, comment_id: int | None, done: str = "held") -> str:
    address = state.urls()("mine", key=facts.key, done=done, lang=request.args.get("lang"))
    return f"{address}#comment-{comment_id}" if comment_id else address


def _order(state: State) -> tree.Order:
    named = request.args.get("sort") or request.form.get("sort")
    return tree.order_named(named or state.settings.default_sort)


def _id(given: str | None) -> int:
    if not given or not (given.isascii() and given.isdigit() and len(given) < 19):
        raise CommentsError("no_such_comment")
    return int(given)

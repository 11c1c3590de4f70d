"""The forms that need no JavaScript, and the pages that belong to one reader.

They are private answers, reached by links and by POST-redirect-GET; every POST comes from one of
our own pages or is refused.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comments import i18n, identity, posting, threads, tree
from comments.draft import Draft, read_body, read_report
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.models import Comment, Status
from comments.threads import ThreadFacts
from comments.web import answers, fragments, guards, letters
from comments.web.challenge import arrival
from comments.web.limiting import Kind
from comments.web.policy import PAGE_POLICY
from comments.web.present import REJECTED, CommentView, Presenter, sanitised
from comments.web.state import State, commit, current, now
from comments.web.urls import with_comment

forms = Blueprint("forms", __name__)

#: The widest character of a comment is twelve bytes in a form; its other fields fit beside it.
FORM_BYTES_PER_CHARACTER = 12
FORM_BYTES_BESIDE = 20_000


@forms.post("/post")
def post() -> AnyResponse:
    state = current()
    _check_form(state)
    known = guards.caller(state)
    author = known or guards.writer(state)
    try:
        draft = Draft.read(
            _draft_fields(),
            state.settings,
            own_origin=guards.own_origin(),
            own_is_known=guards.own_origin_is_known(state),
            signed_in=not author.is_guest,
            site=guards.site(state),
        )
        state.limits.check(Kind.POSTING, author)
        author = letters.with_email(state, author, draft)
        letters.check_wish(state, author, draft)
        posted = posting.post(
            state.session(),
            author,
            draft,
            settings=state.settings,
            now=now(),
            arrival=arrival(state, draft),
            screens=state.screens(),
        )
    except CommentsError as refused:
        return _form_again(state, author, refused)
    target = _after(state, posted.comment, threads.facts(posted.thread))
    letters.follow_up(state, author, draft, posted)
    commit(state)
    return guards.remember_guest(state, _see_other(target), author)


@forms.post("/preview")
def preview() -> Response:
    """The form again with the text as it would appear; nothing is stored."""
    state = current()
    _check_form(state)
    author = guards.writer(state)
    try:
        state.limits.check(Kind.PREVIEWING, author)
        shown = sanitised(posting.rendered(read_body(request.form, state.settings)))
    except CommentsError as refused:
        return _form_again(state, author, refused)
    return _form_page(state, author, preview_html=shown)


@forms.post("/comment/<int:comment_id>/vote")
def vote(comment_id: int) -> AnyResponse:
    state = current()
    _check_form(state)
    value = {"1": 1, "-1": -1}.get(request.form.get("value", ""))
    if value is None:
        raise CommentsError("invalid", errors={"value": say("A vote is 1 or -1.")})
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


@forms.get("/comment/<int:comment_id>/edit")
def ask_edit(comment_id: int) -> Response:
    state = current()
    author, comment, facts = _own(state, comment_id)
    return _edit_page(state, author, comment, facts, comment.body)


@forms.post("/comment/<int:comment_id>/edit")
def edit(comment_id: int) -> AnyResponse:
    state = current()
    _check_form(state)
    author, comment, facts = _own(state, comment_id)
    try:
        body = read_body(request.form, state.settings)
        state.limits.check(Kind.EDITING, author)
        edited = posting.edit(
            state.session(),
            author,
            comment_id,
            body,
            settings=state.settings,
            now=now(),
            screens=state.screens(),
        )
    except CommentsError as refused:
        state.session().rollback()
        body = request.form.get("body", "")
        return _edit_page(state, author, comment, facts, body, refused)
    target = _after(state, edited, facts)
    commit(state)
    return _see_other(target)


@forms.get("/comment/<int:comment_id>/delete")
def ask_delete(comment_id: int) -> Response:
    state = current()
    author, comment, facts = _own(state, comment_id)
    return _own_page(state, "delete.html", author, comment, facts)


@forms.post("/comment/<int:comment_id>/delete")
def delete(comment_id: int) -> AnyResponse:
    state = current()
    _check_form(state)
    author, _comment, facts = _own(state, comment_id)
    posting.delete(state.session(), author, comment_id, settings=state.settings, now=now())
    commit(state)
    return _see_other(_mine(state, facts, None, done="deleted"))


@forms.get("/comment/<int:comment_id>/report")
def ask_report(comment_id: int) -> Response:
    state = current()
    comment = threads.published(state.session(), comment_id)
    return _report_page(state, comment, {}, {})


@forms.post("/comment/<int:comment_id>/report")
def report(comment_id: int) -> AnyResponse:
    state = current()
    _check_form(state)
    session = state.session()
    comment = threads.published(session, comment_id)
    facts = threads.by_id(session, comment.thread_id)
    try:
        reason, note = read_report(request.form, posting.REASONS)
        author = guards.writer(state)
        state.limits.check(Kind.REPORTING, author)
        posting.report(
            session, author, comment_id, reason, note, settings=state.settings, now=now()
        )
    except CommentsError as refused:
        session.rollback()
        return _report_page(state, comment, request.form, _told(state, refused), refused)
    commit(state)
    target = _mine(state, facts, None, done="reported")
    return guards.remember_guest(state, _see_other(target), author)


@forms.get("/mine")
def mine() -> Response:
    """What this browser's reader wrote in a thread, with what may still be changed."""
    state = current()
    session = state.session()
    facts = threads.find(session, threads.check_key(request.args.get("key")))
    author = guards.caller(state)
    own: list[dict[str, Any]] = []
    presenter = Presenter(state.keys, facts, state.urls().base)
    if author is not None and facts.id is not None:
        written = session.scalars(threads.own(facts, author.id).limit(threads.MAX_LIMIT))
        own = [_own_row(state, presenter, comment) for comment in written]
    context = fragments.list_context([row["node"] for row in own], presenter.thread("oldest"))
    done = request.args.get("done", "")
    html = fragments.draw(state, "mine.html", **context, own=own, done=done)
    return _private_page(html)


def _check_form(state: State) -> None:
    """A form comes from one of our pages, and is no larger than one can be."""
    guards.check_same_origin()
    most = state.settings.max_length * FORM_BYTES_PER_CHARACTER + FORM_BYTES_BESIDE
    if (request.content_length or 0) > most:
        raise CommentsError("too_large")
    request.max_content_length = request.max_form_memory_size = most


# ── pieces of pages ──────────────────────────────────────────────────────────────────────


def _private_page(html: str, refused: CommentsError | None = None) -> Response:
    status = refused.problem.status if refused else 200
    response = answers.private(Response(html, status, mimetype="text/html"))
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    if refused and refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


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
    node = presenter.comment(comment, to_its_author=True)
    return {
        "node": node,
        "editable_until": until if until > now() and node.state != REJECTED else None,
    }


def _own_page(
    state: State, template: str, author: Author, comment: Comment, facts: ThreadFacts, **more: Any
) -> Response:
    presenter = Presenter(state.keys, facts, state.urls().base)
    view = presenter.comment(comment, to_its_author=True)
    context = fragments.list_context([view], presenter.thread("oldest"))
    context["viewer"] = presenter.viewer(author)
    refused = more.pop("refused", None)
    return _private_page(fragments.draw(state, template, **(context | more), node=view), refused)


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
        refused=refused,
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
    context = fragments.list_context([view], presenter.thread("oldest")) | {
        "form": form,
        "errors": errors,
        "notice": _notice(state, refused),
    }
    html = fragments.draw(state, "report.html", **context, node=view, reasons=posting.REASONS)
    return _private_page(html, refused)


def _form_again(state: State, author: Author, refused: CommentsError) -> Response:
    """The form with the text that was typed, and what is wrong with it."""
    state.session().rollback()
    return _form_page(
        state,
        author,
        refused,
        errors=_told(state, refused),
        notice=_notice(state, refused),
    )


def _form_page(
    state: State, author: Author, refused: CommentsError | None = None, **more: Any
) -> Response:
    session = state.session()
    facts = threads.find(session, threads.check_key(request.form.get("key")))
    presenter = Presenter(state.keys, facts, state.urls().base)
    context = fragments.list_context(
        [], presenter.thread(_asked_sort() or state.settings.default_sort)
    )
    context |= {
        "form": request.form,
        "viewer": presenter.viewer(author) if not author.is_guest else None,
        "reply_to": _answered(state, presenter, facts),
        "article_url": request.form.get("url"),
        "article_title": request.form.get("title"),
    }
    return _private_page(fragments.draw(state, "post.html", **(context | more)), refused)


def _answered(state: State, presenter: Presenter, facts: ThreadFacts) -> CommentView | None:
    given = request.form.get("parent", "")
    if not given.isdigit():
        return None
    try:
        parent = threads.visible(state.session(), threads.read_id(given))
    except CommentsError:
        return None
    return presenter.comment(parent) if parent.thread_id == facts.id else None


def _draft_fields() -> dict[str, Any]:
    form = request.form
    fields: dict[str, Any] = form.to_dict()
    fields["thread"] = {name: form.get(name) for name in ("key", "url", "title")}
    given = form.get("parent", "")
    # "²" is a digit to Python, and int() takes the digits of other alphabets too.
    is_id = given.isascii() and given.isdigit() and len(given) < 19
    fields["parent"] = int(given) if is_id else given or None
    return fields


def _told(state: State, refused: CommentsError) -> dict[str, str]:
    language = state.language()
    return {field: i18n.told(message, language) for field, message in refused.errors.items()}


def _notice(state: State, refused: CommentsError | None) -> str | None:
    return i18n.told(refused.detail, state.language()) if refused else None


# ── where to go next ─────────────────────────────────────────────────────────────────────


def _see_other(target: str) -> AnyResponse:
    return answers.private(redirect(target, 303))


def _after(state: State, comment: Comment, facts: ThreadFacts) -> str:
    """To the comment in the discussion, or where its author alone sees it."""
    if comment.status is Status.PUBLISHED:
        return _place(state, facts, comment.id)
    done = {Status.PENDING: "held", Status.REJECTED: REJECTED, Status.SPAM: REJECTED}
    return _mine(state, facts, comment.id, "" if comment.shadowed else done[comment.status])


def _place(state: State, facts: ThreadFacts, comment_id: int) -> str:
    """Back to the page the form was on: the article on this site, or our page of the thread."""
    back = request.form.get("back", "")
    # An address is a whole one or, where the host's name is not known for sure, a path.
    if back == "article" and (facts.url or "").startswith((guards.own_origin() + "/", "/")):
        return with_comment(facts.url or "", comment_id)
    language = request.form.get("lang") or request.args.get("lang")
    address = state.urls()("thread", key=facts.key, sort=_asked_sort(), lang=language)
    return with_comment(address, comment_id)


def _mine(state: State, facts: ThreadFacts, comment_id: int | None, done: str = "held") -> str:
    address = state.urls()("mine", key=facts.key, done=done, lang=request.args.get("lang"))
    return f"{address}#comment-{comment_id}" if comment_id else address


def _asked_sort() -> str | None:
    """The order of the page the form was on; an unknown one is no reason to lose a text."""
    given = request.form.get("sort") or request.args.get("sort", "")
    return given if given in tree.ORDERS else None

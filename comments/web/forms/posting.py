"""Writing a comment, and seeing it before."""

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import posting, text, threads
from comments.draft import Draft, read_body
from comments.errors import CommentsError
from comments.identity import Author
from comments.threads import ThreadFacts
from comments.web import counted, fragments, guards, letters
from comments.web.forms.frame import check_form, forms, notice, private_page, told
from comments.web.forms.ways import after, asked_sort, see_other
from comments.web.limiting import Kind
from comments.web.present import CommentView, Presenter, sanitised
from comments.web.state import State, commit, current


@forms.post("/post")
def post() -> AnyResponse:
    state = current()
    check_form(state)
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
        author = letters.with_email(state, author, draft)
        letters.check_wish(state, author, draft)
        posted = counted.post(state, author, draft)
    except CommentsError as refused:
        return _form_again(state, author, refused)
    target = after(state, posted.comment, posted.thread)
    letters.follow_up(state, author, draft, posted)
    commit(state)
    return guards.remember_guest(state, see_other(target), author)


@forms.post("/preview")
def preview() -> Response:
    """The form again with the text as it would appear; nothing is stored."""
    state = current()
    check_form(state)
    author = guards.writer(state)
    try:
        state.limits.check(Kind.PREVIEWING, author)
        shown = sanitised(posting.rendered(read_body(request.form, state.settings)))
    except CommentsError as refused:
        return _form_again(state, author, refused)
    return _form_page(state, author, preview_html=shown)


def _form_again(state: State, author: Author, refused: CommentsError) -> Response:
    """The form with the text that was typed, and what is wrong with it."""
    state.session().rollback()
    return _form_page(
        state,
        author,
        refused,
        errors=told(state, refused),
        notice=notice(state, refused),
    )


def _form_page(
    state: State, author: Author, refused: CommentsError | None = None, **more: Any
) -> Response:
    session = state.session()
    facts = threads.find(session, threads.check_key(request.form.get("key")))
    presenter = Presenter(state.keys, facts, state.urls().base)
    context = fragments.list_context(
        [], presenter.thread(asked_sort() or state.settings.default_sort)
    )
    context |= {
        "form": request.form,
        "viewer": presenter.viewer(author) if not author.is_guest else None,
        "reply_to": _answered(state, presenter, facts),
        "article_url": request.form.get("url"),
        "article_title": request.form.get("title"),
    }
    return private_page(fragments.draw(state, "post.html", **(context | more)), refused)


def _answered(state: State, presenter: Presenter, facts: ThreadFacts) -> CommentView | None:
    given = request.form.get("parent", "")
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
    number = text.read_number(given)
    fields["parent"] = given or None if number is None else number
    return fields

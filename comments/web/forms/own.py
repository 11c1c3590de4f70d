"""One's own comments: changed, deleted, and all of a discussion in one place."""

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import identity, posting, threads
from comments.draft import read_body
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import Comment
from comments.threads import ThreadFacts
from comments.web import fragments, guards
from comments.web.forms.frame import check_form, forms, notice, private_page, told
from comments.web.forms.ways import after, mine_address, see_other
from comments.web.limiting import Kind
from comments.web.present import REJECTED, Presenter
from comments.web.state import State, commit, current, now


@forms.get("/comment/<int:comment_id>/edit")
def ask_edit(comment_id: int) -> Response:
    state = current()
    author, comment, facts = _own(state, comment_id)
    return _edit_page(state, author, comment, facts, comment.body)


@forms.post("/comment/<int:comment_id>/edit")
def edit(comment_id: int) -> AnyResponse:
    state = current()
    check_form(state)
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
    target = after(state, edited, facts)
    commit(state)
    return see_other(target)


@forms.get("/comment/<int:comment_id>/delete")
def ask_delete(comment_id: int) -> Response:
    state = current()
    author, comment, facts = _own(state, comment_id)
    return _own_page(state, "delete.html", author, comment, facts)


@forms.post("/comment/<int:comment_id>/delete")
def delete(comment_id: int) -> AnyResponse:
    state = current()
    check_form(state)
    author, _comment, facts = _own(state, comment_id)
    posting.delete(state.session(), author, comment_id, settings=state.settings, now=now())
    commit(state)
    return see_other(mine_address(state, facts, None, done="deleted"))


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
    return private_page(html)


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
    return private_page(fragments.draw(state, template, **(context | more), node=view), refused)


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
        errors=told(state, refused) if refused else {},
        notice=notice(state, refused),
        refused=refused,
    )

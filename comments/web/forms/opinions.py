"""What readers say of a comment: votes and reports."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import posting, threads
from comments.draft import read_report
from comments.errors import CommentsError, say
from comments.models import Comment
from comments.web import fragments, guards
from comments.web.forms.frame import check_form, forms, notice, private_page, told
from comments.web.forms.ways import mine_address, place, see_other
from comments.web.limiting import Kind
from comments.web.present import Presenter
from comments.web.state import State, commit, current, now


@forms.post("/comment/<int:comment_id>/vote")
def vote(comment_id: int) -> AnyResponse:
    state = current()
    check_form(state)
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
    target = place(state, threads.by_id(session, comment.thread_id), comment_id)
    commit(state)
    return guards.remember_guest(state, see_other(target), author)


@forms.get("/comment/<int:comment_id>/report")
def ask_report(comment_id: int) -> Response:
    state = current()
    comment = threads.published(state.session(), comment_id)
    return _report_page(state, comment, {}, {})


@forms.post("/comment/<int:comment_id>/report")
def report(comment_id: int) -> AnyResponse:
    state = current()
    check_form(state)
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
        return _report_page(state, comment, request.form, told(state, refused), refused)
    commit(state)
    target = mine_address(state, facts, None, done="reported")
    return guards.remember_guest(state, see_other(target), author)


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
        "notice": notice(state, refused),
    }
    html = fragments.draw(state, "report.html", **context, node=view, reasons=posting.REASONS)
    return private_page(html, refused)

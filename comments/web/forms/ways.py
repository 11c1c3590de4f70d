"""Where a reader is led after a form."""

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comments import tree
from comments.models import Comment, Status
from comments.threads import ThreadFacts
from comments.threads.addresses import with_comment
from comments.web import answers, guards
from comments.web.present import REJECTED
from comments.web.state import State, revision_of


def see_other(target: str) -> AnyResponse:
    return answers.private(redirect(target, 303))


def after(state: State, comment: Comment, facts: ThreadFacts) -> str:
    """To the comment in the discussion, or where its author alone sees it."""
    if comment.status is Status.PUBLISHED:
        return place(state, facts, comment.id)
    done = {Status.PENDING: "held", Status.REJECTED: REJECTED, Status.SPAM: REJECTED}
    return mine_address(state, facts, comment.id, "" if comment.shadowed else done[comment.status])


def place(state: State, facts: ThreadFacts, comment_id: int) -> str:
    """Back to the page the form was on: the article on this site, or our page of the thread."""
    back = request.form.get("back", "")
    # An address is a whole one or, where the host's name is not known for sure, a path.
    if back == "article" and (facts.url or "").startswith((guards.own_origin() + "/", "/")):
        return with_comment(facts.url or "", comment_id)
    language = request.form.get("lang") or request.args.get("lang")
    at = revision_of(state, facts.id)
    address = state.urls()("thread", key=facts.key, sort=asked_sort(), lang=language, at=at)
    return with_comment(address, comment_id)


def mine_address(
    state: State, facts: ThreadFacts, comment_id: int | None, done: str = "held"
) -> str:
    address = state.urls()("mine", key=facts.key, done=done, lang=request.args.get("lang"))
    return f"{address}#comment-{comment_id}" if comment_id else address


def asked_sort() -> str | None:
    """The order of the page the form was on; an unknown one is no reason to lose a text."""
    given = request.form.get("sort") or request.args.get("sort", "")
    return given if given in tree.ORDERS else None

"""The reader's own layer, which the embed lays over the page that is the same for everybody."""

from typing import Any

from flask import Response, request
from sqlalchemy import select

from comments import accounts, identity, subscriptions, threads
from comments.models import Comment, Status, Vote
from comments.threads import ThreadFacts
from comments.web import answers, fragments, guards
from comments.web.api.shared import api, presenter_of
from comments.web.closing import is_closed
from comments.web.openapi import PRIVATE, described
from comments.web.present import (
    author_json,
    own_comment_json,
    rfc3339,
)
from comments.web.state import State, current, now

#: The latest of a reader's own comments in one thread that their page is told of.
MOST_OWN = 100


@api.get("/me")
@described(PRIVATE, takes=("thread", "fragment", "lang"), answers={200: "Me"})
def me() -> Response:
    """What of a thread is the caller's own: votes, comments, the ones that wait."""
    state = current()
    guards.check_origin(state)
    session = state.session()
    thread = threads.find(session, threads.check_key(request.args.get("thread")))
    viewer = guards.caller(state)
    answer: dict[str, Any] = {
        "viewer": None,
        "can": identity.rights(viewer, state.settings, closed=is_closed(thread), site=thread.site),
        "votes": {},
        "own": {},
        "pending": [],
        "notify": "none",
    }
    if viewer is not None:
        viewer = accounts.with_email(session, state.keys, viewer, None)
        answer["viewer"] = author_json(presenter_of(state, thread).viewer(viewer))
    if viewer is not None and thread.id is not None:
        answer["notify"] = subscriptions.scope_of(session, viewer.id, thread.id)
        _lay_over(state, thread, viewer.id, answer)
    return answers.json_answer(answer)


def _lay_over(state: State, thread: ThreadFacts, author_id: str, answer: dict[str, Any]) -> None:
    """What of the thread is the caller's own: votes, comments, the ones that wait."""
    session = state.session()
    votes = session.execute(
        select(Vote.comment_id, Vote.value)
        .join(Comment, Comment.id == Vote.comment_id)
        .where(Vote.voter_id == author_id, Comment.thread_id == thread.id)
    )
    answer["votes"] = {str(comment_id): value for comment_id, value in votes}
    own = session.scalars(threads.own(thread, author_id).limit(MOST_OWN)).all()[::-1]
    answer["own"] = {
        str(comment.id): {
            "editable_until": rfc3339(identity.editable_until(comment, state.settings))
        }
        for comment in own
        if comment.status is Status.PENDING or identity.sees_published(author_id, comment)
    }
    presenter = presenter_of(state, thread)
    # What nobody else sees, be it that it waits, was thrown out, or is shadowed.
    waiting = [
        presenter.comment(comment, to_its_author=True)
        for comment in own
        if comment.status is not Status.PUBLISHED
    ]
    answer["pending"] = [own_comment_json(view, state.language()) for view in waiting]
    if "fragment" in request.args:
        open_until = {c.id: identity.editable_until(c, state.settings) for c in own}
        answer["sources"] = {str(c.id): c.body for c in own if open_until[c.id] > now()}
        answer["fragments"] = {
            str(view.id): fragments.comment(state, thread, view) for view in waiting
        }

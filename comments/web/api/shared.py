"""The blueprint that every call of the JSON API is added to, and what the calls share."""

from typing import Any

from flask import Blueprint, Response

from comments import identity
from comments.errors import CommentsError
from comments.threads import ThreadFacts
from comments.web import answers, guards
from comments.web.closing import closes_at
from comments.web.present import Presenter
from comments.web.state import State

api = Blueprint("api", __name__, url_prefix="/api/v1")


def known_caller(state: State) -> identity.Author:
    """Who is asking; 401 for somebody who has no token."""
    author = guards.caller(state)
    if author is None:
        raise CommentsError("token_required")
    return author


def presenter_of(state: State, thread: ThreadFacts) -> Presenter:
    """What draws the rows of *thread* for everybody."""
    return Presenter(state.keys, thread, state.urls().base)


def public(state: State, answer: dict[str, Any], thread: ThreadFacts) -> Response:
    return answers.public(
        state,
        answers.json_text(answer),
        "application/json",
        thread_key=thread.key,
        revision=thread.revision,
        closes_at=closes_at(thread),
    )

"""What somebody is mailed: asked for without writing a comment, or ended."""

from flask import Response

from comments.draft import MailOrder
from comments.web import answers, guards, inputs, letters
from comments.web.api.shared import api
from comments.web.openapi import PRIVATE, described
from comments.web.state import commit, current

__all__ = ["api", "subscribe"]


@api.put("/subscriptions")
@described(
    PRIVATE,
    takes=("lang",),
    body="Subscription",
    answers={202: "Subscribed"},
    refusals=("no_mail", "no_such_comment", "banned", "rate_limited"),
)
def subscribe() -> Response:
    """Be mailed what is new in a thread, or end that.

    The answer is the same whoever's address it is. Unless the caller is known to own it, a mail
    asks its owner first, or brings them the link with which they end what they like.
    """
    state = current()
    guards.check_origin(state)
    mailing = letters.mailing(state)
    author = guards.writer(state)
    order = MailOrder.read(inputs.json_object(state), known_email=author.email)
    letters.carry_out(state, author, order, mailing)
    commit(state)
    return answers.json_answer({"token": author.new_token} if author.new_token else {}, 202)

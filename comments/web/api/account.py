"""The calls of the JSON API that belong to somebody who is signed in."""

from flask import Response

from comments import accounts, identity
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.web import answers, guards, inputs
from comments.web.api.shared import api
from comments.web.limiting import Kind
from comments.web.openapi import OWN, described
from comments.web.state import State, commit, current, now

__all__ = ["api", "claim", "sign_out", "verify_address"]


@api.post("/claims")
@described(
    OWN, takes=("lang",), body="Claim", answers={200: "Claimed"}, refusals=("sign_in_required",)
)
def claim() -> Response:
    """Take over what a guest wrote, as the member that guest has become. Needs both tokens."""
    state = current()
    guards.check_origin(state)
    author = _member(state)
    token = inputs.json_object(state).get("guest")
    if not isinstance(token, str):
        raise CommentsError("invalid", errors={"guest": say("Send the guest's token.")})
    guest = identity.known_guest(state.keys, token, address=None, now=now())
    claimed = accounts.claim(state.session(), guest.id, author, now=now())
    commit(state)
    return answers.json_answer({"comments": claimed})


@api.post("/verifications")
@described(
    OWN,
    takes=("lang",),
    body="Verification",
    answers={204: None},
    refusals=("link_not_good", "not_yours", "rate_limited"),
)
def verify_address() -> Response:
    """Show that a mailed address is one's own, from the browser of the guest who gave it."""
    state = current()
    guards.check_origin(state)
    guest = guards.caller(state)
    if guest is None:
        raise CommentsError("token_required")
    link = inputs.json_object(state).get("link")
    if not isinstance(link, str):
        raise CommentsError("invalid", errors={"link": say("Send what the link holds.")})
    state.limits.check(Kind.SIGNING_IN, guest)
    accounts.verify(state.session(), state.keys, link, guest, now=now())
    commit(state)
    return answers.private(Response(status=204))


@api.delete("/sign-in")
@described(OWN, takes=("lang",), answers={204: None}, refusals=("sign_in_required",))
def sign_out() -> Response:
    """End the sign-in whose token is sent."""
    state = current()
    guards.check_origin(state)
    _member(state)
    token = guards.bearer_token() or guards.session_secret()
    if token:
        accounts.sign_out(state.session(), token)
    commit(state)
    return answers.private(Response(status=204))


def _member(state: State) -> Author:
    known = guards.caller(state)
    if known is None or known.is_guest:
        raise CommentsError("sign_in_required")
    return known

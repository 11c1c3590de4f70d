"""The small sum that a guest's browser does: the call that gives it out, and what came of it."""

from flask import Response, request

from comments import threads
from comments.draft import Draft
from comments.screening import Arrival, attack, robots, work
from comments.web import answers, guards
from comments.web.openapi import PRIVATE, described
from comments.web.state import State, current, now


@described(PRIVATE, takes=("thread",), answers={200: "Challenge"})
def give_challenge() -> Response:
    """A small sum for the browser of a guest who begins to write.

    Find a `nonce` with which the SHA-256 of `challenge`, a colon and `nonce` begins with `bits`
    zero bits, and send both as `work` with the comment. It is good for one comment in this thread,
    within the hour, and `wait` seconds after it was given at the earliest.
    """
    state = current()
    guards.check_origin(state)
    key = threads.check_key(request.args.get("thread"))
    bits = attack.bits(state.session(), now())
    quick = state.settings.rate_limits == "off"
    answer = {
        "challenge": work.challenge(state.keys, key, bits, now()),
        "bits": bits,
        "wait": 0 if quick else int(robots.LEAST_TIME.total_seconds()),
    }
    return answers.json_answer(answer)


def arrival(state: State, draft: Draft) -> Arrival:
    """How *draft* came. Looked at first of all: it costs next to nothing, and no database."""
    proof = None
    if draft.work:
        proof = work.check(state.keys, *draft.work, draft.thread_key, now())
    return Arrival(trapped=draft.trapped, proof=proof)

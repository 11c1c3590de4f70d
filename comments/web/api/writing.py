"""What visitors write: comments, edits, votes, reports; and a look at a text before."""

from datetime import timedelta
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from comments import identity, posting, threads
from comments.draft import Draft, read_body, read_report, read_vote
from comments.models import Comment
from comments.threads import ThreadFacts
from comments.web import answers, counted, fragments, guards, inputs, letters, together
from comments.web.api.shared import api, known_caller, presenter_of
from comments.web.challenge import give_challenge
from comments.web.limiting import Kind
from comments.web.openapi import OWN, PRIVATE, described
from comments.web.present import (
    own_comment_json,
    rfc3339,
)
from comments.web.state import State, commit, current, now

#: How long a guest whose first answer was lost gets their token again with the same key. Later
#: the same key and text only tell that the comment is there.
RETRY_WINDOW = timedelta(minutes=10)


api.get("/challenge")(give_challenge)


# ── private: writing ─────────────────────────────────────────────────────────────────────


@api.post("/comments")
@described(
    PRIVATE,
    takes=("Idempotency-Key", "fragment", "lang"),
    body="NewComment",
    answers={201: "Posted"},
    refusals=("banned", "closed", "name_reserved", "parent_gone", "rate_limited"),
)
def post_comment() -> Response:
    """Write a comment."""
    state = current()
    guards.check_origin(state)
    fields = inputs.json_object(state)
    known = guards.caller(state)
    draft = Draft.read(
        fields,
        state.settings,
        own_origin=guards.own_origin(),
        own_is_known=guards.own_origin_is_known(state),
        signed_in=known is not None and not known.is_guest,
        site=guards.site(state),
    )
    key_hash = inputs.idempotency_hash(state, known)
    session = state.session()
    author = letters.with_email(state, known or guards.writer(state), draft)
    letters.check_wish(state, author, draft)
    posted = counted.post(state, author, draft, key_hash=key_hash)
    comment = posted.comment
    token = author.new_token
    if posted.repeated and known is None and now() - comment.created_at < RETRY_WINDOW:
        # The first answer was lost on the way; the guest it made is the one who asks again.
        token = identity.mint(state.keys, comment.author_id.partition(":")[2], now())
    if posted.repeated:
        threads.wrote(session, posted.thread)
    answer = _own_comment(state, comment, posted.thread)
    answer |= {k: v for k, v in answer["comment"].items() if k in ("state", "reason")}
    answer["editable_until"] = rfc3339(identity.editable_until(comment, state.settings))
    if token:
        answer["token"] = token
    letters.follow_up(state, author, draft, posted)
    commit(state)
    return answers.json_answer(answer, 201)


@api.patch("/comments/<int:comment_id>")
@described(
    OWN,
    takes=("fragment", "lang"),
    body="NewText",
    answers={200: "Edited"},
    refusals=("banned", "not_yours", "too_late", "rate_limited"),
)
def edit_comment(comment_id: int) -> Response:
    """Change the text of one's own comment."""
    state = current()
    guards.check_origin(state)
    author = known_caller(state)
    body = read_body(inputs.json_object(state), state.settings)
    state.limits.check(Kind.EDITING, author)
    session = state.session()
    comment = posting.edit(
        session,
        author,
        comment_id,
        body,
        settings=state.settings,
        now=now(),
        screens=state.screens(),
    )
    answer = _own_comment(state, comment, threads.by_id(session, comment.thread_id))
    commit(state)
    return answers.json_answer(answer)


@api.delete("/comments/<int:comment_id>")
@described(OWN, takes=("lang",), answers={204: None}, refusals=("not_yours", "too_late"))
def delete_comment(comment_id: int) -> Response:
    """Take one's own comment back."""
    state = current()
    guards.check_origin(state)
    author = known_caller(state)
    posting.delete(state.session(), author, comment_id, settings=state.settings, now=now())
    commit(state)
    return answers.private(Response(status=204))


@api.put("/comments/<int:comment_id>/vote")
@described(
    PRIVATE,
    takes=("lang",),
    body="Vote",
    answers={200: "Votes"},
    refusals=("banned", "own_comment", "vote_ceiling", "rate_limited"),
)
def vote(comment_id: int) -> Response:
    """Vote on a comment; saying the same again changes nothing."""
    state = current()
    guards.check_origin(state)
    value = read_vote(inputs.json_object(state))
    author = guards.writer(state)
    at = now()

    def cast(session: Session) -> posting.Ballot:
        return posting.vote(session, author, comment_id, value, settings=state.settings, now=at)

    answer: dict[str, Any] = together.write(state, Kind.VOTING, author, cast)._asdict()
    if author.new_token:
        answer["token"] = author.new_token
    return answers.json_answer(answer)


@api.post("/comments/<int:comment_id>/reports")
@described(
    PRIVATE,
    takes=("lang",),
    body="Report",
    answers={201: "Reported"},
    refusals=("banned", "rate_limited"),
)
def report(comment_id: int) -> Response:
    """Tell the moderators that something is wrong with a comment."""
    state = current()
    guards.check_origin(state)
    reason, note = read_report(inputs.json_object(state), posting.REASONS)
    author = guards.writer(state)
    state.limits.check(Kind.REPORTING, author)
    posting.report(
        state.session(), author, comment_id, reason, note, settings=state.settings, now=now()
    )
    commit(state)
    return answers.json_answer({"token": author.new_token} if author.new_token else {}, 201)


@api.post("/preview")
@described(
    PRIVATE,
    takes=("lang",),
    body="NewText",
    answers={200: "Preview"},
    refusals=("rate_limited",),
)
def preview() -> Response:
    """See a text as it would look; nothing is stored."""
    state = current()
    guards.check_origin(state)
    body = read_body(inputs.json_object(state), state.settings)
    author = guards.writer(state)
    state.limits.check(Kind.PREVIEWING, author)
    return answers.json_answer({"html": posting.rendered(body)})


def _own_comment(state: State, comment: Comment, thread: ThreadFacts) -> dict[str, Any]:
    """A comment for its author: made before the commit, sent after it."""
    view = presenter_of(state, thread).comment(comment, to_its_author=True)
    answer: dict[str, Any] = {"comment": own_comment_json(view, state.language())}
    if "fragment" in request.args:
        answer["fragment"] = fragments.comment(state, thread, view)
    return answer

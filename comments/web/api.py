"""The JSON API, version 1: parse, call, represent.

Views hold no rules. What a caller may do stands in the use-cases; what an answer shows stands
in ``present``.
"""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, request
from sqlalchemy import select

from comments import accounts, identity, posting, threads
from comments.draft import Draft, read_body, read_report, read_vote
from comments.errors import CommentsError
from comments.models import Comment, Status, Vote
from comments.threads import ThreadFacts
from comments.web import fragments, guards, inputs, letters, openapi
from comments.web.challenge import arrival, give_challenge
from comments.web.closing import closes_at, is_closed
from comments.web.limiting import Kind
from comments.web.openapi import OWN, PRIVATE, PUBLIC, described
from comments.web.present import (
    Presenter,
    author_json,
    comment_json,
    own_comment_json,
    page_json,
    rfc3339,
    thread_json,
)
from comments.web.state import State, commit, current, now

#: The latest of a reader's own comments in one thread that their page is told of.
MOST_OWN = 100
#: How long a guest whose first answer was lost gets their token again with the same key. Later
#: the same key and text only tell that the comment is there.
RETRY_WINDOW = timedelta(minutes=10)

api = Blueprint("api", __name__, url_prefix="/api/v1")


# ── public: reading ──────────────────────────────────────────────────────────────────────


@api.get("/comments")
@described(PUBLIC, takes=("thread", "sort", "limit", "after"), answers={200: "Page"})
def list_comments() -> Response:
    """A page of top-level comments, each with its first replies."""
    state = current()
    key = threads.check_key(request.args.get("thread"))
    listing = threads.page(
        state.session(),
        state.keys,
        key,
        inputs.order(state),
        limit=inputs.limit(),
        after=inputs.after(),
    )
    page = _presenter(state, listing.thread).page(listing)
    return _public(state, page_json(page), listing.thread)


@api.get("/comments/<int:comment_id>/replies")
@described(PUBLIC, takes=("sort", "limit", "after"), answers={200: "Page"})
def list_replies(comment_id: int) -> Response:
    """A page of the replies under a comment, each with its own first replies."""
    state = current()
    session = state.session()
    parent, thread = threads.placed(session, comment_id)
    listing = threads.replies(
        session,
        state.keys,
        parent,
        thread,
        inputs.order(state),
        limit=inputs.limit(),
        after=inputs.after(),
    )
    page = _presenter(state, thread).page(listing)
    return _public(state, page_json(page), thread)


@api.get("/comments/<int:comment_id>")
@described(PUBLIC, takes=("sort",), answers={200: "Permalink"})
def show_comment(comment_id: int) -> Response:
    """A comment with all it answers, up to the top: what a permalink needs."""
    state = current()
    session = state.session()
    comment, thread = threads.placed(session, comment_id)
    presenter = _presenter(state, thread)
    above = [presenter.comment(row) for row in threads.ancestors(session, comment)]
    answer = {
        "comment": comment_json(presenter.comment(comment)),
        "ancestors": [comment_json(view) for view in above],
        "thread": thread_json(presenter.thread(inputs.order(state).name)),
    }
    return _public(state, answer, thread)


@api.get("/counts")
@described(PUBLIC, takes=("threads",), answers={200: "Counts"})
def show_counts() -> Response:
    """How many comments threads have."""
    state = current()
    found = threads.counts(state.session(), request.args.getlist("thread"))
    body = guards.json_text({"counts": found})
    # No single thread's revision stands for twenty of them; their counts do.
    fingerprint = ".".join(str(count) for count in found.values())
    return guards.public(state, body, "application/json", thread_key=None, revision=fingerprint)


@api.get("/pulse")
@described(PUBLIC, takes=("thread", "since"), answers={200: "Pulse"})
def show_pulse() -> Response:
    """Has anything happened in a thread since a revision?"""
    state = current()
    session = state.session()
    thread = threads.find(session, threads.check_key(request.args.get("thread")))
    answer = {
        "revision": thread.revision,
        "count": thread.count,
        "new": threads.new_since(session, thread, inputs.since()),
    }
    return _public(state, answer, thread)


@api.get("/openapi.json")
@described(PUBLIC, answers={200: "Document"})
def show_contract() -> Response:
    """The OpenAPI document of these calls."""
    state = current()
    document = openapi.document(current_app, state)
    return guards.public(
        state,
        guards.json_text(document),
        "application/json",
        thread_key=None,
        revision="openapi",
    )


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
    author = letters.with_email(state, known or guards.writer(state), draft)
    if not (key_hash and posting.is_repeated(state.session(), key_hash, draft, now=now())):
        state.limits.check(Kind.POSTING, author)
    posted = posting.post(
        state.session(),
        author,
        draft,
        settings=state.settings,
        now=now(),
        idempotency_hash=key_hash,
        arrival=arrival(state, draft),
        screens=state.screens(),
    )
    comment = posted.comment
    token = author.new_token
    if posted.repeated and known is None and now() - comment.created_at < RETRY_WINDOW:
        # The first answer was lost on the way; the guest it made is the one who asks again.
        token = identity.mint(state.keys, comment.author_id.partition(":")[2], now())
    answer = _own_comment(state, comment, threads.facts(posted.thread))
    answer |= {k: v for k, v in answer["comment"].items() if k in ("state", "reason")}
    answer["editable_until"] = rfc3339(identity.editable_until(comment, state.settings))
    if token:
        answer["token"] = token
    letters.ask_to_verify(state, author, draft)
    commit(state)
    return guards.json_answer(answer, 201)


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
    author = _known_caller(state)
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
    return guards.json_answer(answer)


@api.delete("/comments/<int:comment_id>")
@described(OWN, takes=("lang",), answers={204: None}, refusals=("not_yours", "too_late"))
def delete_comment(comment_id: int) -> Response:
    """Take one's own comment back."""
    state = current()
    guards.check_origin(state)
    author = _known_caller(state)
    posting.delete(state.session(), author, comment_id, settings=state.settings, now=now())
    commit(state)
    return guards.private(Response(status=204))


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
    state.limits.check(Kind.VOTING, author)
    ballot = posting.vote(
        state.session(), author, comment_id, value, settings=state.settings, now=now()
    )
    commit(state)
    answer: dict[str, Any] = ballot._asdict()
    if author.new_token:
        answer["token"] = author.new_token
    return guards.json_answer(answer)


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
    return guards.json_answer({"token": author.new_token} if author.new_token else {}, 201)


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
    return guards.json_answer({"html": posting.rendered(body)})


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
        answer["viewer"] = author_json(_presenter(state, thread).viewer(viewer))
    if viewer is not None and thread.id is not None:
        _lay_over(state, thread, viewer.id, answer)
    return guards.json_answer(answer)


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
    presenter = _presenter(state, thread)
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


def _known_caller(state: State) -> identity.Author:
    author = guards.caller(state)
    if author is None:
        raise CommentsError("token_required")
    return author


# ── answering ────────────────────────────────────────────────────────────────────────────


def _own_comment(state: State, comment: Comment, thread: ThreadFacts) -> dict[str, Any]:
    """A comment for its author: made before the commit, sent after it."""
    view = _presenter(state, thread).comment(comment, to_its_author=True)
    answer: dict[str, Any] = {"comment": own_comment_json(view, state.language())}
    if "fragment" in request.args:
        answer["fragment"] = fragments.comment(state, thread, view)
    return answer


def _presenter(state: State, thread: ThreadFacts) -> Presenter:
    return Presenter(state.keys, thread, state.urls().base)


def _public(state: State, answer: dict[str, Any], thread: ThreadFacts) -> Response:
    return guards.public(
        state,
        guards.json_text(answer),
        "application/json",
        thread_key=thread.key,
        revision=thread.revision,
        closes_at=closes_at(thread),
    )

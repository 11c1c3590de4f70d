"""What everybody reads: pages, replies, permalinks, counts, the pulse and the contract."""

import hashlib
from typing import Any

from flask import Response, current_app, request
from sqlalchemy.orm import Session

from comments import threads
from comments.threads import ThreadFacts
from comments.web import answers, inputs, openapi, readers
from comments.web.api.shared import api, presenter_of, public
from comments.web.openapi import PUBLIC, described
from comments.web.present import (
    comment_json,
    page_json,
    passage_json,
    thread_json,
)
from comments.web.state import current


@api.get("/comments")
@described(PUBLIC, takes=("thread", "sort", "only", "limit", "after", "at"), answers={200: "Page"})
@readers.for_readers
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
        only=inputs.only(),
    )
    page = presenter_of(state, listing.thread).page(listing)
    return public(state, page_json(page), listing.thread)


@api.get("/comments/<int:comment_id>/replies")
@described(PUBLIC, takes=("sort", "limit", "after", "at"), answers={200: "Page"})
@readers.for_readers
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
    page = presenter_of(state, thread).page(listing)
    return public(state, page_json(page), thread)


@api.get("/comments/<int:comment_id>")
@described(PUBLIC, takes=("sort", "at"), answers={200: "Permalink"})
@readers.for_readers
def show_comment(comment_id: int) -> Response:
    """A comment with all it answers, up to the top: what a permalink needs."""
    state = current()
    session = state.session()
    comment, thread = threads.placed(session, comment_id)
    presenter = presenter_of(state, thread)
    above = [presenter.comment(row) for row in threads.ancestors(session, comment)]
    answer = {
        "comment": comment_json(presenter.comment(comment)),
        "ancestors": [comment_json(view) for view in above],
        "thread": thread_json(presenter.thread(inputs.order(state).name)),
    }
    return public(state, answer, thread)


@api.get("/anchors")
@described(PUBLIC, takes=("thread", "at"), answers={200: "Passages"})
@readers.for_readers
def list_anchors() -> Response:
    """The passages of an article that were commented on, the latest first"""
    state = current()
    session = state.session()
    thread = threads.find(session, threads.check_key(request.args.get("thread")))
    found = [passage_json(passage) for passage in threads.passages(session, thread)]
    return public(state, {"revision": thread.revision, "passages": found}, thread)


@api.get("/counts")
@described(PUBLIC, takes=("threads",), answers={200: "Counts"})
@readers.for_readers
def show_counts() -> Response:
    """How many comments threads have."""
    state = current()
    found = threads.counts(state.session(), request.args.getlist("thread"))
    body = answers.json_text({"counts": found})
    # No single thread's revision stands for twenty of them; their counts do.
    fingerprint = ".".join(str(count) for count in found.values())
    return answers.public(state, body, "application/json", thread_key=None, revision=fingerprint)


@api.get("/pulse")
@described(PUBLIC, takes=("pulsed", "since", "counted", "at"), answers={200: "Pulse"})
@readers.for_readers
def show_pulse() -> Response:
    """Has anything happened in a thread since a revision?"""
    state = current()
    session = state.session()
    asked = inputs.pulsed()
    found = [threads.find(session, key) for key, _since in asked]
    told = [_pulse(session, *each) for each in zip(found, asked, strict=True)]
    answer: dict[str, Any] = dict(told[0])
    if len(told) > 1:
        answer["others"] = {key: each for (key, _), each in zip(asked[1:], told[1:], strict=True)}
    counted = request.args.getlist("count")
    if counted:
        answer["counts"] = threads.counts(session, counted)
    if len(told) == 1 and not counted:
        return public(state, answer, found[0])
    # No single thread's revision stands for several.
    body = answers.json_text(answer)
    fingerprint = hashlib.sha256(body.encode()).hexdigest()[:16]
    return answers.public(state, body, "application/json", thread_key=None, revision=fingerprint)


def _pulse(session: Session, thread: ThreadFacts, asked: tuple[str, int]) -> dict[str, int]:
    readers.check_fresh(thread.revision, asked[1])
    return {
        "revision": thread.revision,
        "count": thread.count,
        "new": threads.new_since(session, thread, asked[1]),
        "changed": threads.changed_at(session, thread),
    }


@api.get("/openapi.json")
@described(PUBLIC, answers={200: "Document"})
def show_contract() -> Response:
    """The OpenAPI document of these calls."""
    state = current()
    document = openapi.document(current_app, state)
    return answers.public(
        state,
        answers.json_text(document),
        "application/json",
        thread_key=None,
        revision="openapi",
    )

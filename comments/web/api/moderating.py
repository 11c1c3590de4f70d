"""Decisions by the JSON API: what moderators do in the thread itself.

The page is the same for everybody; a moderator's script asks here for the comments that wait and
lays them, and the buttons, over it.
"""

from typing import Any

from flask import Response, request
from sqlalchemy import select

from comments import i18n, identity, moderation, threads
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.models import Comment, Status
from comments.moderation import Action
from comments.moderation.inputs import NewDecision, read_batch, read_pinned
from comments.threads import ThreadFacts
from comments.web import answers, fragments, guards, inputs
from comments.web.api.shared import api
from comments.web.openapi import MODERATORS, described
from comments.web.present import Presenter, comment_json
from comments.web.state import State, commit, current, now

__all__ = ["api", "decide", "list_waiting", "pin", "undo"]

#: The latest of the comments that wait in one thread; the queue has them all.
MOST_WAITING = 100

#: What the buttons in the thread are called.
WORDS = {
    "approve": say("Approve"),
    "spam": say("Spam"),
    "reject": say("Reject"),
    "delete": say("Delete"),
    "pin": say("Pin"),
    "unpin": say("Unpin"),
    "ban": say("Ban…"),
    "undo": say("Undo"),
    "queue": say("Open the queue"),
    "decided": say("Decided."),
    "label": say("Moderation"),
}


@api.get("/waiting")
@described(MODERATORS, takes=("thread", "fragment", "lang"), answers={200: "Waiting"})
def list_waiting() -> Response:
    """What waits for a moderator in a thread, with the words of the buttons."""
    state = current()
    guards.check_origin(state)
    who = _moderator(state)
    thread = threads.find(state.session(), threads.check_key(request.args.get("thread")))
    if not identity.can_moderate(who, thread.site):
        raise CommentsError("not_a_moderator")
    waiting = _waiting(state, thread)
    presenter = Presenter(state.keys, thread, state.urls().base)
    views = [presenter.comment(row, to_its_author=True) for row in waiting]
    answer: dict[str, Any] = {
        "comments": [comment_json(view) for view in views],
        "versions": {str(row.id): row.version for row in waiting},
    }
    if "fragment" in request.args:
        answer["words"] = {name: i18n.told(w, state.language()) for name, w in WORDS.items()}
        answer["fragments"] = {str(v.id): fragments.comment(state, thread, v) for v in views}
    return answers.json_answer(answer)


@api.put("/comments/<int:comment_id>/status")
@described(
    MODERATORS,
    takes=("fragment", "lang"),
    body="NewDecision",
    answers={200: "Decided"},
    refusals=("already_decided", "changed_meanwhile"),
)
def decide(comment_id: int) -> Response:
    """Decide where a comment stands; 409 when somebody else has decided meanwhile."""
    state = current()
    guards.check_origin(state)
    who = _moderator(state)
    wanted = NewDecision.read(inputs.json_object(state))
    taken = _action(who, wanted.reason)
    comment = moderation.decide(
        state.session(),
        comment_id,
        wanted.status,
        taken,
        expected=wanted.expected,
        version=wanted.version,
    )
    return _decided(state, comment, taken)


@api.put("/comments/<int:comment_id>/pin")
@described(MODERATORS, takes=("fragment", "lang"), body="Pin", answers={200: "Decided"})
def pin(comment_id: int) -> Response:
    """Put a top-level comment first in its thread, or back into its place."""
    state = current()
    guards.check_origin(state)
    who = _moderator(state)
    pinned = read_pinned(inputs.json_object(state))
    taken = _action(who)
    comment = moderation.pin(state.session(), comment_id, taken, pinned=pinned)
    return _decided(state, comment, taken)


@api.post("/undo")
@described(
    MODERATORS,
    takes=("lang",),
    body="Undo",
    answers={200: "Undone"},
    refusals=("not_found", "already_undone", "too_late_to_undo", "not_undoable"),
)
def undo() -> Response:
    """Take back what a batch did: a decision names its batch in the answer."""
    state = current()
    guards.check_origin(state)
    who = _moderator(state)
    batch = read_batch(inputs.json_object(state))
    taken = _action(who)
    changed = moderation.undo(state.session(), batch, taken)
    commit(state)
    return answers.json_answer({"changed": changed, "batch": taken.batch})


def _moderator(state: State) -> Author:
    """Who decides; 401 for nobody in particular, 403 for everybody else."""
    caller = guards.caller(state)
    if caller is None or caller.is_guest:
        raise CommentsError("sign_in_required")
    if not caller.is_moderator:
        raise CommentsError("not_a_moderator")
    return caller


def _action(who: Author, reason: str = "") -> Action:
    return Action(
        by=who.id,
        name=who.name or "",
        reason=reason,
        now=now(),
        sites=who.sites,
        by_owner=who.is_owner,
    )


def _waiting(state: State, thread: ThreadFacts) -> list[Comment]:
    """Oldest first, so that an answer comes after what it answers."""
    found = state.session().scalars(
        select(Comment)
        .where(
            Comment.thread_id == thread.id,
            Comment.published_revision.is_(None),
            Comment.status == Status.PENDING,
        )
        .order_by(Comment.id.desc())
        .limit(MOST_WAITING)
    )
    return list(found)[::-1]


def _decided(state: State, comment: Comment, taken: Action) -> Response:
    facts = threads.by_id(state.session(), comment.thread_id)
    view = Presenter(state.keys, facts, state.urls().base).comment(comment, to_its_author=True)
    done = moderation.done(state.session(), taken.batch)
    answer: dict[str, Any] = {
        "status": comment.status.value,
        "pinned": comment.pinned_at is not None,
        "version": comment.version,
        "batch": taken.batch if done else None,
    }
    if "fragment" in request.args:
        answer["fragment"] = fragments.comment(state, facts, view)
    commit(state)
    return answers.json_answer(answer)

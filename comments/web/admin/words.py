"""The lists of words, and a box that tries a text and shows what would happen to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from comments import moderation, screening
from comments.errors import CommentsError, Message, say, say_n
from comments.models import Status
from comments.moderation import words as wordlists
from comments.screening import Verdict, explaining
from comments.web.admin import inputs
from comments.web.admin.door import action, admin, check_owner
from comments.web.admin.notices import Notice, sentence
from comments.web.admin.scene import address, back, draw
from comments.web.state import State, commit, current, now

LISTS: tuple[tuple[str, Message, Message], ...] = (
    ("hold", say("Held"), say("A comment with one of these waits for a moderator.")),
    ("reject", say("Rejected"), say("A comment with one of these is rejected.")),
)
#: Characters of a text that is tried.
MOST_TRIED = 10_000
#: Words that stood in a list already and are named.
MOST_NAMED = 10


@admin.get("/words", endpoint="words")
def show() -> Response:
    check_owner()
    return _page()


@admin.post("/words/add", endpoint="add_words")
def add() -> AnyResponse:
    check_owner()
    state, taken = current(), action()
    which = request.form.get("list", "")
    try:
        added = wordlists.add(state.session(), which, request.form.get("words", ""), taken)
    except CommentsError as refused:
        if not refused.errors:
            raise
        state.session().rollback()
        return _page(refused.problem.status, wrong_list=which, errors=refused.errors)
    return (
        _told_apart(state, taken.batch, added.known) if added.known else _done(state, taken.batch)
    )


@admin.post("/words/remove", endpoint="remove_words")
def remove() -> AnyResponse:
    check_owner()
    state, taken = current(), action()
    wordlists.remove(
        state.session(), inputs.numbers("id")[: len(LISTS) * wordlists.MAX_WORDS], taken
    )
    return _done(state, taken.batch)


@admin.post("/words/try", endpoint="try_words")
def try_text() -> Response:
    """What would become of a text if a guest nobody has met sent it now. Nothing is stored."""
    check_owner()
    typed = request.form.get("body", "")[:MOST_TRIED]
    return _page(tried=typed, verdicts=_tried(current(), typed) if typed.strip() else None)


# ── trying ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Said:
    """What one screen says. *counts* is set for the verdict that decides."""

    screen: str
    status: Status | None
    refused: bool
    reason: Message | None
    risk: float
    counts: bool


def _tried(state: State, typed: str) -> list[Said]:
    """The one place where the box meets the screens."""
    session = state.session()
    sample = explaining.submitted(session, {"body": typed}, state.settings, now())
    said = screening.explain(sample, state.screens())
    session.rollback()
    first = next((name for name, verdict in said if verdict and _decides(verdict)), None)
    return [_said(name, verdict, counts=name == first) for name, verdict in said]


def _decides(verdict: Verdict) -> bool:
    return verdict.status is not None or verdict.refused


def _said(name: str, verdict: Verdict | None, *, counts: bool) -> Said:
    plain = name.replace("_", " ")
    if verdict is None:
        return Said(plain, None, False, None, 0.0, counts)
    return Said(plain, verdict.status, verdict.refused, verdict.reason, verdict.risk, counts)


# ── the page ─────────────────────────────────────────────────────────────────────────────


def _told_apart(state: State, batch: str, known: Sequence[str]) -> Response:
    """The page after words of which some stood in the list already, and which those are."""
    done = moderation.done(state.session(), batch)
    commit(state)
    shown = ", ".join(known[:MOST_NAMED]) + (" …" if len(known) > MOST_NAMED else "")
    there = say_n(
        "%(n)s was there already: %(words)s",
        "%(n)s were there already: %(words)s",
        n=len(known),
        words=shown,
    )
    if done is None:
        return _page(notice=Notice(there))
    both = say("%(what)s %(there)s", what=sentence(done), there=there)
    return _page(notice=Notice(both, undo=batch))


def _done(state: State, batch: str) -> AnyResponse:
    known = moderation.done(state.session(), batch)
    commit(state)
    return back(address("words"), batch if known else None, left=None if known else 0)


def _page(
    status: int = 200, *, wrong_list: str = "", errors: Any = None, **context: Any
) -> Response:
    state = current()
    lists = [
        (name, label, about, wordlists.listed(state.session(), name))
        for name, label, about in LISTS
    ]
    return draw(
        "words.html",
        status,
        lists=lists,
        most=wordlists.MAX_WORDS,
        wrong_list=wrong_list,
        typed=request.form.get("words", "") if wrong_list else "",
        errors=inputs.wrongs(errors),
        **({"tried": "", "verdicts": None} | context),
    )

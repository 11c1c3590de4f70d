"""A reader's own data: a copy of it, and erasing it; on pages, and for scripts.

Whoever holds the token they wrote with, or is signed in, gets what is theirs and nothing else.
"""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comments import people
from comments.errors import CommentsError
from comments.identity import Author
from comments.people import Subject
from comments.web import answers, fragments, guards
from comments.web.api.shared import api
from comments.web.limiting import Kind
from comments.web.openapi import OWN, described
from comments.web.policy import PAGE_POLICY
from comments.web.state import State, commit, current, now

own = Blueprint("own", __name__)

FILE = "comments.json"


# ── for scripts ──────────────────────────────────────────────────────────────────────────


@api.get("/me/data")
@described(OWN, answers={200: "OwnData"}, refusals=("rate_limited",))
def own_data() -> Response:
    """Everything that is kept of the caller.

    Comments with their earlier texts, waiting and rejected ones among them; votes, reports, and
    for members how they sign in.
    """
    state = current()
    guards.check_origin(state)
    return _copy(state, _caller(state))


@api.delete("/me")
@described(OWN, answers={204: None}, refusals=("rate_limited", "invalid"))
def erase_me() -> Response:
    """Erase everything that is kept of the caller.

    Tombstones stay where there are replies. Votes are taken back. It cannot be undone.
    """
    state = current()
    guards.check_origin(state)
    author = _caller(state)
    _erase(state, author)
    done = answers.private(Response(status=204))
    if author.is_guest and guards.bearer_token() is None:
        _forget(state, done)
    return done


# ── on pages ─────────────────────────────────────────────────────────────────────────────


@own.get("/mine/data")
def download() -> Response:
    state = current()
    response = _copy(state, _caller(state))
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE}"'
    return response


@own.get("/mine/erase")
def ask() -> Response:
    """What erasing means, and the button; once it is done, that it is."""
    state = current()
    done = request.args.get("done") == "1"
    known = guards.caller(state) is not None
    return _page(state, done=done, known=known)


@own.post("/mine/erase")
def erase() -> AnyResponse:
    state = current()
    guards.check_same_origin()
    _erase(state, _caller(state))
    key, language = request.form.get("key"), request.args.get("lang")
    done = answers.private(redirect(state.urls()("erase", done=1, key=key, lang=language), 303))
    _forget(state, done)
    return done


# ── both ─────────────────────────────────────────────────────────────────────────────────


def _caller(state: State) -> Author:
    author = guards.caller(state)
    if author is None:
        raise CommentsError("token_required")
    state.limits.check(Kind.OWN_DATA, author)
    return author


def _subject(state: State, author: Author) -> Subject:
    return people.subject_of(state.session(), state.keys, author.id, email=author.email)


def _copy(state: State, author: Author) -> Response:
    return answers.json_answer(people.export(state.session(), _subject(state, author), now=now()))


def _erase(state: State, author: Author) -> None:
    people.erase(state.session(), _subject(state, author), now=now())
    commit(state)


def _forget(state: State, done: AnyResponse) -> None:
    """Whoever writes again from this browser is somebody new."""
    done.delete_cookie(guards.GUEST_COOKIE, path=request.script_root + state.prefix or "/")


def _page(state: State, *, done: bool, known: bool) -> Response:
    html = fragments.draw(
        state,
        "erase.html",
        key=request.args.get("key"),
        done=done,
        known=known,
        mails=guards.sends_mail(state),
    )
    response = answers.private(Response(html, mimetype="text/html"))
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response

"""The pages of signing in: their blueprint, how they are drawn, what each answer carries."""

from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts, i18n
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import URL_LENGTH, Account, AuthorKind
from comments.web import answers, fragments, guards, inputs
from comments.web.limiting import Kind
from comments.web.state import State, current

signin = Blueprint("signin", __name__)


@signin.before_request
def check() -> None:
    """A form is small and, unless it needs no more than its signed link, from one of our pages."""
    guards.check_own_forms(but="comments.signin.end_queue_mail")
    inputs.limit_form()


signin.after_request(answers.behind_a_door)


def draw(
    state: State, template: str, refused: CommentsError | None = None, **context: Any
) -> Response:
    """``templates/comments/signin/`` + *template*, with what was wrong when it was *refused*."""
    language = state.language()
    errors = refused.errors if refused else {}
    context = {
        "form": request.form,
        "errors": {field: i18n.told(wrong, language) for field, wrong in errors.items()},
        "notice": i18n.told(refused.detail, language) if refused else None,
        **context,
    }
    html = fragments.draw(state, f"signin/{template}", **context)
    response = Response(html, refused.problem.status if refused else 200, mimetype="text/html")
    if refused and refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def own_account(state: State) -> Account:
    """The account of the caller; 401 without one."""
    known = guards.caller(state)
    mine = accounts.account_of(state.session(), known) if known else None
    if mine is None:
        raise CommentsError("sign_in_required")
    return mine


def see_other(state: State, endpoint: str, **args: Any) -> AnyResponse:
    return redirect(state.urls()(endpoint, lang=request.args.get("lang"), **args), 303)


def count_try(email: str | None = None) -> None:
    """Count a try to sign in against the caller's network and against the address that is tried.

    Whoever is signed in already counts like everybody else here, moderators too.
    """
    state = current()
    network = guards.network_hash(state)
    state.limits.check(Kind.SIGNING_IN, Author(id="guest:", kind=AuthorKind.GUEST, address=network))
    if email is not None:
        tried = f"email:{state.keys.digest('email', email)}"
        state.limits.check(Kind.SIGNING_IN, Author(id=tried, kind=AuthorKind.USER))


def check_site(state: State, origin: str) -> None:
    """403 for a sign-in on a site that may not embed; empty is our own."""
    if origin and origin not in (*state.settings.origins, guards.own_origin()):
        raise CommentsError("origin_not_allowed")


# ── where to go afterwards ───────────────────────────────────────────────────────────────


def own_path(back: str) -> str:
    """*back* when it is a path of this very host, else empty: nobody is sent elsewhere by us.

    ``//host``, ``/\\host`` and what hides behind control characters are other hosts to a browser.
    """
    fits = back.startswith("/") and not back.startswith("//")
    return back if fits and _is_plain(back) else ""


def page_of(back: str, origin: str) -> str:
    """*back* when it is a page of the site *origin*, else empty."""
    fits = back.startswith((f"{origin}/", f"{origin}?", f"{origin}#")) or back == origin
    return back if fits and _is_plain(back) else ""


def _is_plain(back: str) -> bool:
    """Without what browsers drop, or take for a slash."""
    return back.isprintable() and "\\" not in back and len(back) <= URL_LENGTH

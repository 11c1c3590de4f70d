"""What every form and page of a reader shares: how it comes in and goes out, and what was wrong."""

from flask import Blueprint, Response

from comments import i18n
from comments.errors import CommentsError
from comments.web import answers, guards, inputs
from comments.web.policy import PAGE_POLICY
from comments.web.state import State

forms = Blueprint("forms", __name__)


def check_form(state: State) -> None:
    """A form comes from one of our pages, and is no larger than one can be."""
    guards.check_same_origin()
    inputs.limit_form(inputs.most_bytes(state))


def private_page(html: str, refused: CommentsError | None = None) -> Response:
    status = refused.problem.status if refused else 200
    response = answers.private(Response(html, status, mimetype="text/html"))
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    if refused and refused.retry_after:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def told(state: State, refused: CommentsError) -> dict[str, str]:
    language = state.language()
    return {field: i18n.told(message, language) for field, message in refused.errors.items()}


def notice(state: State, refused: CommentsError | None) -> str | None:
    return i18n.told(refused.detail, state.language()) if refused else None

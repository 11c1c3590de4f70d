"""Drawing the moderation views: the frame, its list of places, and what every page needs."""

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts, screening
from comments.errors import Message, say
from comments.web import answers, fragments
from comments.web.admin.door import moderator
from comments.web.admin.notices import Notice, asked_notice
from comments.web.state import current


class Place(NamedTuple):
    """One entry of the navigation: the endpoint below ``comments.admin`` and its word."""

    endpoint: str
    label: Message
    for_owners: bool = False


#: In this order. A place that is not built is not shown.
PLACES = (
    Place("queue", say("Queue")),
    Place("threads", say("Discussions")),
    Place("people", say("People")),
    Place("words", say("Words"), for_owners=True),
    Place("search", say("Search")),
    Place("log", say("Log")),
    Place("overview", say("Overview")),
    Place("messages", say("Messages"), for_owners=True),
    Place("moderators", say("Moderators"), for_owners=True),
)


def draw(
    template: str, status: int = 200, *, notice: Notice | None = None, **context: Any
) -> Response:
    """A page of the moderation views: ``templates/comments/admin/`` + *template*.

    Without a *notice* it shows the one that the address asks for (``back``).
    """
    state = current()
    html = piece(
        template,
        places=[(address(p.endpoint), p.label, _is_at(p.endpoint)) for p in _places()],
        moderator=moderator(),
        # Whoever a host has signed in is signed out there.
        has_account=accounts.account_of(state.session(), moderator()) is not None,
        notice=notice or asked_notice(state),
        **context,
    )
    return Response(html, status, mimetype="text/html")


def piece(template: str, **context: Any) -> str:
    """A part of a page, or with the frame's own context a whole one."""
    here = _here()
    back_here = request.full_path.rstrip("?") if request.method == "GET" else ""
    context = {"here": here, "here_url": request.script_root + back_here} | context
    context["read_reason"] = screening.read_reason
    return fragments.draw(current(), f"admin/{template}", admin_url=address, **context)


def _here() -> str:
    return (request.endpoint or "").rpartition(".")[2]


def _is_at(endpoint: str) -> bool:
    """Whether the page is that view, or came of a form whose address lies below it."""
    here, view = request.script_root + request.path, urlsplit(address(endpoint)).path
    return here == view or here.startswith(f"{view}/")


def address(endpoint: str, **values: Any) -> str:
    """The address of a view below ``comments.admin``; the language asked for goes along."""
    if request.args.get("lang"):
        values.setdefault("lang", request.args["lang"])
    return url_for(f"comments.admin.{endpoint}", **values)


def is_built(endpoint: str) -> bool:
    """Whether there is such a view."""
    return f"comments.admin.{endpoint}" in current_app.view_functions


def _places() -> list[Place]:
    owner = moderator().is_owner
    return [
        place for place in PLACES if is_built(place.endpoint) and (owner or not place.for_owners)
    ]


# ── after an action ──────────────────────────────────────────────────────────────────────


def wants_fragment() -> bool:
    """Whether our script asks, and wants the parts that have changed."""
    return "fragment" in request.args


def answered(notice: Notice, batch: str | None, fallback: str, **more: Any) -> AnyResponse:
    """What came of an action: for the script the notice as HTML beside *more*, otherwise 303 to
    the view that the form names as *back*, or to *fallback*, where the notice is shown."""
    if not wants_fragment():
        return back(fallback, batch, left=notice.left or (None if batch else 0))
    html = piece("notice.html", notice=notice)
    return answers.json_answer({"notice": html, "undo": notice.undo, **more})


def back(fallback: str, batch: str | None = None, *, left: int | None = None) -> AnyResponse:
    """303 to where the button was, with the notice of *batch* (``Action.batch``).

    That is the view which the form names as *back*, if it is one of ours, or *fallback*.
    """
    parts = urlsplit(_own_view(request.form.get("back", "")) or fallback)
    query = [(k, v) for k, v in parse_qsl(parts.query) if k not in ("did", "left")]
    query += [("did", batch)] if batch else []
    query += [("left", str(left))] if left is not None else []
    target = parts.path + (f"?{urlencode(query)}" if query else "")
    return answers.private(redirect(target, 303))


def _own_view(given: str) -> str | None:
    prefix = f"{request.script_root}{current().prefix}/admin/"
    safe = given.startswith(prefix) and given.isprintable() and "\\" not in given
    return given if safe and ".." not in given else None

"""Drawing the moderation views: the frame, its list of places, and what every page needs."""

from typing import Any, NamedTuple

from flask import Response, current_app, request, url_for

from comments.errors import Message, say
from comments.web import fragments
from comments.web.admin.door import moderator
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
    Place("moderators", say("Moderators"), for_owners=True),
)


def draw(template: str, status: int = 200, **context: Any) -> Response:
    """A page of the moderation views: ``templates/comments/admin/`` + *template*."""
    state = current()
    here = (request.endpoint or "").rpartition(".")[2]
    html = fragments.draw(
        state,
        f"admin/{template}",
        places=[(address(p.endpoint), p.label, p.endpoint == here) for p in _places()],
        moderator=moderator(),
        here=here,
        admin_url=address,
        **context,
    )
    return Response(html, status, mimetype="text/html")


def address(endpoint: str, **values: Any) -> str:
    """The address of a view below ``comments.admin``; the language asked for goes along."""
    if request.args.get("lang"):
        values.setdefault("lang", request.args["lang"])
    return url_for(f"comments.admin.{endpoint}", **values)


def _places() -> list[Place]:
    built = current_app.view_functions
    owner = moderator().is_owner
    return [
        place
        for place in PLACES
        if f"comments.admin.{place.endpoint}" in built and (owner or not place.for_owners)
    ]

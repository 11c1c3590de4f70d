"""Search: comments by text, author, discussion, state and date."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, request
from sqlalchemy import select

from comments.errors import CommentsError, Message, say
from comments.models import Status, Thread
from comments.moderation import search as finding
from comments.moderation.reach import within
from comments.web.admin import entries, inputs
from comments.web.admin.door import admin, moderator
from comments.web.admin.queue import LABELS
from comments.web.admin.scene import address, draw
from comments.web.state import State, current

STATES: tuple[tuple[str, Message], ...] = (
    ("", say("Any")),
    ("published", say("Published")),
    ("pending", say("Waiting")),
    ("spam", say("Spam")),
    ("rejected", say("Rejected")),
    ("deleted", say("Deleted")),
)
FIELDS = ("text", "author", "thread", "state", "since", "until")
#: Discussions that the field for them offers.
MOST_OFFERED = 50
PAGE = 25


@admin.get("/search")
def search() -> Response:
    state = current()
    fields = {name: inputs.line(name) for name in FIELDS}
    errors: dict[str, Message] = {}
    query = _query(fields, errors)
    asked = any(fields.values())
    found = finding.Found([], None)
    if asked and not errors:
        before, reach = inputs.number("before"), moderator().sites
        found = finding.find(state.session(), query, sites=reach, before=before, limit=PAGE)
    given = {name: value for name, value in fields.items() if value}
    return draw(
        "search.html",
        query=fields,
        errors=errors,
        searched=asked and not errors,
        states=STATES,
        offered=_offered(state),
        next_url=address("search", **given, before=found.before) if found.before else None,
        first_url=address("search", **given) if request.args.get("before") else None,
        entries=entries.entries(state, found.rows),
        labels=LABELS,
        fields={},
    )


def _query(fields: dict[str, str], errors: dict[str, Message]) -> finding.Query:
    """What the fields ask for; what is wrong with them goes into *errors*."""
    words = {value: value for value in Status}
    return finding.Query(
        text=fields["text"],
        author=fields["author"],
        thread=fields["thread"],
        status=words.get(fields["state"]),  # type: ignore[call-overload]
        since=_or_wrong(inputs.day, "since", errors),
        until=_or_wrong(inputs.end_of_day, "until", errors),
    )


def _or_wrong(
    read: Callable[[str], datetime | None], field: str, errors: dict[str, Message]
) -> datetime | None:
    try:
        return read(field)
    except CommentsError as refused:
        errors.update(refused.errors)
        return None


def _offered(state: State) -> list[Any]:
    """The latest discussions, for a field that takes any."""
    latest = select(Thread.key, Thread.title).where(within(moderator().sites, Thread.id))
    rows = state.session().execute(latest.order_by(Thread.id.desc()).limit(MOST_OFFERED))
    return list(rows)

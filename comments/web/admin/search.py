"""Search: comments by text, author, discussion, state and date."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Response, request
from sqlalchemy import select

from comments.errors import Message, say
from comments.models import Status, Thread
from comments.moderation import search as finding
from comments.moderation.reach import within
from comments.web.admin import entries
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
    fields = {name: request.args.get(name, "").strip() for name in FIELDS}
    errors: dict[str, Message] = {}
    query = _query(fields, errors)
    asked = any(fields.values())
    found = finding.Found([], None)
    if asked and not errors:
        before = _number(request.args.get("before", ""))
        reach = moderator().sites
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
    until = _moment("until", fields, errors)
    return finding.Query(
        text=fields["text"],
        author=fields["author"],
        thread=fields["thread"],
        status=words.get(fields["state"]),  # type: ignore[call-overload]
        since=_moment("since", fields, errors),
        # The day itself is meant as well.
        until=until + timedelta(days=1) if until else None,
    )


def _moment(name: str, fields: dict[str, str], errors: dict[str, Message]) -> datetime | None:
    if not fields[name]:
        return None
    try:
        day = date.fromisoformat(fields[name])
    except ValueError:
        day = date.min
    if not 1970 <= day.year <= 9000:
        errors[name] = say("A day such as 2026-11-22.")
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _offered(state: State) -> list[Any]:
    """The latest discussions, for a field that takes any."""
    latest = select(Thread.key, Thread.title).where(within(moderator().sites, Thread.id))
    rows = state.session().execute(latest.order_by(Thread.id.desc()).limit(MOST_OFFERED))
    return list(rows)

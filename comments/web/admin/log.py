"""The log: every decision in plain words, and as a file for a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Response, request, stream_with_context

from comments import text
from comments.errors import Message, say
from comments.moderation import log
from comments.moderation.log import Asked, Line
from comments.web.admin import inputs, told
from comments.web.admin.door import admin, moderator
from comments.web.admin.scene import address, draw
from comments.web.state import current

#: What can be chosen, in the order of the list.
ACTIONS: dict[str, Message] = {
    "status": say("Decisions about comments"),
    "keep": say("Kept after reports"),
    "pin": say("Pins"),
    "close": say("Closed and opened"),
    "hold": say("Held discussions"),
    "rename": say("Renamed"),
    "merge": say("Merged"),
    "alias": say("Other keys"),
    "words": say("Words"),
    "ban": say("Bans"),
    "lift": say("Bans lifted"),
    "trust": say("Trust"),
    "appoint": say("Appointments"),
    "dismiss": say("Dismissals"),
    "resend": say("Messages sent again"),
    "test_mail": say("Test messages"),
}
#: The fields of the address, as the form has them.
FIELDS = ("person", "action", "thread", "comment", "since", "until", "everything")
HEAD = (
    "number", "at", "by", "name", "action", "comment", "comment author", "thread",
    "target", "before", "after", "reason", "batch", "undoes", "undone",
)  # fmt: skip


@admin.get("/log", endpoint="log")
def show() -> Response:
    asked, given = _asked(), _given()
    below = inputs.number("below")
    page = log.page(current().session(), asked, below=below)
    return draw(
        "log.html",
        lines=told.lines(current().session(), page.lines),
        given=given,
        actions=list(ACTIONS.items()),
        csv_url=address("log_csv", **given),
        first_url=address("log", **given) if below else None,
        next_url=address("log", **given, below=page.next) if page.next else None,
    )


@admin.get("/log.csv", endpoint="log_csv")
def download() -> Response:
    """The same lines as a file, sent while it is read."""
    response = Response(stream_with_context(_rows(_asked())), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="comments-log.csv"'
    return response


def _rows(asked: Asked) -> Iterator[str]:
    # The session is asked for in here, as the one of the view ends with the view. The mark at
    # the beginning tells spreadsheets that this is UTF-8.
    yield "\ufeff" + _row(HEAD)
    for line in log.every_line(current().session(), asked):
        yield _row(_cells(line))


def _row(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([text.plain_cell(cell) for cell in cells])
    return out.getvalue()


def _cells(line: Line) -> list[Any]:
    entry = line.entry
    return [
        entry.id, entry.created_at.isoformat(), entry.actor, entry.actor_name, entry.action,
        entry.comment_id, line.comment_author, line.thread_key, entry.target, entry.before,
        entry.after, entry.reason, entry.batch, entry.undoes, "yes" if line.undone else "",
    ]  # fmt: skip


# ── what the address asks for ────────────────────────────────────────────────────────────


def _given() -> dict[str, str]:
    return {name: request.args[name] for name in FIELDS if request.args.get(name)}


def _asked() -> Asked:
    return Asked(
        sites=moderator().sites,
        person=inputs.line("person") or None,
        action=inputs.line("action") or None,
        thread_id=inputs.number("thread"),
        comment_id=inputs.number("comment"),
        since=inputs.day("since"),
        until=inputs.end_of_day("until"),
        everything=bool(request.args.get("everything")),
    )

"""Every statement that the product sends, collected while everybody does everything."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from tests.web.cast import STORY
from tests.web.roles import Scene
from tests.web.test_public_answers import PRIVATE, PUBLIC
from tests.web.test_roles import CALLS

#: Who makes the calls: each of these sends statements that the others do not.
CALLERS = ("author", "site", "owner")
_LOOKS_FOR_ROWS = re.compile("SELECT|WITH|UPDATE|DELETE")

#: What the lists of CALLS do not ask for: other orders, later pages, what a moderator narrows.
MORE = (
    *(
        f"{path}{narrowed}"
        for path in (
            f"/api/v1/comments?thread={STORY}&limit=1",
            "/api/v1/comments/1/replies?limit=1",
            f"/thread?key={STORY}&limit=1",
        )
        for narrowed in ("&sort=newest", "&sort=most_voted", "&only=inline")
    ),
    f"/feed.atom?thread={STORY}",
    "/feed.atom?comment=1",
    *(
        f"/admin/queue?{narrowed}"
        for narrowed in (
            "show=pending",
            "show=reported",
            "show=spam",
            "show=pending&order=risk",
            "show=everything&author=guest:1",
            "show=everything&text=hush",
        )
    ),
    *(f"/admin/threads?{narrowed}" for narrowed in ("order=count", "text=story", "show=closed")),
    *(
        f"/admin/log?{narrowed}"
        for narrowed in ("", "action=ban", "person=bob", "since=2026-01-01&until=2027-01-01")
    ),
    *(
        f"/admin/search?{narrowed}"
        for narrowed in ("text=hush+x", "author=bob", "text=a&status=spam")
    ),
    *(f"/admin/overview?days={days}" for days in (7, 30, 365)),
    *(f"/admin/messages?show={kind}" for kind in ("waiting", "failed", "sent")),
    "/admin/people?text=bob",
)
#: What the roles are not asked about, since it is open to all.
OPEN_CALLS = (
    ("POST", "/post", {"thread": STORY, "name": "Zoe", "body": "@Ann, hello"}),
    ("PUT", "/api/v1/subscriptions", {"thread": STORY, "email": "z@b.example", "notify": "all"}),
    ("POST", "/subscribe", {"key": STORY, "email": "y@b.example", "notify": "all"}),
    ("POST", "/sign-in", {"email": "z@b.example"}),
    ("POST", "/sign-in/link", {"email": "z@b.example"}),
    ("POST", "/sign-in/password", {"email": "z@b.example", "password": "wrong"}),
    ("POST", "/mine/by-mail", {"email": "z@b.example"}),
)
#: At the command line.
COMMANDS = (
    "check",
    "render",
    "index",
    "sweep",
    "pending",
    "reports",
    "moderate published 1",
    f"close {STORY}",
    "pin 1",
    "moderators list",
    "deliver",
)


@contextmanager
def statements() -> Iterator[dict[str, Any]]:
    """Each different statement that looks for rows, with the parameters it was first sent with."""
    sent: dict[str, Any] = {}

    def note(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if _LOOKS_FOR_ROWS.match(statement.lstrip()):
            sent.setdefault(statement, parameters[0] if many else parameters)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def do_everything(app: Flask) -> None:
    scene = Scene(app)
    for role in CALLERS:
        for path in (*PUBLIC.values(), *PRIVATE.values(), *MORE):
            assert scene.call(role, "GET", path, None).status_code < 500, path
        for call in (*OPEN_CALLS, *CALLS.values()):
            assert scene.call(role, *call).status_code < 500, call
    for command in COMMANDS:
        app.test_cli_runner().invoke(args=["comments", *command.split()])

"""The messages: what left, what waits and what did not arrive; once more, and a test. For owners.

A message belongs to no site, and one that could not be delivered says something of its reader.
"""

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts, moderation, notify
from comments.errors import CommentsError, Message, say
from comments.notify import messages
from comments.web import guards
from comments.web.admin import inputs
from comments.web.admin.door import action, admin, check_owner, moderator
from comments.web.admin.notices import Notice
from comments.web.admin.scene import address, back, draw
from comments.web.state import State, commit, current, now

TABS: tuple[tuple[str, Message], ...] = (
    ("everything", say("Everything")),
    ("waiting", say("Waiting")),
    ("sent", say("Sent")),
    ("lost", say("Did not arrive")),
)
STATES: dict[str, Message] = {
    "waiting": say("waiting"),
    "sending": say("being sent"),
    "sent": say("sent"),
    "interrupted": say("interrupted"),
    "failed": say("not accepted"),
    "given_up": say("given up"),
}
PURPOSES: dict[str, Message] = {
    "link": say("A link to sign in or to confirm"),
    "confirm": say("Confirming a subscription"),
    "notice": say("New comments"),
    "queue": say("What waits for a moderator"),
    "test": say("A test"),
    "comment.published": say("Webhook: a comment is published"),
    "comment.pending": say("Webhook: a comment waits"),
    "comment.reported": say("Webhook: a comment is reported"),
}


@admin.get("/messages", endpoint="messages")
def show() -> Response:
    check_owner()
    return _page(current())


@admin.post("/messages/resend", endpoint="resend")
def resend() -> AnyResponse:
    """Send the message ``id`` once more: one that failed, was given up or was interrupted."""
    check_owner()
    state, taken = current(), action()
    session, letter_id = state.session(), inputs.number("id") or 0
    try:
        purpose = notify.send_again(session, letter_id, now()).purpose
    except CommentsError as refused:
        if refused.problem.status != 409:
            raise
        session.rollback()
        return _page(state, 409, notice=Notice(refused.detail, bad=True))
    moderation.note(session, taken, "resend", after={"message": letter_id, "purpose": purpose})
    commit(state)
    return back(address("messages"), taken.batch)


@admin.post("/messages/test", endpoint="send_test")
def send_test() -> AnyResponse:
    """Mail a test to the address of one's own account, and to no other."""
    check_owner()
    state, taken = current(), action()
    email = _own_address(state)
    if email is None:
        raise CommentsError("not_found")
    notify.write_test(state.session(), email, now(), state.language())
    moderation.note(state.session(), taken, "test_mail")
    commit(state)
    return back(address("messages"), taken.batch)


def _own_address(state: State) -> str | None:
    """Where a test would go; ``None`` where no mail is sent, or a host's user is signed in."""
    account = accounts.account_of(state.session(), moderator())
    return account.email if account and guards.sends_mail(state) else None


def kinds(state: State) -> list[str]:
    """Which messages can leave at all."""
    settings = state.settings
    able = {"mail": settings.smtp_uri is not None, notify.webhooks.KIND: bool(settings.webhooks)}
    return [kind for kind, is_set_up in able.items() if is_set_up]


def _page(state: State, status: int = 200, *, notice: Notice | None = None) -> Response:
    asked = inputs.choice("show", messages.SHOWS, "everything")
    below = inputs.number("below")
    found = messages.page(state.session(), asked, now(), below=below)
    return draw(
        "messages.html",
        status,
        notice=notice,
        here_url=address("messages", show=asked),
        lines=found.lines,
        asked=asked,
        tabs=[(name, label, address("messages", show=name)) for name, label in TABS],
        purposes=PURPOSES,
        states=STATES,
        able=kinds(state),
        own_address=_own_address(state),
        late=messages.overdue(state.session(), kinds(state), now()),
        first_url=address("messages", show=asked) if below else None,
        next_url=address("messages", show=asked, below=found.next) if found.next else None,
    )

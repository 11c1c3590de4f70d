"""The overview: how the site is doing, as plots with the numbers beside them."""

from datetime import timedelta

from flask import Response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from comments import notify
from comments.errors import Message, say, say_n
from comments.models import Status
from comments.moderation import figures
from comments.moderation.figures import Window
from comments.notify.messages import Overdue
from comments.web import answers
from comments.web.admin import messages, plots
from comments.web.admin.door import admin, moderator
from comments.web.admin.scene import address, draw
from comments.web.state import current, now

WINDOWS = (30, 90)
#: The states of the plot, from the ground up.
STATES: tuple[tuple[Status, Message], ...] = (
    (Status.PUBLISHED, say("published")),
    (Status.PENDING, say("waiting")),
    (Status.SPAM, say("spam")),
    (Status.REJECTED, say("rejected")),
    (Status.DELETED, say("deleted")),
)


@admin.get("/", endpoint="home")
def home() -> AnyResponse:
    """Whoever comes in by the door has come to work."""
    return answers.private(redirect(address("queue"), 302))


@admin.get("/overview", endpoint="overview")
def show() -> Response:
    session = current().session()
    days = 90 if request.args.get("days") == "90" else 30
    window = Window.of(days, now(), moderator().sites)
    by_day = figures.per_day(session, window)
    totals = figures.totals(by_day)
    written = sum(totals.values())
    waits = figures.waited(session, window)
    busiest, workers = figures.busiest(session, window), figures.workload(session, window)
    columns = [
        (day, [of_day.get(status, 0) for status, _ in STATES]) for day, of_day in by_day.items()
    ]
    return draw(
        "overview.html",
        late=_overdue(session),
        days=days,
        windows=WINDOWS,
        states=STATES,
        totals=totals,
        written=written,
        columns=columns,
        per_day=plots.stacked([(day.isoformat(), numbers) for day, numbers in columns]),
        spam_share=round(100 * totals[Status.SPAM] / written) if written else None,
        decided=len(waits),
        median=_told(figures.median_wait(waits)),
        busiest=busiest,
        busiest_bars=plots.bars([thread.comments for thread in busiest]),
        workers=workers,
        worker_bars=plots.bars([worker.decided for worker in workers]),
    )


def _overdue(session: Session) -> Overdue | None:
    """Messages that should have left long ago; for those who can mend it."""
    kinds = messages.kinds(current())
    return notify.messages.overdue(session, kinds, now()) if moderator().is_owner else None


def _told(wait: timedelta | None) -> Message | None:
    """A wait in the unit in which people think of it."""
    if wait is None:
        return None
    minutes = round(wait.total_seconds() / 60)
    if minutes < 1:
        return say("less than a minute")
    if minutes < 120:
        return say_n("%(n)s minute", "%(n)s minutes", n=minutes)
    hours = round(minutes / 60)
    if hours < 48:
        return say_n("%(n)s hour", "%(n)s hours", n=hours)
    return say_n("%(n)s full day", "%(n)s full days", n=round(hours / 24))

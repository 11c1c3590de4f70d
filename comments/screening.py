"""What happens to a comment before anyone sees it: an ordered list of screens.

Each screen is a small function that says nothing or gives a :class:`Verdict` with a reason a
person understands; the first verdict counts. It goes through ``moderation.set_status``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import text
from comments.config import Settings
from comments.identity import Author
from comments.models import Comment, Status


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the comment goes, and why."""

    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a screen may look at."""

    session: Session
    author: Author
    html: str
    settings: Settings
    #: The comment whose text is being changed, when it is an edit.
    comment_id: int | None = None


Screen = Callable[[Submitted], Verdict | None]

PASSED = Verdict(Status.PUBLISHED, "passed every screen")


def moderators_pass(submitted: Submitted) -> Verdict | None:
    if submitted.author.is_moderator:
        return Verdict(Status.PUBLISHED, "written by a moderator")
    return None


def hold_all(submitted: Submitted) -> Verdict | None:
    if submitted.settings.hold == "all":
        return Verdict(Status.PENDING, "every comment waits for a moderator")
    return None


def hold_links(submitted: Submitted) -> Verdict | None:
    # A guest's first comment is held under "first" already; links are what spam is for.
    if submitted.settings.hold == "links" and text.count_links(submitted.html):
        return Verdict(Status.PENDING, "it contains a link")
    return None


def hold_first(submitted: Submitted) -> Verdict | None:
    if submitted.settings.hold != "first" or not submitted.author.is_guest:
        return None
    published = select(Comment.id).where(
        Comment.author_id == submitted.author.id,
        Comment.status == Status.PUBLISHED,
        # Or a first comment, once approved, could be turned into anything.
        Comment.id != (submitted.comment_id or 0),
    )
    if submitted.session.execute(published.limit(1)).first():
        return None
    return Verdict(Status.PENDING, "it is this guest's first comment")


#: In this order.
SCREENS: tuple[Screen, ...] = (moderators_pass, hold_all, hold_links, hold_first)


def screen(submitted: Submitted) -> Verdict:
    """The first verdict of the list."""
    for look in SCREENS:
        verdict = look(submitted)
        if verdict:
            return verdict
    return PASSED

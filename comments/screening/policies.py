"""What the owner wants to be read first: ``COMMENTS_HOLD``, and threads that are held."""

from comments import text
from comments.errors import say
from comments.models import Status
from comments.screening.verdicts import Submitted, Verdict


def thread_held(submitted: Submitted) -> Verdict | None:
    if submitted.thread_held:
        return Verdict(Status.PENDING, say("everything in this discussion waits for a moderator"))
    return None


def hold_all(submitted: Submitted) -> Verdict | None:
    if submitted.settings.hold == "all":
        return Verdict(Status.PENDING, say("every comment waits for a moderator"))
    return None


def hold_links(submitted: Submitted) -> Verdict | None:
    # A guest's first comment is held under "first" already; links are what spam is for.
    if submitted.settings.hold == "links" and text.count_links(submitted.html):
        return Verdict(Status.PENDING, say("it contains a link"))
    return None


def hold_first(submitted: Submitted) -> Verdict | None:
    if submitted.settings.hold != "first" or not submitted.author.is_guest:
        return None
    # An edit does not count itself: a first comment, once approved, could be turned into anything.
    if submitted.knows().published:
        return None
    return Verdict(Status.PENDING, say("it is this guest's first comment"))

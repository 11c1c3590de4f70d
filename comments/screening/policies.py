"""What the owner wants to be read first: ``COMMENTS_HOLD``, and threads that are held."""

from sqlalchemy import bindparam, select

from comments import text
from comments.errors import say
from comments.models import Comment, Status, table_of
from comments.screening.verdicts import Submitted, Verdict

_comments = table_of(Comment)
#: A published comment of somebody.
_PUBLISHED = (
    select(_comments.c.id)
    .where(
        _comments.c.author_id == bindparam("author"),
        _comments.c.status == Status.PUBLISHED,
        _comments.c.id != bindparam("besides"),
    )
    .limit(1)
)


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
    asked = {"author": submitted.author.id, "besides": submitted.comment_id or 0}
    if submitted.session.connection().execute(_PUBLISHED, asked).first():
        return None
    return Verdict(Status.PENDING, say("it is this guest's first comment"))

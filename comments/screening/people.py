"""Screens that look at who is writing."""

from sqlalchemy import bindparam, select

from comments import identity
from comments.errors import say
from comments.models import Person, Status, table_of
from comments.screening import bans
from comments.screening.verdicts import Submitted, Verdict

_people = table_of(Person)
_TRUSTED = select(_people.c.trusted_at).where(_people.c.author_id == bindparam("author"))


def moderators_pass(submitted: Submitted) -> Verdict | None:
    if identity.can_moderate(submitted.author, submitted.site):
        return Verdict(Status.PUBLISHED, say("written by a moderator"))
    return None


def refuse_banned(submitted: Submitted) -> Verdict | None:
    """A shadow ban stores the comment; any other ban refuses it and says until when it holds."""
    ban = bans.found(submitted.session, submitted.author, submitted.now)
    if ban is None:
        return None
    if ban.shadow:
        return Verdict(Status.SPAM, say("its author is shadow-banned"), risk=1.0, shadowed=True)
    return Verdict(Status.REJECTED, bans.sentence(ban), risk=1.0, refused=True)


def trusted_pass(submitted: Submitted) -> Verdict | None:
    connection = submitted.session.connection()
    if connection.execute(_TRUSTED, {"author": submitted.author.id}).scalar() is None:
        return None
    return Verdict(Status.PUBLISHED, say("a moderator trusts its author"))

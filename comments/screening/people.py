"""Screens that look at who is writing."""

from comments import identity
from comments.errors import say
from comments.models import Status
from comments.screening import bans
from comments.screening.verdicts import Submitted, Verdict


def moderators_pass(submitted: Submitted) -> Verdict | None:
    if identity.can_moderate(submitted.author, submitted.site):
        return Verdict(Status.PUBLISHED, say("written by a moderator"))
    return None


def refuse_banned(submitted: Submitted) -> Verdict | None:
    """A shadow ban stores the comment; any other ban refuses it and says until when it holds."""
    known = submitted.knows()
    ban = bans.read(submitted.session, submitted.author, known.shown, known.ban, submitted.now)
    if ban is None:
        return None
    if ban.shadow:
        return Verdict(Status.SPAM, say("its author is shadow-banned"), risk=1.0, shadowed=True)
    return Verdict(Status.REJECTED, bans.sentence(ban), risk=1.0, refused=True)


def trusted_pass(submitted: Submitted) -> Verdict | None:
    if submitted.knows().trusted:
        return Verdict(Status.PUBLISHED, say("a moderator trusts its author"))
    return None

"""Screens that a host adds: a rule of the house, or a service such as Akismet.

They are asked before the thread is locked, since a service may take its time and everybody else
who writes would wait with it; what they say takes its place in the list all the same. One that
fails loses no comment: the comment waits for a moderator.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from comments.errors import Message, say
from comments.models import Status
from comments.screening.order import name_of
from comments.screening.people import moderators_pass, refuse_banned, trusted_pass
from comments.screening.policies import thread_held
from comments.screening.verdicts import Screen, Submitted, Verdict

log = logging.getLogger("comments.screening")

#: Seconds after which the log says that a screen is slow: somebody waits for the answer.
SLOW = 2.0

#: Screens that know all about a comment by its author.
_PEOPLE = (moderators_pass, refuse_banned, trusted_pass)

FAILED = Verdict(Status.PENDING, say("a screen of this site could not be asked"))


#: Where a host may send a comment; ``None`` decides nothing.
_PLACES = (None, Status.PUBLISHED, Status.PENDING, Status.SPAM, Status.REJECTED)


def _sound(verdict: Any) -> Verdict | None:
    """*verdict* if it is one that can be stored and told; a plain text is a reason as well."""
    if verdict is None:
        return None
    if not isinstance(verdict, Verdict):
        raise TypeError(f"a screen gives a Verdict or None, not {type(verdict).__name__}")
    if isinstance(verdict.reason, str):
        verdict = replace(verdict, reason=Message(verdict.reason))
    if not any(verdict.status is place for place in _PLACES):
        raise ValueError(f"a comment cannot be sent to {verdict.status!r}")
    if not 0 <= verdict.risk <= 1:
        raise ValueError(f"a risk is from 0 to 1, and not {verdict.risk!r}")
    if not isinstance(verdict.reason, Message):
        raise TypeError(f"a reason is a sentence, and not {verdict.reason!r}")
    # What is missing in it shows here, and not when the comment is stored.
    str(verdict.reason)
    return verdict


class HostScreen:
    """A host's function, with its mistakes caught."""

    def __init__(self, look: Screen) -> None:
        self.look = look
        self.__name__ = name_of(look)

    def __call__(self, submitted: Submitted) -> Verdict | None:
        began = time.monotonic()
        try:
            # A statement that fails in there must not take the comment's transaction with it.
            with submitted.session.begin_nested():
                return _sound(self.look(submitted))
        except Exception:
            log.exception("The screen %s failed; the comment waits for a moderator.", self.__name__)
            return FAILED
        finally:
            took = time.monotonic() - began
            if took > SLOW:
                log.warning("The screen %s took %.1f seconds.", self.__name__, took)


def add(
    screens: Sequence[Screen],
    look: Screen,
    *,
    before: str | None = None,
    after: str | None = None,
) -> tuple[Screen, ...]:
    """*screens* with a host's *look* among them, *before* or *after* one that is named.

    Unless told, it comes after all that look at a comment and before what the owner holds
    anyway. ``ValueError`` for a name that is not in the list.
    """
    names = [name_of(each) for each in screens]
    anchor = before or after or thread_held.__name__
    if anchor not in names:
        raise ValueError(f"There is no screen {anchor!r}; there are {', '.join(names)}.")
    at = names.index(anchor) + (1 if after and not before else 0)
    return (*screens[:at], HostScreen(look), *screens[at:])


def ask_hosts(submitted: Submitted, screens: Sequence[Screen]) -> tuple[Screen, ...]:
    """*screens* with the host's own answered; nobody is asked about those who are known before."""
    if not any(isinstance(look, HostScreen) for look in screens):
        return tuple(screens)
    answered: list[Screen] = []
    known = False
    for look in screens:
        if not isinstance(look, HostScreen):
            answered.append(look)
            known = known or (look in _PEOPLE and look(submitted) is not None)
        elif not known:
            answered.append(_answered(look(submitted)))
    return tuple(answered)


def _answered(verdict: Verdict | None) -> Screen:
    return lambda _submitted: verdict

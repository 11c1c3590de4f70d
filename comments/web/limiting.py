"""How much one caller may do in how short a time.

Flask-Limiter does the counting. Ours knows nothing of a Limiter the host may have, nor of the
host's ``RATELIMIT_*`` keys, and the host's is not touched by ours.
"""

import logging
import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple, cast

from flask import Flask, Response
from flask_limiter import Limiter, RateLimitExceeded, RequestLimit
from limits import RateLimitItem, parse_many
from limits.errors import ConfigurationError
from sqlalchemy import Connection, Engine

from comments.config import Settings
from comments.errors import ConfigError, Message, RateLimited, say, say_n
from comments.identity import Author
from comments.limits import SCHEME, DatabaseStorage, Window
from comments.web.address import UNKNOWN
from comments.web.patience import too_much

log = logging.getLogger("comments.limits")

#: How long a request waits for Redis before it is counted in memory.
REDIS_SECONDS = 0.5
#: Callers of whom a process remembers that they were refused; a forgotten one costs a write.
MOST_REFUSED = 10_000
REDIS_SCHEMES = ("redis://", "rediss://", "redis+unix://")


class Kind(StrEnum):
    """What is counted."""

    POSTING = "posting"
    EDITING = "editing"
    VOTING = "voting"
    REPORTING = "reporting"
    PREVIEWING = "previewing"
    SIGNING_IN = "signing_in"
    GOING_ELSEWHERE = "going_elsewhere"
    OWN_DATA = "own data"
    SUBSCRIBING = "subscribing"


class _Rule(NamedTuple):
    """The budgets of one kind, and the words a refusal is made of."""

    guest: Callable[[Settings], str]
    member: Callable[[Settings], str]
    amount: Message
    again: Message


def _always(budget: str) -> Callable[[Settings], str]:
    return lambda _settings: budget


# A guest's budget belongs to a network address, which a household, an office or a whole mobile
# operator may share. Moderators have no row: whoever cleans up must never be told to wait.
# One window where one will do: every window costs a write.
_RULES: dict[Kind, _Rule] = {
    # Faster than anybody types, slow enough that a flood is a few comments before it stops.
    Kind.POSTING: _Rule(
        guest=lambda settings: settings.guest_limit,
        member=lambda settings: settings.member_limit,
        amount=say_n("%(n)s comment", "%(n)s comments"),
        again=say("You can post again in %(wait)s."),
    ),
    # Typos are mended a few times; and with every edit the page is drawn anew for all readers.
    Kind.EDITING: _Rule(
        guest=_always("20 per 10 minutes"),
        member=_always("40 per 10 minutes"),
        amount=say_n("%(n)s edit", "%(n)s edits"),
        again=say("You can edit again in %(wait)s."),
    ),
    # A reader who goes down a long thread votes on every other comment. What one network can do
    # to one comment is limited elsewhere, by COMMENTS_GUEST_VOTES_PER_ADDRESS.
    Kind.VOTING: _Rule(
        guest=_always("100 per 10 minutes"),
        member=_always("200 per 10 minutes"),
        amount=say_n("%(n)s vote", "%(n)s votes"),
        again=say("You can vote again in %(wait)s."),
    ),
    # Every report costs a moderator a look, and a flooded queue hides the report that matters.
    Kind.REPORTING: _Rule(
        guest=_always("10 per hour"),
        member=_always("30 per hour"),
        amount=say_n("%(n)s report", "%(n)s reports"),
        again=say("You can report again in %(wait)s."),
    ),
    # Somebody who writes looks every few seconds; each look costs us the rendering of a comment.
    Kind.PREVIEWING: _Rule(
        guest=_always("60 per 5 minutes"),
        member=_always("120 per 5 minutes"),
        amount=say_n("%(n)s preview", "%(n)s previews"),
        again=say("You can preview again in %(wait)s."),
    ),
    # A person mistypes a password a few times; each try costs us a slow hash, each link a mail.
    # "Member" is one address that is tried, whoever tries it and whether anybody has it.
    Kind.SIGNING_IN: _Rule(
        guest=_always("20 per hour"),
        member=_always("15 per hour"),
        amount=say_n("%(n)s try to sign in", "%(n)s tries to sign in"),
        again=say("You can try again in %(wait)s."),
    ),
    # To a provider and back are two. An office may sign in together on the day it starts.
    Kind.GOING_ELSEWHERE: _Rule(
        guest=_always("60 per hour"),
        member=_always("60 per hour"),
        amount=say_n("%(n)s try to sign in", "%(n)s tries to sign in"),
        again=say("You can try again in %(wait)s."),
    ),
    # Everything of somebody is read, or changed, at once; nobody needs that often.
    Kind.OWN_DATA: _Rule(
        guest=_always("20 per hour"),
        member=_always("20 per hour"),
        amount=say_n("%(n)s request for your data", "%(n)s requests for your data"),
        again=say("You can ask again in %(wait)s."),
    ),
    # Each may be a mail to somebody who did not ask for it; what one address gets is limited
    # where it is asked.
    Kind.SUBSCRIBING: _Rule(
        guest=_always("20 per hour"),
        member=_always("30 per hour"),
        amount=say_n("%(n)s subscription", "%(n)s subscriptions"),
        again=say("You can subscribe again in %(wait)s."),
    ),
}


class Limits:
    """The limits of one app; *engine* is asked for at the first call that is counted.

    Raises :class:`ConfigError` when ``COMMENTS_REDIS_URI`` cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        engine: Callable[[], Engine],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._limiter = None
        #: Whose last call of a kind was refused, as far as this process knows.
        self._refused: set[tuple[Kind, str]] = set()
        if settings.rate_limits == "off":
            return
        if settings.redis_uri:
            self._limiter = _redis_limiter(settings.redis_uri)
        else:
            self._limiter = _limiter(f"{SCHEME}://", {"engine": engine, "clock": clock})
        self._test = self._limiter.limit(_budget, deduct_when=_never)(_ask)
        self._hit = self._limiter.limit(_budget)(_hit)
        self._failures = self._limiter.storage.base_exceptions
        # Redis tells how long a key lives in whole seconds, rounded to the nearest.
        self._rounding = 0.5 if settings.redis_uri else 0.0

    def check(self, kind: Kind, author: Author) -> None:
        """Count one call of *kind* by *author*; :class:`RateLimited` when it is one too many.

        Needs a request, and no lock of SQLite held by it: call this before any write. A refused
        call is not counted. When the storage fails, each process counts by itself until it is back.
        """
        call = self._call(kind, author)
        if call is None:
            return
        token = _current.set(call)
        try:
            self._count(call)
        except RateLimitExceeded:
            self._remember(call)
            raise self._refusal(call, author) from None
        finally:
            _current.reset(token)

    @property
    def are_in_database(self) -> bool:
        """Whether a call can be counted within a transaction of the comments database."""
        if self._limiter is None:
            return True
        storage = self._limiter.storage
        return isinstance(storage, DatabaseStorage) and storage.is_shared

    def may_count_within(self, kind: Kind, author: Author) -> bool:
        """Whether :meth:`count_within` is worth a try: whoever was refused before is checked."""
        call = self._call(kind, author)
        return self.are_in_database and (call is None or call.of not in self._refused)

    def count_within(self, connection: Connection, kind: Kind, author: Author) -> bool:
        """Count as :meth:`check` does, within the transaction that *connection* has begun.

        ``False`` for whoever has to be checked by :meth:`check`, which knows what is left to do;
        that goes for a storage that fails as well, after the transaction.
        """
        call = self._call(kind, author)
        if call is None:
            return True
        assert self._limiter is not None
        storage = self._limiter.storage
        if call.of in self._refused or not isinstance(storage, DatabaseStorage):
            return False
        with storage.within(connection):
            return _has_room(storage, call)

    def tidy(self) -> None:
        """What is to be done after a transaction that has counted within it."""
        storage = self._limiter.storage if self._limiter is not None else None
        if isinstance(storage, DatabaseStorage):
            try:
                storage.sweep_if_due()
            except storage.base_exceptions as failed:
                # Everything is written by now; the next one sweeps.
                log.info("expired counters are left: %s", type(failed).__name__)

    def close(self) -> None:
        """Give back what connections the counters hold."""
        if self._limiter is not None and isinstance(self._limiter.storage, DatabaseStorage):
            self._limiter.storage.close()

    def _call(self, kind: Kind, author: Author) -> "_Call | None":
        """What is counted; nothing for whoever may do as much as they like."""
        if self._limiter is None or not _is_limited(author):
            return None
        return _Call(kind, _who(author), self._budget(kind, author))

    def _count(self, call: "_Call") -> None:
        if call.of in self._refused or not self._is_counted(call):
            self._count_with_care(call)

    def _is_counted(self, call: "_Call") -> bool:
        """Whether *call* has room and is counted by now: what most calls do.

        Flask-Limiter's own way to the counters of a database takes longer than they do. It is
        taken by whoever is refused, who reads why, while the storage fails, and to a Redis, which
        nobody should wait for twice when it does not answer.
        """
        assert self._limiter is not None
        storage = self._limiter.storage
        if not isinstance(storage, DatabaseStorage):
            return False
        try:
            return _has_room(storage, call)
        except storage.base_exceptions:
            # It is counted in memory meanwhile, which is Flask-Limiter's part.
            return False

    def _count_with_care(self, call: "_Call") -> None:
        try:
            self._test_and_hit()
        except self._failures:
            # Flask-Limiter 4.1 falls back for the thread that notices first. The others that were
            # on their way to the storage come out here, and find the fallback when they go again.
            call.breached.clear()
            self._test_and_hit()
        self._refused.discard(call.of)

    def _test_and_hit(self) -> None:
        # Whoever is refused again and again costs reads, not writes.
        self._test()
        self._hit()

    def _remember(self, call: "_Call") -> None:
        if len(self._refused) >= MOST_REFUSED:
            self._refused.clear()
        self._refused.add(call.of)

    def _budget(self, kind: Kind, author: Author) -> str:
        rule = _RULES[kind]
        return (rule.guest if author.is_guest else rule.member)(self._settings)

    def _refusal(self, call: "_Call", author: Author) -> RateLimited:
        # Of several windows that are used up, the caller waits for the one that ends last.
        used_up = max(call.breached, key=lambda limit: limit.window.reset_time)
        left = used_up.window.reset_time - self._clock() + self._rounding
        retry_after = min(max(1, math.ceil(left)), used_up.limit.get_expiry())
        rule = _RULES[call.kind]
        sentence = too_much(rule.amount, rule.again, author, used_up.limit, retry_after)
        return RateLimited(sentence, retry_after)


# ── the Flask-Limiter behind it ──────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Call:
    """The call being counted; Flask-Limiter comes back to us for each of these facts."""

    kind: Kind
    who: str
    budget: str
    breached: list[RequestLimit] = field(default_factory=list)

    @property
    def of(self) -> tuple[Kind, str]:
        return self.kind, self.who


_current: ContextVar[_Call] = ContextVar("comments_limited_call")


def _limiter(storage_uri: str, storage_options: dict[str, Any]) -> Limiter:
    limiter = Limiter(
        key_func=lambda: _current.get().who,
        request_identifier=lambda: _current.get().kind,
        storage_uri=storage_uri,
        # Passed on to the storage as they are, whatever the annotation says.
        storage_options=cast("dict[str, str | int]", storage_options),
        strategy="fixed-window",
        in_memory_fallback_enabled=True,
        fail_on_first_breach=False,
        on_breach=_note,
    )
    # ``init_app`` reads the app's RATELIMIT_* keys, some of which no argument overrides, writes
    # two of them back, and counts the app's default limits once more for every Limiter. So ours
    # never meets the host's app, only an empty one that serves nothing.
    limiter.init_app(Flask("comments", static_folder=None, template_folder=None))
    return limiter


def _redis_limiter(uri: str) -> Limiter:
    options = {
        "key_prefix": "comments",
        "socket_timeout": REDIS_SECONDS,
        "socket_connect_timeout": REDIS_SECONDS,
    }
    try:
        if not uri.startswith(REDIS_SCHEMES):
            raise ValueError
        return _limiter(uri, options)
    except ValueError:
        # Neither the address nor what led here is shown: there may be a password in it.
        raise ConfigError(
            "COMMENTS_REDIS_URI is (not shown); it must be an address such as redis://host:6379/0."
        ) from None
    except ConfigurationError as missing:
        raise ConfigError(
            "COMMENTS_REDIS_URI is set, but redis is missing: pip install 'Flask-Comments[redis]'."
        ) from missing


@lru_cache
def _windows(budget: str) -> list[RateLimitItem]:
    """The windows that count, the shortest first."""
    return sorted(parse_many(budget))


def _budget() -> str:
    return _current.get().budget


def _note(limit: RequestLimit) -> None:
    # The end of the window is asked for here, where a storage that fails still means the fallback.
    _ = limit.window
    _current.get().breached.append(limit)


def _never(_response: Response) -> bool:
    """With a condition for the deduction, Flask-Limiter tests a window and does not hit it."""
    return False


def _ask() -> None:
    """What Flask-Limiter guards when it only tests."""


def _hit() -> None:
    """What Flask-Limiter guards when it hits."""


def _has_room(storage: DatabaseStorage, call: _Call) -> bool:
    """Whether *call* has room in every window, and is counted by now: a caller whom the hour
    refuses does not use up the minute."""
    windows = (
        Window(window.key_for(call.who, call.kind), window.amount, window.get_expiry())
        for window in _windows(call.budget)
    )
    return storage.hit_each(list(windows))


def _is_limited(author: Author) -> bool:
    # Whom one site calls a moderator could flood the others.
    return not author.is_moderator or author.sites is not None


def _who(author: Author) -> str:
    if not author.is_guest:
        return author.id
    return author.address or UNKNOWN

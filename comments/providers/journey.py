"""The way to a provider and back, whoever the provider is.

A journey is kept by the browser that makes it, signed by us: no process needs to remember it,
and a browser that did not set out cannot come back (login CSRF).
"""

import hmac
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from comments.errors import CommentsError, say
from comments.keys import Keys
from comments.outbound import Unreachable
from comments.providers.directory import Provider
from comments.providers.person import Person

log = logging.getLogger("comments")

#: Long enough to find a password and a second factor.
LIFETIME = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Who set out, where to, and where they want to be afterwards."""

    provider: str
    state: str
    nonce: str
    verifier: str
    started: int
    #: The site whose page gets the token; empty for our own.
    origin: str = ""
    back: str = ""

    def sealed(self, keys: Keys) -> str:
        return keys.seal("journey", json.dumps(asdict(self)).encode())

    @classmethod
    def opened(cls, keys: Keys, cookie: str | None, now: datetime) -> "Journey":
        """The journey in *cookie*. 403 ``sign_in_failed`` when there is none, or it took long."""
        payload = keys.open("journey", cookie) if cookie else None
        journey = cls(**json.loads(payload)) if payload else None
        if journey is None or now.timestamp() - journey.started > LIFETIME.total_seconds():
            raise CommentsError("sign_in_failed")
        return journey


def begin(
    provider: Provider, *, callback: str, now: datetime, origin: str, back: str
) -> tuple[str, Journey]:
    """The address to send the browser to, and the journey it keeps. *callback* is our address.

    503 ``provider_away`` when the provider does not answer.
    """
    journey = Journey(
        provider=provider.slug,
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        started=int(now.timestamp()),
        origin=origin,
        back=back,
    )
    asked = {"nonce": journey.nonce} if provider.has_nonce else {}
    try:
        address = provider.address(
            redirect_uri=callback, state=journey.state, code_verifier=journey.verifier, **asked
        )
    except Unreachable as failed:
        raise _away(provider, failed) from failed
    return address, journey


def finish(
    provider: Provider,
    journey: Journey,
    brought: Mapping[str, str],
    *,
    callback: str,
    now: datetime,
) -> Person:
    """The person who comes back on *journey* with the query *brought*.

    403 ``sign_in_failed`` for everything that is not as it should be, 503 ``provider_away`` when
    the provider does not answer. What a provider says of an error is its own words about whatever
    stood in the address: it goes to nobody.
    """
    _check(provider, journey, brought)
    # why: an extra; nobody comes here who has not set up a provider
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    try:
        return provider.person(
            code=brought["code"],
            callback=callback,
            verifier=journey.verifier,
            nonce=journey.nonce,
            now=int(now.timestamp()),
        )
    except Unreachable as failed:
        raise _away(provider, failed) from failed
    except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError, AttributeError) as wrong:
        log.warning("signing in with %s failed: %s", provider.slug, type(wrong).__name__)
        raise CommentsError("sign_in_failed") from wrong


def _check(provider: Provider, journey: Journey, brought: Mapping[str, str]) -> None:
    """The journey's own state, from the provider it went to (RFC 9700, 4.4), with a code."""
    same = hmac.compare_digest(brought.get("state", "").encode(), journey.state.encode())
    if not same or journey.provider != provider.slug:
        raise CommentsError("sign_in_failed")
    # RFC 9207: whoever names itself must be the one that was asked.
    named = brought.get("iss")
    if named is not None and named.rstrip("/") != provider.issuer:
        raise CommentsError("sign_in_failed")
    if brought.get("error") == "access_denied":
        raise CommentsError(
            "sign_in_failed", say("You did not sign in with %(provider)s.", provider=provider.label)
        )
    if brought.get("error") or not brought.get("code"):
        raise CommentsError("sign_in_failed")


def _away(provider: Provider, failed: Unreachable) -> CommentsError:
    log.warning("%s cannot be asked: %s", provider.slug, failed)
    sentence = say(
        "%(provider)s does not answer just now. Please try again.", provider=provider.label
    )
    return CommentsError("provider_away", sentence, retry_after=30)

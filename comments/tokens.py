"""Readers whom another site signed in: its JWT, and the author it names.

A site shares a secret with us (``COMMENTS_SSO_SECRETS``) and signs, for each of its readers, a
token that is good for a few minutes (RFC 7519, HS256 of RFC 7518):

``{"aud": "https://blog.example", "sub": "42", "name": "Dora", "exp": 1800000000}``, and, where
wanted, ``avatar`` and ``moderator``. Whatever is wrong with one, the answer is the same.
"""

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from comments import text
from comments.config import Settings
from comments.errors import CommentsError, ConfigError
from comments.identity import Author, Identity, from_identity
from comments.models import NAME_LENGTH

#: A token that names a person, a picture and little more; what is longer is somebody's attack.
MOST_CHARACTERS = 4096
#: Two machines' clocks may differ by so many seconds.
LEEWAY = 30
#: A token is handed to a browser: one that leaks is worth nothing tomorrow.
LONGEST_LIFE = 24 * 60 * 60

_END_OF_TIME = 10**12
_ALGORITHM = "HS256"
_SUBJECT_LENGTH = 100
_HOST_LENGTH = 90
# No colon, which parts the site from the subject, and no @: an e-mail address is kept as a hash.
_PLAIN_SUBJECT = re.compile(r"[A-Za-z0-9._+-]{1,100}")


def check_installed(settings: Settings) -> None:
    """:class:`ConfigError` when tokens are expected and cannot be read."""
    if settings.sso_secrets and find_spec("jwt") is None:
        raise ConfigError(
            "COMMENTS_SSO_SECRETS is set, and reading such tokens needs PyJWT: "
            'pip install "Flask-Comments[sso]".'
        )


def looks_like_one(token: str) -> bool:
    """Whether *token* has a JWT's three parts. No token of our own has a dot in it."""
    return token.count(".") == 2


def reader(token: str, settings: Settings, *, origin: str | None, now: datetime) -> Author:
    """The author whom a site's *token* names, good on that site alone.

    *origin* is the page that sent it, where the browser told: it must be the site itself.
    Refuses with 401 ``token_invalid``.
    """
    claims = _claims(token, settings)
    site = claims["aud"]
    if origin not in (None, site) or not _is_timely(claims, int(now.timestamp())):
        raise CommentsError("token_invalid")
    return _author(claims, site)


def _claims(token: str, settings: Settings) -> dict[str, Any]:
    """What *token* says, once a secret of the site that it names has been found under it."""
    if len(token) > MOST_CHARACTERS or not settings.sso_secrets:
        raise CommentsError("token_invalid")
    # why: an extra; without it nobody has a secret and no token comes this far
    import jwt

    try:
        # Nothing of this is believed: it only says under which secrets to look.
        said = jwt.decode(token, options={"verify_signature": False, "verify_aud": False})
        for site, secret in settings.sso_secrets:
            # While a site's secret is being changed, it has two.
            if said["aud"] == site:
                with suppress(jwt.InvalidSignatureError):
                    return _signed(token, site, secret)
    except (jwt.InvalidTokenError, KeyError, ValueError, RecursionError):
        pass
    raise CommentsError("token_invalid")


def _signed(token: str, site: str, secret: str) -> dict[str, Any]:
    # why: as above
    import jwt

    # Times are checked by us, with the clock that the rest of the request goes by.
    options: Any = {
        "require": ["aud", "exp", "sub", "name"],
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "strict_aud": True,
    }
    return jwt.decode(token, secret, algorithms=[_ALGORITHM], audience=site, options=options)


def _is_timely(claims: Mapping[str, Any], now: int) -> bool:
    times = [claims["exp"], claims.get("nbf", 0), claims.get("iat", 0)]
    # In JSON true is no number, but it is one in Python; and Python reads NaN and Infinity.
    if not all(type(time) in (int, float) and 0 <= time < _END_OF_TIME for time in times):
        return False
    ends, begins, made = times
    has_begun = max(begins, made) <= now + LEEWAY
    is_over = ends + LEEWAY <= now
    return has_begun and not is_over and bool(ends <= now + LONGEST_LIFE + LEEWAY)


def _author(claims: Mapping[str, Any], site: str) -> Author:
    subject, name, avatar = claims["sub"], claims["name"], claims.get("avatar")
    named = isinstance(name, str) and text.clean_name(name, NAME_LENGTH)
    if not named or not isinstance(subject, str) or not 0 < len(subject) <= _SUBJECT_LENGTH:
        raise CommentsError("token_invalid")
    if avatar is not None and not isinstance(avatar, str):
        raise CommentsError("token_invalid")
    identity = Identity(
        id=f"{_kept_host(site)}:{_kept(subject)}",
        name=name,
        avatar=_on(site, avatar),
        is_moderator=claims.get("moderator") is True,
    )
    author = from_identity(identity, realm="sso")
    return replace(author, sites=frozenset({site}))


def _kept(subject: str) -> str:
    """*subject* as part of an author's id; what is not plain becomes a hash."""
    if _PLAIN_SUBJECT.fullmatch(subject):
        return subject
    return _hashed(subject)


def _kept_host(site: str) -> str:
    # An author's id has 200 characters in all.
    host = urlsplit(site).netloc
    return host if len(host) <= _HOST_LENGTH else _hashed(host)


def _hashed(value: str) -> str:
    return "~" + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _on(site: str, avatar: str | None) -> str | None:
    """A picture whose address has no host lies on the site."""
    return site + avatar if avatar and re.match(r"/(?![/\\])", avatar) else avatar

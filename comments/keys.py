"""One secret, one derived key per purpose.

Every token, badge and hashed address is computed with a key that is good for that purpose
only, so that what one answer shows can never be used as another thing. Rotation works by
fallbacks: a new secret signs, the old ones still open.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

Purpose = Literal[
    "guest",
    "cursor",
    "badge",
    "address",
    "idempotency",
    "email",
    "work",
    "link",
    "data",
    "journey",
    "subscriber",
    "message",
    "queue_mail",
    "feed",
    "confirm",
]

_MAC_BYTES = 16  # 128 bits: forging needs an online guess for each try
_DOMAIN = b"flask-comments/1/"


@lru_cache(maxsize=64)
def _derive(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, _DOMAIN + purpose.encode(), "sha256")


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes | None:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (NotBase64, UnicodeEncodeError, ValueError):
        return None


class Keys:
    """Signs and hashes for one app. *fallbacks* are earlier secrets, newest first."""

    def __init__(self, secret: str | bytes, fallbacks: Sequence[str | bytes] = ()) -> None:
        self._secrets = [s.encode() if isinstance(s, str) else s for s in (secret, *fallbacks)]

    def digest(self, purpose: Purpose, value: str) -> str:
        """A keyed hash of *value*: 64 hex characters, worthless without the secret."""
        return self._mac(self._secrets[0], purpose, value.encode("utf-8", "surrogatepass")).hex()

    def seal(self, purpose: Purpose, payload: bytes) -> str:
        """*payload* with its signature, as URL-safe text. Readable by anyone, made by us."""
        mac = self._mac(self._secrets[0], purpose, payload)[:_MAC_BYTES]
        return _encode(mac + payload)

    def open(self, purpose: Purpose, token: str) -> bytes | None:
        """The payload of a token sealed for *purpose*, or ``None`` when it was not made here."""
        raw = _decode(token)
        if raw is None or len(raw) < _MAC_BYTES or _encode(raw) != token:
            return None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        for secret in self._secrets:
            if hmac.compare_digest(self._mac(secret, purpose, payload)[:_MAC_BYTES], mac):
                return payload
        return None

    def _mac(self, secret: bytes, purpose: Purpose, value: bytes) -> bytes:
        return hmac.digest(_derive(secret, purpose), value, "sha256")

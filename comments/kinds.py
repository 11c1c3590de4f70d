"""What a setting can be: how each kind is read, and the words for what would be right."""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import parseaddr
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from limits import parse_many

#: What a webhook can be told of.
EVENTS = ("published", "pending", "reported")
#: As the column holds it that keeps where a message goes.
_LONGEST_URL = 2000
_SECRET_BYTES = range(24, 65)


class Webhook(NamedTuple):
    """Who is told of which :data:`EVENTS`. The first key signs, and so do those after it: what
    is replaced stays good until the receiver knows the new one."""

    url: str
    keys: tuple[bytes, ...]
    events: frozenset[str]


class Kind(NamedTuple):
    """How a value is read, and the words for what would be right."""

    parse: Callable[[Any], Any]
    expected: str


def whole(low: int, high: int) -> Kind:
    def parse(value: Any) -> int:
        digits = str(value).strip()
        # int() would take "1_000" and other alphabets' digits as well.
        if not re.fullmatch("[0-9]+", digits) or not low <= int(digits) <= high:
            raise ValueError
        return int(digits)

    return Kind(parse, f"a whole number from {low} to {high}")


def one_of(*choices: str) -> Kind:
    def parse(value: Any) -> str:
        word = str(value).strip().lower()
        if word not in choices:
            raise ValueError
        return word

    return Kind(parse, "one of " + ", ".join(choices))


def _parse_text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _parse_list(value: Any) -> tuple[str, ...]:
    words: Iterable[Any] = re.split(r"[\s,]+", value) if isinstance(value, str) else value
    return tuple(_parse_text(word) for word in words if word != "")


def parse_origin(value: str) -> str:
    """*value* as an exact web origin (``https://blog.example``, no path), or ``ValueError``."""
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(value)
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError(value)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _parse_base_url(value: Any) -> str:
    parts = urlsplit(_parse_text(value))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError
    return parts.geturl().rstrip("/")


def _parse_limit(value: Any) -> str:
    parse_many(_parse_text(value))
    return str(value).strip()


def _parse_names(value: Any) -> tuple[str, ...]:
    names: Iterable[Any] = value.split(",") if isinstance(value, str) else value
    return tuple(_parse_text(name) for name in names)


def _parse_site_secrets(value: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(value, Mapping):
        value = value.items()
    given = _pairs(value) if isinstance(value, str) else value
    pairs = tuple((parse_origin(site), _parse_text(secret)) for site, secret in given)
    if any(len(secret) < 32 for _, secret in pairs):
        raise ValueError
    return pairs


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    for pair in _parse_list(value):
        site, equals, secret = pair.partition("=")
        if not equals:
            raise ValueError
        yield site, secret


def _parse_client(value: Any) -> tuple[str, str]:
    given = _parse_text(value).partition(":")[::2] if isinstance(value, str) else value
    name, secret = map(_parse_text, given)
    return name, secret


def _parse_issuers(value: Any) -> tuple[tuple[str, str, str, str], ...]:
    given = value
    if isinstance(value, str):
        given = [line.split(maxsplit=3) for line in value.split(";") if line.strip()]
    found = []
    for issuer, client_id, secret, *label in given:
        host = urlsplit(issuer).hostname or ""
        if not issuer.startswith(("https://", "http://")) or not host:
            raise ValueError
        found.append((issuer.rstrip("/"), client_id, secret, label[0] if label else host))
    return tuple(found)


def _parse_webhooks(value: Any) -> tuple[Webhook, ...]:
    given = value
    if isinstance(value, str):
        given = [line for line in value.split(";") if line.strip()]
    found = [line if isinstance(line, Webhook) else _webhook(_parse_text(line)) for line in given]
    if len({hook.url for hook in found}) < len(found):
        raise ValueError
    return tuple(found)


def _webhook(line: str) -> Webhook:
    url, secrets, *words = line.split()
    parts = urlsplit(url)
    fits = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    if not fits or parts.username is not None or parts.fragment or len(url) > _LONGEST_URL:
        raise ValueError
    events = frozenset(_parse_list(" ".join(words).lower()))
    if not events <= set(EVENTS):
        raise ValueError
    keys = tuple(_webhook_key(secret) for secret in secrets.split(","))
    return Webhook(url, keys, events or frozenset(EVENTS))


def _webhook_key(secret: str) -> bytes:
    """As the Standard Webhooks specification writes it."""
    prefix, marked, encoded = secret.rpartition("whsec_")
    key = b64decode(encoded, validate=True)
    if prefix or not marked or len(key) not in _SECRET_BYTES:
        raise ValueError
    return key


def _parse_addresses(value: Any) -> tuple[str, ...]:
    found = tuple(word.lower() for word in _parse_list(value))
    if any("@" not in parseaddr(word)[1] or parseaddr(word)[1] != word for word in found):
        raise ValueError
    return found


def _parse_smtp(value: Any) -> str:
    uri = _parse_text(value)
    parts = urlsplit(uri)
    # Reading the port is what finds one that is no number.
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.port == 0:
        raise ValueError
    return uri


def _parse_sender(value: Any) -> str:
    sender = _parse_text(value)
    if "@" not in parseaddr(sender)[1] or not sender.isprintable():
        raise ValueError
    return sender


TEXT = Kind(_parse_text, "a text that is not empty")
WORDS = Kind(_parse_list, "a list, or words separated by commas")
NAMES = Kind(_parse_names, "names separated by commas")
ORIGINS = Kind(
    lambda value: tuple(parse_origin(word) for word in _parse_list(value)),
    "exact origins such as https://blog.example, separated by commas",
)
BASE_URL = Kind(_parse_base_url, "an address such as https://comments.example/comments")
LIMIT = Kind(_parse_limit, "limits such as '5 per minute; 50 per hour'")
SITE_SECRETS = Kind(
    _parse_site_secrets, "pairs such as https://blog.example=SECRET with 32 characters or more"
)
CLIENT = Kind(_parse_client, "an id and a secret joined by a colon")
ISSUERS = Kind(_parse_issuers, "issuers such as https://id.example CLIENT SECRET Our staff")
SMTP = Kind(_parse_smtp, "a mail server such as smtp://user:password@mail.example:587")
ADDRESSES = Kind(_parse_addresses, "addresses such as mod@example.org, separated by commas")
WEBHOOKS = Kind(
    _parse_webhooks,
    "receivers such as https://hooks.example/in whsec_BASE64 published,pending, "
    "separated by semicolons; the secret is whsec_ and 24 to 64 bytes in base64",
)
SENDER = Kind(_parse_sender, "an address such as Comments <comments@example.org>")
DATABASE = Kind(_parse_text, "a database address such as postgresql+psycopg://host/name")

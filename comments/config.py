"""Every setting: its key, type, default and one line of help, in one table.

A host writes ``COMMENTS_*`` keys into its Flask config; the service reads the same names from
the environment. The table is the dataclass below; ``flask comments config`` and
``docs/configuration.md`` are printed from it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from email.utils import parseaddr
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from limits import parse_many

from comments.errors import ConfigError

PREFIX = "COMMENTS_"


class _Kind(NamedTuple):
    """How a value is read, and the words for what would be right."""

    parse: Callable[[Any], Any]
    expected: str


def _setting(default: Any, kind: _Kind, about: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"kind": kind, "help": about, "secret": secret})


def _whole(low: int, high: int) -> _Kind:
    def parse(value: Any) -> int:
        digits = str(value).strip()
        # int() would take "1_000" and other alphabets' digits as well.
        if not re.fullmatch("[0-9]+", digits) or not low <= int(digits) <= high:
            raise ValueError
        return int(digits)

    return _Kind(parse, f"a whole number from {low} to {high}")


def _one_of(*choices: str) -> _Kind:
    def parse(value: Any) -> str:
        word = str(value).strip().lower()
        if word not in choices:
            raise ValueError
        return word

    return _Kind(parse, "one of " + ", ".join(choices))


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


_text = _Kind(_parse_text, "a text that is not empty")
_words = _Kind(_parse_list, "a list, or words separated by commas")
_names = _Kind(_parse_names, "names separated by commas")
_origins = _Kind(
    lambda value: tuple(parse_origin(word) for word in _parse_list(value)),
    "exact origins such as https://blog.example, separated by commas",
)
_base_url = _Kind(_parse_base_url, "an address such as https://comments.example/comments")
_limit = _Kind(_parse_limit, "limits such as '5 per minute; 50 per hour'")
_site_secrets = _Kind(
    _parse_site_secrets, "pairs such as https://blog.example=SECRET with 32 characters or more"
)
_client = _Kind(_parse_client, "an id and a secret joined by a colon")
_issuers = _Kind(_parse_issuers, "issuers such as https://id.example CLIENT SECRET Our staff")
_smtp = _Kind(_parse_smtp, "a mail server such as smtp://user:password@mail.example:587")
_sender = _Kind(_parse_sender, "an address such as Comments <comments@example.org>")
_database = _Kind(_parse_text, "a database address such as postgresql+psycopg://host/name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an owner can choose. Attribute ``hold`` is the key ``COMMENTS_HOLD``, and so on."""

    database_uri: str | None = _setting(
        None,
        _database,
        "Where the service keeps its data (default: SQLite in the instance folder). "
        "A plugin uses the host's database.",
        secret=True,
    )
    secret_key: str | None = _setting(
        None,
        _text,
        "Signs tokens and keys hashes. The service makes one once and keeps it in the instance "
        "folder; a plugin uses the host's SECRET_KEY.",
        secret=True,
    )
    secret_key_fallbacks: tuple[str, ...] = _setting(
        (), _words, "Earlier secrets that still open what they signed.", secret=True
    )
    redis_uri: str | None = _setting(
        None, _text, "Redis for rate limits shared by several machines.", secret=True
    )
    origins: tuple[str, ...] = _setting(
        (), _origins, "Sites that may embed, exact origins (default: same origin only)."
    )
    hosts: tuple[str, ...] = _setting(
        (),
        _words,
        "Host names the service answers for (default: this machine's loopback names). "
        "A name that starts with a dot takes its subdomains too.",
    )
    url: str | None = _setting(
        None,
        _base_url,
        "The public address under which the comments are mounted; with it, addresses in answers "
        "are absolute.",
    )
    rate_limits: str = _setting("on", _one_of("on", "off"), "`off` only for load tests.")
    guest_limit: str = _setting(
        "5 per minute; 50 per hour", _limit, "Comments of one guest network address."
    )
    member_limit: str = _setting(
        "20 per minute; 300 per hour", _limit, "Comments of one signed-in reader."
    )
    guest_votes_per_address: int = _setting(
        5,
        _whole(1, 10_000),
        "Guests behind one network address whose votes on one comment count. Not switched off by "
        "COMMENTS_RATE_LIMITS.",
    )
    hold: str = _setting(
        "first",
        _one_of("none", "links", "first", "all"),
        "What waits for a moderator: nothing, comments with links, a guest's first, or all.",
    )
    edit_minutes: int = _setting(
        15, _whole(0, 525_600), "How many minutes authors may edit or delete."
    )
    max_length: int = _setting(10_000, _whole(1, 100_000), "Characters of one comment.")
    trusted_proxies: int = _setting(
        0, _whole(0, 16), "How many X-Forwarded-For hops to believe, counted from the right."
    )
    reserved_names: tuple[str, ...] = _setting(
        ("admin", "administrator", "moderator", "staff"),
        _names,
        "Names no guest may use, look-alikes included.",
    )
    proof_of_work: str = _setting(
        "on",
        _one_of("on", "off"),
        "A small sum that a guest's browser does unseen while they type. A comment without it "
        "waits, unless COMMENTS_HOLD is `none` and nobody attacks.",
    )
    max_links: int = _setting(
        10, _whole(0, 1000), "Links in one comment beyond which it waits for a moderator."
    )
    reports_to_hold: int = _setting(
        3,
        _whole(0, 1000),
        "Readers who must report a published comment before it waits for a moderator; "
        "0 leaves it in place whoever reports.",
    )
    keep_rejected_days: int = _setting(
        30,
        _whole(1, 3650),
        "Days for which a rejected, spam or deleted comment can be rescued; then its text goes.",
    )
    close_days: int = _setting(
        0,
        _whole(0, 36_500),
        "Days after its first comment at which a thread closes by itself; 0 for never.",
    )
    sso_secrets: tuple[tuple[str, str], ...] = _setting(
        (),
        _site_secrets,
        "Sites that sign their readers in by a JWT: origin=secret, separated by commas; a secret "
        "has at least 32 characters.",
        secret=True,
    )
    github: tuple[str, str] | None = _setting(
        None, _client, "Sign-in with GitHub: the OAuth app's id:secret.", secret=True
    )
    google: tuple[str, str] | None = _setting(
        None, _client, "Sign-in with Google: the OAuth client's id:secret.", secret=True
    )
    oidc: tuple[tuple[str, str, str, str], ...] = _setting(
        (),
        _issuers,
        "Sign-in with OpenID issuers: `issuer id secret label`, several separated by semicolons.",
        secret=True,
    )
    default_sort: str = _setting(
        "oldest",
        _one_of("oldest", "newest", "most_voted"),
        "The order of a thread when the reader chose none.",
    )
    bubble: str = _setting(
        "end",
        _one_of("off", "start", "end"),
        "The corner of the small button that tells what is new; `off` for none, and then pages "
        "do not ask for it while they are open.",
    )
    invitation: str | None = _setting(
        None,
        _text,
        "What the button says where nobody has written yet (default: a sentence in the reader's "
        "language); `off` for nothing.",
    )
    language: str = _setting("en", _text, "The language of pages whose address names none.")
    cache_bytes: int = _setting(
        64 * 1024 * 1024,
        _whole(0, 2**40),
        "Memory of each process for ready pages, in bytes; 0 turns the page cache off.",
    )
    public_max_age: int = _setting(
        5, _whole(0, 86_400), "Seconds a CDN may keep a public answer (s-maxage)."
    )
    public_stale: int = _setting(
        60, _whole(0, 86_400), "Seconds a CDN may show it while it asks again."
    )
    smtp_uri: str | None = _setting(
        None,
        _smtp,
        "smtp://user:pass@host:587. Without it nothing is mailed and no e-mail is asked for.",
        secret=True,
    )
    mail_from: str | None = _setting(None, _sender, "The sender of mail.")

    @classmethod
    def load(cls, source: Mapping[str, Any]) -> "Settings":
        """Read ``COMMENTS_*`` keys of *source* (a Flask config or the environment).

        Empty values count as not given, since an environment cannot unset a key.
        Raises :class:`ConfigError` with the key, the value and what would be right.
        """
        values = {}
        for row in table():
            given = source.get(row.key)
            if given is None or given == "":
                continue
            values[row.name] = _read(row, given)
        return cls(**values)


class Row(NamedTuple):
    """One line of the settings table."""

    name: str
    key: str
    default: Any
    help: str
    expected: str
    secret: bool
    parse: Callable[[Any], Any]


def table() -> Iterator[Row]:
    """Every setting, in the order of the docs."""
    for f in fields(Settings):
        kind: _Kind = f.metadata["kind"]
        assert f.default is not MISSING
        yield Row(
            name=f.name,
            key=PREFIX + f.name.upper(),
            default=f.default,
            help=f.metadata["help"],
            expected=kind.expected,
            secret=f.metadata["secret"],
            parse=kind.parse,
        )


def unknown_keys(source: Mapping[str, Any], also_known: Iterable[str] = ()) -> Iterator[str]:
    """A sentence for each ``COMMENTS_*`` key of *source* that means nothing here."""
    names = [row.key.removeprefix(PREFIX) for row in table()]
    known = {*(PREFIX + name for name in names), *also_known}
    for key in sorted(source):
        if not key.startswith(PREFIX) or key in known:
            continue
        # Without the prefix: it alone makes any two keys alike.
        close = get_close_matches(key.removeprefix(PREFIX), names, n=1)
        hint = f" Did you mean {PREFIX}{close[0]}?" if close else ""
        yield f"{key} is not a setting of Flask-Comments.{hint}"


def _read(row: Row, given: Any) -> Any:
    try:
        return row.parse(given)
    except (ValueError, TypeError) as wrong:
        # A secret never reaches a terminal or a log, not even a wrong one.
        shown = "(not shown)" if row.secret else repr(given)
        raise ConfigError(f"{row.key} is {shown}; it must be {row.expected}.") from wrong

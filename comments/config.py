"""Every setting: its key, type, default and one line of help, in one table.

A host writes ``COMMENTS_*`` keys into its Flask config; the service reads the same names from
the environment. The table is the dataclass below; ``flask comments config`` and
``docs/configuration.md`` are printed from it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, NamedTuple

from comments import kinds
from comments.errors import ConfigError
from comments.kinds import Kind

PREFIX = "COMMENTS_"


def _setting(default: Any, kind: Kind, about: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"kind": kind, "help": about, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an owner can choose. Attribute ``hold`` is the key ``COMMENTS_HOLD``, and so on."""

    database_uri: str | None = _setting(
        None,
        kinds.DATABASE,
        "Where the service keeps its data (default: SQLite in the instance folder). "
        "A plugin uses the host's database.",
        secret=True,
    )
    database_read_uri: str | None = _setting(
        None,
        kinds.DATABASE,
        "A PostgreSQL replica (streaming replication) that answers the readers; it may lag. What "
        "is written, and what a writer or a moderator sees of their own, is the primary's.",
        secret=True,
    )
    secret_key: str | None = _setting(
        None,
        kinds.TEXT,
        "Signs tokens and keys hashes. The service makes one once and keeps it in the instance "
        "folder; a plugin uses the host's SECRET_KEY.",
        secret=True,
    )
    secret_key_fallbacks: tuple[str, ...] = _setting(
        (), kinds.WORDS, "Earlier secrets that still open what they signed.", secret=True
    )
    redis_uri: str | None = _setting(
        None, kinds.TEXT, "Redis for rate limits shared by several machines.", secret=True
    )
    origins: tuple[str, ...] = _setting(
        (), kinds.ORIGINS, "Sites that may embed, exact origins (default: same origin only)."
    )
    hosts: tuple[str, ...] = _setting(
        (),
        kinds.WORDS,
        "Host names the service answers for (default: this machine's loopback names). "
        "A name that starts with a dot takes its subdomains too.",
    )
    url: str | None = _setting(
        None,
        kinds.BASE_URL,
        "The public address under which the comments are mounted, such as "
        "https://comments.example/comments; with it, addresses in answers are absolute.",
    )
    rate_limits: str = _setting("on", kinds.one_of("on", "off"), "`off` only for load tests.")
    guest_limit: str = _setting(
        "5 per minute; 50 per hour", kinds.LIMIT, "Comments of one guest network address."
    )
    member_limit: str = _setting(
        "20 per minute; 300 per hour", kinds.LIMIT, "Comments of one signed-in reader."
    )
    guest_votes_per_address: int = _setting(
        5,
        kinds.whole(1, 10_000),
        "Guests behind one network address whose votes on one comment count. Not switched off by "
        "COMMENTS_RATE_LIMITS.",
    )
    hold: str = _setting(
        "first",
        kinds.one_of("none", "links", "first", "all"),
        "What waits for a moderator: nothing, comments with links, a guest's first, or all.",
    )
    edit_minutes: int = _setting(
        15, kinds.whole(0, 525_600), "How many minutes authors may edit or delete."
    )
    max_length: int = _setting(10_000, kinds.whole(1, 100_000), "Characters of one comment.")
    trusted_proxies: int = _setting(
        0, kinds.whole(0, 16), "How many X-Forwarded-For hops to believe, counted from the right."
    )
    reserved_names: tuple[str, ...] = _setting(
        ("admin", "administrator", "moderator", "staff"),
        kinds.NAMES,
        "Names no guest may use, look-alikes included.",
    )
    proof_of_work: str = _setting(
        "on",
        kinds.one_of("on", "off"),
        "A small sum that a guest's browser does unseen while they type. A comment without it "
        "waits, unless COMMENTS_HOLD is `none` and nobody attacks.",
    )
    max_links: int = _setting(
        10, kinds.whole(0, 1000), "Links in one comment beyond which it waits for a moderator."
    )
    reports_to_hold: int = _setting(
        3,
        kinds.whole(0, 1000),
        "Readers who must report a published comment before it waits for a moderator; "
        "0 leaves it in place whoever reports.",
    )
    keep_rejected_days: int = _setting(
        30,
        kinds.whole(1, 3650),
        "Days for which a rejected, spam or deleted comment can be rescued; then its text goes.",
    )
    close_days: int = _setting(
        0,
        kinds.whole(0, 36_500),
        "Days after its first comment at which a thread closes by itself; 0 for never.",
    )
    sso_secrets: tuple[tuple[str, str], ...] = _setting(
        (),
        kinds.SITE_SECRETS,
        "Sites that sign their readers in by a JWT: origin=secret, separated by commas; a secret "
        "has at least 32 characters.",
        secret=True,
    )
    github: tuple[str, str] | None = _setting(
        None, kinds.CLIENT, "Sign-in with GitHub: the OAuth app's id:secret.", secret=True
    )
    google: tuple[str, str] | None = _setting(
        None, kinds.CLIENT, "Sign-in with Google: the OAuth client's id:secret.", secret=True
    )
    oidc: tuple[tuple[str, str, str, str], ...] = _setting(
        (),
        kinds.ISSUERS,
        "Sign-in with OpenID issuers: `issuer id secret label`, several separated by semicolons.",
        secret=True,
    )
    default_sort: str = _setting(
        "oldest",
        kinds.one_of("oldest", "newest", "most_voted"),
        "The order of a thread when the reader chose none.",
    )
    bubble: str = _setting(
        "end",
        kinds.one_of("off", "start", "end"),
        "The corner of the small button that tells what is new; `off` for none, and then pages "
        "do not ask for it while they are open.",
    )
    invitation: str | None = _setting(
        None,
        kinds.TEXT,
        "What the button says where nobody has written yet (default: a sentence in the reader's "
        "language); `off` for nothing.",
    )
    language: str = _setting("en", kinds.TEXT, "The language of pages whose address names none.")
    cache_bytes: int = _setting(
        24 * 1024 * 1024,
        kinds.whole(0, 2**40),
        "Memory of each process for ready pages, in bytes; 0 turns the page cache off.",
    )
    at_once: int = _setting(
        0,
        kinds.whole(0, 1000),
        "Requests that one process works on at once, ready pages aside; twice as many wait, the "
        "rest is refused with 503. 0 for no bound; the service has 8 unless told.",
    )
    patience: int = _setting(
        2,
        kinds.whole(0, 60),
        "Seconds for which a request waits for its turn before it is refused.",
    )
    public_max_age: int = _setting(
        5,
        kinds.whole(0, 86_400),
        "Seconds a CDN may keep a public answer (s-maxage), and the age of a score in a storm of "
        "votes.",
    )
    public_stale: int = _setting(
        60, kinds.whole(0, 86_400), "Seconds a CDN may show it while it asks again."
    )
    smtp_uri: str | None = _setting(
        None,
        kinds.SMTP,
        "smtp://user:pass@host:587. Without it nothing is mailed and no e-mail is asked for.",
        secret=True,
    )
    mail_from: str | None = _setting(None, kinds.SENDER, "The sender of mail.")
    mail_wait: int = _setting(
        60,
        kinds.whole(0, 3600),
        "Seconds for which new comments are gathered, so that a burst of them becomes one mail to "
        "each who asked to be told at once.",
    )
    moderators_mail: tuple[str, ...] = _setting(
        (),
        kinds.ADDRESSES,
        "Addresses that are mailed once an hour what waits for a moderator, beside those who ask "
        "for it themselves; needs COMMENTS_URL.",
    )
    webhooks: tuple[kinds.Webhook, ...] = _setting(
        (),
        kinds.WEBHOOKS,
        "Programs that are told of comments: URL SECRET and the events (published, pending, "
        "reported), several separated by semicolons.",
        secret=True,
    )

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
        kind: Kind = f.metadata["kind"]
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

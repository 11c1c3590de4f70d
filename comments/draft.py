"""What a visitor sends, checked field by field.

One constructor for each kind of input. It names every wrong field at once, ignores what it
does not know, and cannot carry a field that only the server decides.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from comments import text, threads
from comments.anchors import Anchor
from comments.config import Settings
from comments.errors import CommentsError, Message, say
from comments.kinds import parse_origin
from comments.models import EMAIL_LENGTH, NAME_LENGTH, URL_LENGTH, Pace

MOST_QUOTES = 20
NOTIFY = ("none", "replies", "all")
#: With a comment also: what is below that comment alone.
NOTIFY_OF_COMMENT = "comment"
REPORT_NOTE_LENGTH = 1000
TITLE_LENGTH = 300
#: How soon a reader may be mailed; moderators' mail knows more.
PACES = (Pace.IMMEDIATE, Pace.HOURLY, Pace.DAILY)
#: A field that people do not see: programs that fill in whatever they find give themselves away.
#: No browser completes a field of this name.
TRAP = "subject"
MOST_CHALLENGE = 200
MOST_NONCE = 40

# Quotes inside quotes, as they open a line: "> > > text".
_QUOTES = re.compile(rf"^[ \t]*(?:>[ \t]*){{{MOST_QUOTES + 1}}}", re.MULTILINE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
# One @ with something around it; whether the mailbox exists is found out by mailing it.
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}@[^\s@<>\"(),:;\[\]\\]{1,190}\.[^\s@.]{2,60}")
# Left out of every mail's head (``notify.clean_header``).
_ENCODED = re.compile(r"=\?|\?=")

Errors = dict[str, Message]


class Work(NamedTuple):
    """What a browser says it has computed for a comment (``screening.work``)."""

    challenge: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A comment as it was written, before the server has decided anything."""

    thread_key: str
    body: str
    thread_url: str | None = None
    thread_title: str | None = None
    parent: int | None = None
    name: str = ""
    website: str | None = None
    #: In lower case; what is kept of it is a keyed hash.
    email: str | None = None
    #: The site it was sent from, by the browser's word for where its page stands.
    site: str | None = None
    #: The passage of the article it is about.
    anchor: Anchor | None = None
    # How it was sent is no part of what was written: the same comment sent again is the same.
    work: Work | None = field(default=None, repr=False)
    trapped: bool = field(default=False, repr=False)
    #: What its author wants to be mailed from now on.
    notify: str = field(default="none", repr=False)

    @classmethod
    def read(
        cls,
        fields: Mapping[str, Any],
        settings: Settings,
        *,
        own_origin: str,
        own_is_known: bool = True,
        signed_in: bool,
        site: str | None = None,
    ) -> "Draft":
        """The draft in *fields*; 422 naming each wrong one.

        *own_origin* is where the server itself is reached: an article's address counts only
        when it lies there or on a site that may embed. Unless *own_is_known*, that is no more
        than the caller's word, and only the path is kept.
        """
        errors: Errors = {}
        key, url, title = _thread(fields.get("thread"), settings, own_origin, errors)
        if url and not own_is_known:
            url = _without_origin(url, own_origin)
        draft = cls(
            thread_key=key,
            thread_url=url,
            thread_title=title,
            body=_body(fields.get("body"), settings, errors),
            parent=_number("parent", fields.get("parent"), errors),
            name="" if signed_in else _name(fields.get("name"), errors),
            website=None if signed_in else _website(fields.get("website"), errors),
            email=_email(fields.get("email"), errors),
            site=site,
            anchor=_anchor(fields, errors),
            work=_work(fields.get("work"), errors),
            trapped=bool(fields.get(TRAP)),
            notify=_choice("notify", fields.get("notify"), (*NOTIFY, NOTIFY_OF_COMMENT), errors),
        )
        if errors:
            raise CommentsError("invalid", errors=errors)
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class MailOrder:
    """What somebody wants to be mailed, without writing a comment."""

    thread_key: str
    notify: str
    #: In lower case; only who ends what they asked for can leave it out.
    email: str | None = field(default=None, repr=False)
    #: The comment that is followed, instead of the thread.
    comment: int | None = None
    pace: Pace | None = None

    @classmethod
    def read(cls, fields: Mapping[str, Any], *, known_email: str | None) -> "MailOrder":
        """The order in *fields*; 422 naming each wrong one. *known_email* is the caller's."""
        errors: Errors = {}
        key = _key(fields.get("thread"), errors)
        notify = _choice("notify", fields.get("notify"), NOTIFY, errors, needed=True)
        order = cls(
            thread_key=key,
            notify=notify,
            email=_email(fields.get("email"), errors)
            or (known_email if notify != "none" else None),
            comment=_number("comment", fields.get("comment"), errors),
            pace=_pace(fields.get("pace"), errors),
        )
        if order.email is None and notify != "none":
            errors.setdefault("email", say("Tell us where to mail it."))
        if errors:
            raise CommentsError("invalid", errors=errors)
        return order


def read_body(fields: Mapping[str, Any], settings: Settings) -> str:
    """The text of an edit or a preview; 422 when it cannot be one."""
    errors: Errors = {}
    body = _body(fields.get("body"), settings, errors)
    if errors:
        raise CommentsError("invalid", errors=errors)
    return body


def read_vote(fields: Mapping[str, Any]) -> int:
    """1, 0 or -1; anything else is 422."""
    value = fields.get("value")
    # True == 1 in Python, and a client that sends it has a mistake worth telling.
    if isinstance(value, bool) or value not in (1, 0, -1):
        wrong = say("A vote is 1, 0 or -1.")
        raise CommentsError("invalid", errors={"value": wrong})
    return int(value)


def read_report(fields: Mapping[str, Any], reasons: tuple[str, ...]) -> tuple[str, str]:
    """The reason and the note of a report; 422 naming each wrong field."""
    errors: Errors = {}
    reason = fields.get("reason")
    if reason not in reasons:
        errors["reason"] = say("A reason is one of %(choices)s.", choices=", ".join(reasons))
    note = _plain("note", fields.get("note"), REPORT_NOTE_LENGTH, errors)
    if errors:
        raise CommentsError("invalid", errors=errors)
    return str(reason), note


# ── field by field ───────────────────────────────────────────────────────────────────────


def _thread(
    value: Any, settings: Settings, own_origin: str, errors: Errors
) -> tuple[str, str | None, str | None]:
    facts: Mapping[str, Any] = value if isinstance(value, Mapping) else {"key": value}
    key = _key(facts, errors)
    url = _article_url(facts.get("url"), settings, own_origin)
    title = text.clean_name(facts["title"], TITLE_LENGTH) if _is_text(facts.get("title")) else None
    return key, url, title or None


def _key(value: Any, errors: Errors) -> str:
    try:
        return threads.check_key(value.get("key") if isinstance(value, Mapping) else value)
    except CommentsError as wrong:
        errors.update(wrong.errors)
        return ""


def _article_url(value: Any, settings: Settings, own_origin: str) -> str | None:
    """The article's address, if it lies on a site of ours; an unknown site's is left out.

    It becomes a link in feeds and mails, so a stranger must not choose where it leads.
    """
    if not _is_text(value) or len(value) > URL_LENGTH or not value.isprintable():
        return None
    # Browsers take it for a slash: behind the first one, another site would begin.
    if "\\" in value:
        return None
    try:
        parts = urlsplit(value)
        origin = parse_origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return None
    if origin != own_origin and origin not in settings.origins:
        return None
    return str(parts._replace(fragment="").geturl())


def _without_origin(url: str, own_origin: str) -> str:
    """An address on our own origin, however that is spelled, as a path; ``//elsewhere`` would be
    no path."""
    parts = urlsplit(url)
    if parse_origin(f"{parts.scheme}://{parts.netloc}") != own_origin:
        return url
    return str(parts._replace(scheme="", netloc="", path="/" + parts.path.lstrip("/")).geturl())


def _body(value: Any, settings: Settings, errors: Errors) -> str:
    if not _is_text(value) or not value.strip():
        errors["body"] = say("Write something first.")
        return ""
    if len(value) > settings.max_length:
        errors["body"] = say(
            "That is %(length)s characters; a comment has at most %(most)s.",
            length=len(value),
            most=settings.max_length,
        )
        return ""
    if "\0" in value:
        errors["body"] = say("The text has a character that cannot be kept.")
        return ""
    if _QUOTES.search(value):
        errors["body"] = say("Quotes can be nested %(most)s deep at most.", most=MOST_QUOTES)
        return ""
    try:
        return text.clean_source(value)
    except ValueError:
        errors["body"] = say("The text has a character that cannot be kept.")
        return ""


def _name(value: Any, errors: Errors) -> str:
    name = _plain("name", value, NAME_LENGTH, errors)
    if "name" in errors:
        return ""
    cleaned = text.clean_name(name, NAME_LENGTH)
    if not cleaned:
        errors["name"] = say("Tell us your name.")
    return cleaned


def _plain(field: str, value: Any, most: int, errors: Errors) -> str:
    """An optional line of text, without what no database or page can hold."""
    if value is None:
        return ""
    if not _is_text(value) or "\0" in value:
        errors[field] = say("This has to be plain text.")
        return ""
    if len(value) > most:
        errors[field] = say("At most %(most)s characters.", most=most)
        return ""
    return str(value).strip()


def _website(value: Any, errors: Errors) -> str | None:
    if value is None or value == "":
        return None
    site = _plain("website", value, URL_LENGTH, errors)
    if "website" in errors or not site:
        return None
    address = site if _SCHEME.match(site) else f"https://{site}"
    safe = text.safe_url(address, schemes=("http", "https"))
    # In its safe form one letter may have become six.
    if safe is None or len(safe) > URL_LENGTH:
        errors["website"] = say("That is not a web address.")
        return None
    return safe


def _number(field: str, value: Any, errors: Errors) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        errors[field] = say("This is a comment's number.")
        return None
    return value


def _anchor(fields: Mapping[str, Any], errors: Errors) -> Anchor | None:
    if fields.get("anchor") is None:
        return None
    if fields.get("parent") is not None:
        errors["anchor"] = say("A reply is about the comment it answers.")
        return None
    try:
        return Anchor.read(fields["anchor"])
    except CommentsError as wrong:
        errors.update(wrong.errors)
        return None


def _work(value: Any, errors: Errors) -> Work | None:
    if value is None:
        return None
    facts: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    challenge: Any = facts.get("challenge")
    nonce: Any = facts.get("nonce")
    shaped = _is_text(challenge) and _is_text(nonce)
    if not shaped or len(challenge) > MOST_CHALLENGE or len(nonce) > MOST_NONCE:
        errors["work"] = say("The work is a challenge that was given here and a nonce.")
        return None
    return Work(challenge, nonce)


def _email(value: Any, errors: Errors) -> str | None:
    if value is None or value == "":
        return None
    try:
        return check_email(value)
    except CommentsError as wrong:
        errors.update(wrong.errors)
        return None


def check_email(value: Any) -> str:
    """*value* as an e-mail address in lower case; 422 when it has not the shape of one.

    Whether there is a mailbox is found out by mailing it. What a mail would not carry as it
    stands is no address, and a domain has one spelling: whoever could write one mailbox in many
    ways would be many people to whatever counts by address.
    """
    fits = _is_text(value) and len(value) <= EMAIL_LENGTH and value.isprintable()
    address = _one_spelling(value) if fits and _EMAIL.fullmatch(value) else ""
    if len(address) > EMAIL_LENGTH or not _EMAIL.fullmatch(address):
        wrong = say("That is not an e-mail address.")
        raise CommentsError("invalid", errors={"email": wrong})
    return address


def _one_spelling(address: str) -> str:
    """*address* in lower case, its domain as it is looked up; empty where no mail carries it so."""
    local, _, domain = unicodedata.normalize("NFC", address.lower()).rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("idna")
    except UnicodeError:
        return ""
    mailed = f"{local}@{domain}"
    is_carried = text.clean_name(mailed, len(mailed)) == mailed and not _ENCODED.search(mailed)
    return mailed if is_carried else ""


def _choice(
    field: str, value: Any, choices: tuple[str, ...], errors: Errors, *, needed: bool = False
) -> str:
    """One of *choices*; the first of them where nothing is said and nothing is *needed*."""
    if value is None and not needed:
        return choices[0]
    if value not in choices:
        errors[field] = say("One of %(choices)s.", choices=", ".join(choices))
        return choices[0]
    return str(value)


def _pace(value: Any, errors: Errors) -> Pace | None:
    return None if value is None else Pace(_choice("pace", value, PACES, errors))


def _is_text(value: Any) -> bool:
    """Text that can be stored: a lone surrogate has no UTF-8."""
    if not isinstance(value, str):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True

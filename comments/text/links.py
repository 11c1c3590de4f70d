"""Addresses in a text: found, made safe, and shown for what they are.

:func:`find` is our own scanner: linkify-it-py, which markdown-it would call, needs seconds for
some texts of 10,000 characters. What it takes for an address is what people write into
discussions: ``http://…``, ``https://…``, ``www.…`` and e-mail addresses. A bare ``example.org``
stays text, like the end.Then of a hasty sentence and the name of a ``file.py``.

Every address leaves here in one plain form (:data:`SAFE_HREF`): ASCII, a scheme from a short
list, a host with a dot, no user name before it. What cannot be brought into that form is no link.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from urllib.parse import quote

from comments.text.names import fold_name

#: Longer than anything a person pastes on purpose.
MOST_CHARACTERS = 2000

_HOST_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = rf"(?:{_HOST_LABEL}\.)+{_HOST_LABEL}"
_MAILBOX = r"[A-Za-z0-9_+-](?:[A-Za-z0-9._+-]{0,62}[A-Za-z0-9_+-])?"

#: The only form an ``href`` of ours has. It needs no browser to be read the way it is meant:
#: no control, no space, no quote, no backslash, nothing but ASCII, nothing before the host.
SAFE_HREF = re.compile(
    rf"https?://{_HOST}(?::[0-9]{{1,5}})?(?:[/?#][]A-Za-z0-9/?#\[@!$&()*+,;=:%~._-]*)?"
    rf"|mailto:{_MAILBOX}@{_HOST}"
)

# White space, controls and whatever is drawn as nothing. Browsers drop some of these before
# they read an address, so an address that is to be judged has none.
_HIDDEN = (
    "\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\uffff\U000e0000-\U000e0fff"
)
# Where an address ends in a text: there, at the quotes and brackets people put around one, and
# at the punctuation of Chinese and Japanese.
_STOP = (
    _HIDDEN + '<>"`{}|\\\\^\xab\xbb\u2018-\u201f\u2026\u2039\u203a\u3001-\u3003\u3008-\u3011'
    "\u3014-\u301f\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d-\uff64"
)
# Chinese, Japanese and Korean go without spaces: behind an ASCII letter they are the sentence
# that goes on. Behind a separator (/wiki/日本) they belong to the address.
_PROSE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"

# A name before the host is there to be taken for the host: nothing of that becomes a link.
_MARKER = re.compile(
    f"(?P<named>https?://[^{_STOP}/?#@]{{0,300}}@)|https?://|www\\.|@", re.IGNORECASE
)
_RUN = re.compile(f"[^{_STOP}]{{0,{MOST_CHARACTERS + 1}}}")
_AUTHORITY = re.compile(f"[^{_STOP}/?#'(),;*\\[\\]]{{0,300}}")
_MAIL_HOST = re.compile(f"[^{_STOP}/?#'(),;*~!$&+=:%@_\\[\\]]{{1,253}}")
_PROSE_AFTER_HOST = re.compile(f"\\.[A-Za-z]{{2,}}(?=[{_PROSE}])")
_PROSE_AFTER_PATH = re.compile(f"[A-Za-z0-9](?=[{_PROSE}])")
_BRACKET = re.compile(r"[()\[\]]")
_TRAILING = "?!.,:;*_~'"
_MAILTO = re.compile("mailto:", re.IGNORECASE)
_MAILBOX_BACKWARDS = re.compile(r"[A-Za-z0-9._+-]{0,64}")

_NOT_IN_URL = re.compile(f"[{_HIDDEN}\\\\]")
_WEB = re.compile(r"(?:(https?)://|(?=www\.))([^/?#]*)(.*)", re.IGNORECASE)
_MAIL = re.compile(rf"mailto:({_MAILBOX})@([^?#/]+)(?:\?.*)?", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"([^:@\[\]]+)(?::([0-9]{0,5}))?")
_AFTER_HOST = re.compile("[/?#:]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# What stays as it is in the part after the host; the rest is percent-encoded. The single quote
# is not in it: a template may put an address into single quotes.
_PLAIN_IN_PATH = "/?#[]@!$&()*+,;=:%~-._"


@dataclass(frozen=True, slots=True)
class Address:
    """An address found in a text, at ``text[start:end]``."""

    start: int
    end: int
    href: str
    shown: str


# ── one address ──────────────────────────────────────────────────────────────────────────


def safe_url(url: str, schemes: tuple[str, ...] = ("http", "https", "mailto")) -> str | None:
    """*url* in the safe form, or ``None`` if it is not one to link to.

    Hosts become ASCII (punycode), the rest is percent-encoded; ``www.…`` gets ``https://``, and a
    ``mailto:`` loses what stands after ``?``. Refused are other schemes, relative addresses, a user
    name before the host, numbers for hosts but plain IPv4, a backslash, and any space, control or
    invisible character.

    >>> safe_url("HTTP://Example.ORG/ä")
    'http://example.org/%C3%A4'
    >>> safe_url("java\\tscript:alert(1)") is safe_url("http://bank.example@evil.example/") is None
    True
    """
    url = url.strip(" ")
    if len(url) > MOST_CHARACTERS or _NOT_IN_URL.search(url):
        return None
    found = _safe_web(url) or _safe_mail(url)
    if found is None or found.partition(":")[0] not in schemes:
        return None
    return found if SAFE_HREF.fullmatch(found) else None


def _safe_web(url: str) -> str | None:
    parts = _WEB.fullmatch(url)
    authority = _safe_authority(parts[2]) if parts else None
    if parts is None or authority is None:
        return None
    return f"{(parts[1] or 'https').lower()}://{authority}{quote(parts[3], safe=_PLAIN_IN_PATH)}"


def _safe_authority(authority: str) -> str | None:
    """Host and port, or ``None``; a name before the host makes it none."""
    parts = _HOST_AND_PORT.fullmatch(authority)
    host = _ascii_host(parts[1]) if parts else None
    if parts is None or host is None or int(parts[2] or 0) > 65535:
        return None
    return f"{host}:{parts[2]}" if parts[2] else host


def _safe_mail(url: str) -> str | None:
    parts = _MAIL.fullmatch(url)
    host = _ascii_host(parts[2]) if parts else None
    return f"mailto:{parts[1]}@{host}" if parts and host else None


def _ascii_host(host: str) -> str | None:
    """*host* as it stands in DNS, or ``None`` when it is not the name of a public host."""
    labels = [_ascii_label(label) for label in _unicode_labels(host)]
    name = ".".join(labels)
    if len(name) > 253 or not re.fullmatch(_HOST, name):
        return None
    # Browsers read a last label of digits as part of a number: http://0x7f.1 is 127.0.0.1.
    if _NUMBER.fullmatch(labels[-1]) and not _is_ipv4(name):
        return None
    return name


def _unicode_labels(host: str) -> list[str]:
    """The labels of *host* as browsers map them: compatible forms, small letters, one dot."""
    mapped = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host).lower())
    return mapped.replace("\u3002", ".").removesuffix(".").split(".")


def _ascii_label(label: str) -> str:
    """One label in ASCII; ``""`` if it holds more than letters, digits, marks and hyphens."""
    if label.startswith("xn--"):
        return label if _is_punycode(label) else ""
    if label.isascii():
        return label
    categories = [unicodedata.category(character) for character in label.replace("-", "a")]
    if len(label) > 63 or categories[0][0] == "M":
        return ""
    if not all(category[0] in "LM" or category == "Nd" for category in categories):
        return ""
    return "xn--" + label.encode("punycode").decode("ascii")


def _is_punycode(label: str) -> bool:
    """Does *label* stand for one which would have become it?"""
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return False
    return _unicode_labels(decoded) == [decoded] and _ascii_label(decoded) == label


def _is_ipv4(name: str) -> bool:
    try:
        IPv4Address(name)
    except AddressValueError:
        return False
    return True


# ── as a reader sees it ──────────────────────────────────────────────────────────────────

_JAPANESE = frozenset(("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "LATIN"))
_KOREAN = frozenset(("CJK", "HANGUL", "LATIN"))
_SHOWN = re.compile(r"(?:mailto:)?((?:https?://)?(?:[^/?#@]*@)?)([^/?#:@]*)(.*)", re.I | re.S)
_CLAIM = re.compile(r"https?:[/\\]+([^\s/?#\\]+)|\b(www\.[^\s/?#\\:]+)", re.IGNORECASE)
_BARE_CLAIM = re.compile(r"(?:[^\s@/]{1,64}@)?([^\s@/?#:]{1,250}\.[^\W\d_]{2,24})(?:[/?#:]\S*)?")


def shown(address: str) -> str:
    """An address as the text of its own link: as written, but with an honest host."""
    parts = _SHOWN.fullmatch(address)
    if parts is None or parts[2].isascii():
        return address.removeprefix("mailto:")
    return f"{parts[1]}{shown_host(parts[2])}{parts[3]}"


def shown_host(host: str) -> str:
    """A host as it may be shown: as written, or in punycode where it could pass for another.

    >>> shown_host("bücher.example"), shown_host("аpple.example")
    ('bücher.example', 'xn--pple-43d.example')
    """
    labels = _unicode_labels(host)
    return ".".join(label if _is_honest(label) else _ascii_label(label) for label in labels)


def _is_honest(label: str) -> bool:
    """Does *label* hold letters of one script, and not just those that pass for Latin ones?"""
    if label.isascii():
        return True
    scripts = {_script(character) for character in label} - {""}
    if scripts == {"LATIN"}:
        return all(_is_plain_latin(character) for character in label)
    if scripts <= _JAPANESE or scripts <= _KOREAN:
        return True
    return len(scripts) == 1 and not fold_name(label).isascii()


def _script(character: str) -> str:
    """The script by the first word of its Unicode name, ``""`` for what all scripts share."""
    if not character.isalpha():
        return ""
    return re.split("[ -]", unicodedata.name(character, "UNKNOWN"), maxsplit=1)[0]


def _is_plain_latin(character: str) -> bool:
    base = unicodedata.normalize("NFD", character)[0]
    return base.isascii() or base in "ßæœøđłþð"


def host_of(href: str) -> str:
    """The host of a safe *href*, ASCII."""
    rest = href.partition("//")[2] if href.startswith("http") else href.rpartition("@")[2]
    return _AFTER_HOST.split(rest, maxsplit=1)[0]


def misleads(label: str, href: str) -> bool:
    """Does the text of a link name another host than the one it leads to?"""
    claimed = _claimed_host(label)
    if claimed is None:
        return False
    claim = (_ascii_host(claimed) or "").removeprefix("www.")
    host = host_of(href).removeprefix("www.")
    return not claim or not (host == claim or host.endswith("." + claim))


def _claimed_host(label: str) -> str | None:
    """The host a reader takes *label* for, if it reads like an address."""
    label = label.strip()[:MOST_CHARACTERS]
    claim = _CLAIM.search(label)
    if claim:
        return (claim[1] or claim[2]).rpartition("@")[2].partition(":")[0].rstrip(_TRAILING)
    bare = _BARE_CLAIM.fullmatch(label)
    return bare[1] if bare else None


# ── addresses in a text ──────────────────────────────────────────────────────────────────


def find(text: str) -> Iterator[Address | None]:
    """The addresses in *text*, from left to right.

    Gives ``None`` for every place that began like an address and was none: each step of the
    iteration costs about the same, so whoever counts the steps bounds the work.
    """
    done = 0
    for marker in _MARKER.finditer(text):
        if marker.start() >= done:
            found = _address_at(text, marker, done)
            done = found.end if found else marker.end()
            yield found if found and found.href else None


def _address_at(text: str, marker: re.Match[str], floor: int) -> Address | None:
    if marker["named"]:
        return None
    if marker[0] == "@":
        return _mail_at(text, marker.start(), floor)
    return _web_at(text, marker)


def _web_at(text: str, marker: re.Match[str]) -> Address | None:
    """The web address which begins at *marker*."""
    start = marker.start()
    host_start = marker.end() if marker[0].endswith("//") else start
    if _inside_word(text, marker):
        return None
    authority = _first(_AUTHORITY, text, host_start)
    prose = _PROSE_AFTER_HOST.search(authority)
    authority = authority[: prose.end()] if prose else authority
    # Most of what is refused is refused here, before the rest of it has been read.
    if _safe_authority(authority.rstrip(_TRAILING)) is None:
        return None
    end = host_start + len(authority)
    rest = "" if prose else _rest_of_address(text, end)
    if len(rest) > MOST_CHARACTERS:
        # Nobody means it, and what is inside need not be looked at again.
        return Address(start, end + len(rest), "", "")
    end = host_start + len((authority + rest).rstrip(_TRAILING))
    href = safe_url(text[start:end])
    return Address(start, end, href, shown(text[start:end])) if href else None


def _inside_word(text: str, marker: re.Match[str]) -> bool:
    """Is the marker the tail of something longer? Only ASCII letters say so: 看http://… is none."""
    before = text[marker.start() - 1 : marker.start()]
    if before.isascii() and before.isalnum():
        return True
    return marker[0][0] in "wW" and before != "" and before in "./@:_-\\"


def _rest_of_address(text: str, host_end: int) -> str:
    """What follows the host, up to a closing bracket it did not open, or to prose."""
    rest = _first(_RUN, text, host_end)
    depth = 0
    for bracket in _BRACKET.finditer(rest):
        depth += 1 if bracket[0] in "([" else -1
        if depth < 0:
            rest = rest[: bracket.start()]
            break
    prose = None if rest.isascii() else _PROSE_AFTER_PATH.search(rest)
    return rest[: prose.end()] if prose else rest


def _mail_at(text: str, at: int, floor: int) -> Address | None:
    """The e-mail address around the ``@`` at *at*; it begins at *floor* or later."""
    before = text[max(floor, at - 64) : at]
    mailbox = _first(_MAILBOX_BACKWARDS, before[::-1])[::-1].lstrip("._+-")
    host = _first(_MAIL_HOST, text, at + 1)
    prose = _PROSE_AFTER_HOST.search(host)
    host = host[: prose.end()] if prose else host.rstrip(_TRAILING + "-")
    href = safe_url(f"mailto:{mailbox}@{host}") if mailbox and host else None
    if href is None:
        return None
    start = at - len(mailbox)
    if _MAILTO.match(text, max(floor, start - 7), start):
        start -= 7
    return Address(start, at + 1 + len(host), href, shown(f"{mailbox}@{host}"))


def _first(pattern: re.Pattern[str], text: str, start: int = 0) -> str:
    """What *pattern* finds in *text* at *start*, ``""`` if nothing."""
    found = pattern.match(text, start)
    return found[0] if found else ""

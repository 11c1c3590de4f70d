"""Three walls between a stranger's text and the page, by three authors.

The HTML that arrives here was built to be safe. Nothing here believes that.
"""

import re
from html import unescape
from threading import local
from typing import TYPE_CHECKING

import nh3

from comments.text.links import SAFE_HREF

if TYPE_CHECKING:
    import bleach

TAGS = frozenset(
    ("a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul")
)
SCHEMES = frozenset(("http", "https", "mailto"))
REL = "nofollow ugc noopener"

_ATTRIBUTES = ["href", "rel"]
_VOID = frozenset(("br", "hr"))

# All that may stand in a comment, piece by piece. What is not here in exactly this form is not
# let through, be it harmless.
_BARE = "|".join(sorted(TAGS - {"a"}))
_CLOSED = "|".join(sorted(TAGS - _VOID))
_PIECE = re.compile(
    r"(?:[^<>&]++|&(?:amp|lt|gt|nbsp|quot);)++"
    rf'|<(?P<open>{_BARE}|a href="#comment-[1-9][0-9]{{0,18}}"'
    rf'|a(?: href="(?P<href>[^"<>]*)")? rel="{REL}")>'
    rf"|</(?P<close>{_CLOSED})>"
)

# What most comments are: paragraphs of text, marks that hold nothing but text, and links without
# anything that could be read in two ways. No parser has a choice here, and bleach would give it
# back letter by letter.
_TEXT = r"(?:[^<>&\x00-\x1f\x7f-\x9f\ud800-\udfff]++|&(?:amp|lt|gt);)*+"
_PLAIN_HREF = r"https?://[a-z0-9-]++(?:\.[a-z0-9-]++)++(?:/[A-Za-z0-9/._~%?#=-]*+)?+"
_PLAIN_PARTS = "|".join(
    [
        "<br>",
        rf'<a href="{_PLAIN_HREF}" rel="{REL}">{_TEXT}</a>',
        *(f"<{mark}>{_TEXT}</{mark}>" for mark in ("em", "strong", "s", "code")),
    ]
)
_PLAIN = re.compile(rf"(?:<p>{_TEXT}(?:(?:{_PLAIN_PARTS}){_TEXT})*+</p>)*+")


class _OfThread(local):
    cleaner: "bleach.Cleaner | None" = None


_of_thread = _OfThread()


def sanitise(html: str) -> str:
    """*html* through nh3, and before that through bleach, which shows as text what it does not
    know; unless it is plain, which bleach takes as long as all the rest to give back as it is."""
    return nh3.clean(
        html if _PLAIN.fullmatch(html) else _cleaner().clean(html),
        tags=set(TAGS),
        attributes={"a": set(_ATTRIBUTES)},
        url_schemes=set(SCHEMES),
        link_rel=None,
    )


def _cleaner() -> "bleach.Cleaner":
    """This thread's own: one keeps state while it works, and begins anew with each text."""
    if _of_thread.cleaner is None:
        # why: it brings an HTML parser along, for which no reader waits
        import bleach

        _of_thread.cleaner = bleach.Cleaner(
            tags=TAGS, attributes={"a": _ATTRIBUTES}, protocols=SCHEMES
        )
    return _of_thread.cleaner


def is_safe(html: str) -> bool:
    """The last wall: is every piece of *html* one of the few that may be there?

    It recognises and changes nothing. A checker that mends would write HTML which nobody checks;
    one that only says no cannot make anything worse.
    """
    opened: list[str] = []
    position = 0
    for piece in _PIECE.finditer(html):
        if piece.start() != position:
            return False
        position = piece.end()
        if piece["open"]:
            tag = piece["open"].partition(" ")[0]
            # Without an address, which a wall has taken away then, it is no link but text.
            if tag == "a" and ("a" in opened or not _is_safe_href(piece["href"])):
                return False
            if tag not in _VOID:
                opened.append(tag)
        elif piece["close"] and (not opened or opened.pop() != piece["close"]):
            return False
    return position == len(html) and not opened


def _is_safe_href(value: str | None) -> bool:
    return value is None or SAFE_HREF.fullmatch(unescape(value)) is not None

"""Three walls between a stranger's text and the page, by three authors.

The HTML that arrives here was built to be safe. Nothing here believes that.
"""

import re
from html import unescape

import bleach
import nh3

from comments.text.links import SAFE_HREF

TAGS = frozenset(
    ("a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul")
)
SCHEMES = frozenset(("http", "https", "mailto"))
REL = "nofollow ugc noopener"

_ATTRIBUTES = ["href", "rel"]
_VOID = frozenset(("br", "hr"))

# All that may stand in a comment, piece by piece. An attribute is only here in one form, and
# so is everything else that could be a tag.
_PIECE = re.compile(
    r"(?:[^<>&]++|&(?:amp|lt|gt|nbsp|quot);)++"
    rf"|<(?P<open>{'|'.join(sorted(TAGS - {'a'}))}|a href=\"(?P<href>[^\"<>]*)\" rel=\"{REL}\")>"
    rf"|</(?P<close>{'|'.join(sorted(TAGS - _VOID))})>"
)


def sanitise(html: str) -> str:
    """*html* through bleach, then nh3. What neither of them knows is shown as text."""
    # A bleach Cleaner keeps state while it works and may not be shared between threads.
    cleaner = bleach.Cleaner(tags=TAGS, attributes={"a": _ATTRIBUTES}, protocols=SCHEMES)
    return nh3.clean(
        cleaner.clean(html),
        tags=set(TAGS),
        attributes={"a": set(_ATTRIBUTES)},
        url_schemes=set(SCHEMES),
        link_rel=None,
    )


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
            if tag == "a" and ("a" in opened or not _is_safe_href(piece["href"])):
                return False
            if tag not in _VOID:
                opened.append(tag)
        elif piece["close"] and (not opened or opened.pop() != piece["close"]):
            return False
    return position == len(html) and not opened


def _is_safe_href(value: str) -> bool:
    return SAFE_HREF.fullmatch(unescape(value)) is not None

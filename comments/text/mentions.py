"""Names after an ``@``: where they stand in a comment, and the links that they become.

A name may have blanks in it, so each place has several readings: the first word behind the ``@``,
the first two, and so on. Whoever knows the people of a discussion says which of them are names.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

#: Places looked at in one comment.
MOST = 10
#: A name is no longer, and has no more words.
LONGEST, MOST_WORDS = 60, 6

#: From the readings of each place, the longest first, to the names among them and the comment
#: that each leads to.
Who = Callable[[Sequence[Sequence[str]]], Mapping[str, int]]

# Not the tail of a word or of an address; in front of 小明 no blank is put.
_AT = re.compile(r"(?<![A-Za-z0-9._+/@-])@(?=[^\s@])")
# As far as a name can reach.
_REACH = re.compile(rf"[^\n@,:;!?()\[\]{{}}<>\"]{{0,{LONGEST}}}")
_JOINERS = "\u200c\u200d_"
_LINK = re.compile(r'<a href="#comment-([1-9][0-9]*)">')


@dataclass(frozen=True, slots=True)
class _Place:
    """An ``@`` at ``piece.content[start]``, and what may be the name behind it."""

    piece: "Token"
    start: int
    readings: tuple[str, ...]


def link_names(tokens: "Sequence[Token]", who: Who) -> None:
    """Put a ``mention`` for each name that *who* knows, into the inline *tokens* themselves.

    Not in code, not in a link, and not in a quote: what stands there was said before.
    """
    places = list(islice(_places(tokens), MOST))
    leads = who([place.readings for place in places]) if places else {}
    if not leads:
        return
    pieces = {id(piece): list(_pieces(piece, places, leads)) for piece in (p.piece for p in places)}
    for token in tokens:
        if token.children:
            token.children = [it for old in token.children for it in pieces.get(id(old), [old])]


def address_mentions(html: str, address_of: Callable[[int], str]) -> str:
    """Stored *html* with whole addresses in its mentions: they are kept as ``#comment-7``, which
    outlives every move of the article and of the service."""
    if "#comment-" not in html:
        return html
    return _LINK.sub(lambda link: f'<a href="{escape(address_of(int(link[1])))}">', html)


def _places(tokens: "Sequence[Token]") -> Iterator[_Place]:
    quotes = 0
    for token in tokens:
        if token.type.startswith("blockquote"):
            quotes += token.nesting
        elif token.children and not quotes:
            for piece in _plain(token.children):
                for at in _AT.finditer(piece.content):
                    readings = tuple(_readings(piece.content, at.end()))
                    yield _Place(piece, at.start(), readings[::-1])


def _plain(tokens: "Sequence[Token]") -> "Iterator[Token]":
    """The pieces of text outside of links; code is no text."""
    links = 0
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            links += token.nesting
        elif token.type == "text" and not links:
            yield token


def _readings(text: str, start: int) -> Iterator[str]:
    """What may be the name that begins at *start*, the shortest first: it ends where a word does,
    or where signs do if it is made of signs alone."""
    reach = _REACH.match(text, start)
    stop = reach.end() if reach else start
    words = 0
    for end in range(start + 1, stop + 1):
        last, following = text[end - 1], text[end : end + 1]
        if _in_word(following) or last.isspace():
            continue
        if _in_word(last) or (not words and (not following or following.isspace())):
            yield text[start:end]
            words += 1
            if words == MOST_WORDS:
                return


def _in_word(character: str) -> bool:
    return character != "" and (
        unicodedata.category(character)[0] in "LMN" or character in _JOINERS
    )


def _pieces(
    piece: "Token", places: Sequence[_Place], leads: Mapping[str, int]
) -> "Iterator[Token]":
    # why: part of the Markdown reader, which is loaded with the first text to render
    from markdown_it.token import Token

    done = 0
    for place in places:
        name = next((it for it in place.readings if it in leads), None)
        if place.piece is piece and name is not None:
            yield Token("text", "", 0, content=piece.content[done : place.start])
            done = place.start + 1 + len(name)
            yield Token("mention", "", 0, content=f"@{name}", meta={"to": leads[name]})
    yield Token("text", "", 0, content=piece.content[done:])

"""Which characters a comment may hold, and what counts as something to see.

Everything here is about single characters of Unicode; nothing knows Markdown or HTML.
"""

import re
import unicodedata
from html import unescape

#: A line never breaks off more marks than this. Hebrew with vowels and cantillation stacks
#: four on one letter; the texts that crawl over their neighbours stack dozens.
MOST_MARKS = 5

# A flag of a region (England, Texas) is a black flag and its letters as tag characters.
_BLACK_FLAG = "\U0001f3f4"
_FLAG = _BLACK_FLAG + "[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"

# What no comment needs and a page is better without:
#  - controls, but for tab and newline;
#  - the nine characters that turn or isolate a direction: left open, they turn the page around
#    them, and closed they still show a text in another order than it is read by a machine.
#    The marks LRM, RLM and ALM stay, people who write right to left do need them;
#  - deprecated format characters, interlinear annotation, the byte order mark;
#  - tag characters outside of a flag: a whole sentence fits into them unseen;
#  - code points that never become characters.
_UNWANTED = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f"
    + "".join(
        chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0x10000, 0x110000, 0x10000)
    )
)
_UNWANTED_RUN = re.compile(f"[{_UNWANTED}]+")
_FLAG_OR_UNWANTED = re.compile(f"({_FLAG})|[{_UNWANTED}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEWLINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){3,}")

#: Letters and signs by their category that are drawn as nothing.
BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0\u17b4\u17b5\u034f\ufffc\U0001d159"

_TAG = re.compile(r"<[^>]*>")
# What leaves the page white: separators, controls, formats, and marks with nothing to sit on.
_BLANK = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Mn", "Me"))


def showable(text: str) -> str:
    """*text* without what may stand in no page of ours, with ``\\n`` for every kind of line end."""
    if text.isascii() and text.isprintable():
        return text
    text = _SURROGATE.sub("\ufffd", _NEWLINE.sub("\n", text))
    if _BLACK_FLAG in text:
        return _FLAG_OR_UNWANTED.sub(r"\1", text)
    return _UNWANTED_RUN.sub("", text)


def clean_source(text: str) -> str:
    """A comment's text as it is stored: what was typed, without what only does harm.

    Raises ``ValueError`` with a sentence for lone surrogates, which are not text. Line ends
    become ``\\n``; controls and direction overrides go; at most two blank lines follow each
    other and at most :data:`MOST_MARKS` marks one letter.
    """
    if _SURROGATE.search(text):
        raise ValueError("The text has half a character in it (a lone surrogate).")
    text = showable(text)
    if not text.isascii():
        text = limit_marks(text, MOST_MARKS)
    return _BLANK_LINES.sub("\n\n\n", text).strip("\n").rstrip()


def limit_marks(text: str, most: int) -> str:
    """*text* with at most *most* combining marks in a row."""
    kept = []
    run = 0
    for character in text:
        # Nothing below U+0300 combines, and that is most of most texts.
        run = run + 1 if character >= "\u0300" and is_mark(character) else 0
        if run <= most:
            kept.append(character)
    return "".join(kept)


def is_mark(character: str) -> bool:
    """Is *character* drawn on or around the one before it?"""
    return unicodedata.category(character) in ("Mn", "Me")


def is_visible(text: str) -> bool:
    """Does plain *text* leave anything on the page?"""
    return any(
        unicodedata.category(character) not in _BLANK and character not in BLANK_LETTERS
        for character in text
    )


def is_empty(html: str) -> bool:
    """Does a rendered comment have no words or signs in it? A line drawn across is not a word."""
    return not is_visible(unescape(_TAG.sub("", html)))

"""A comment taken apart for the learned filter: its words, as meant, and where it links to.

Spam is written to be read by people and missed by machines. So markup that was pasted is read as
what it stands for, addresses are found where they are broken up ("example . com"), letters are
brought to one form, and "s u b s c r i b e" is one word.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape

from comments.text import plain_letters, showable

#: What stands in the row of words where the text had an address, a number, a mention, a mail
#: address. None of those is kept itself, for they may be somebody's.
LINK, NUMBER, MENTION, MAIL = "⟨link⟩", "⟨number⟩", "⟨name⟩", "⟨mail⟩"

#: Of a longer text the beginning and the end are read: a filter that reads on can be drowned.
HEAD, TAIL = 3000, 1000
MOST_ADDRESSES = 8

# The name of a link's target is kept, the rest of a tag is not.
_TAG = re.compile(
    r"<a\s[^<>]{0,300}?href\s*=\s*[\"']?([^\s\"'<>]{1,2000})[^<>]{0,300}>|</?[a-z!][^<>]{0,300}>",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_ENDINGS = (
    "com|net|org|info|biz|co|tv|me|io|ly|gl|be|gg|app|dev|shop|store|site|online|xyz|top|club|live"
    "|link|click|pro|win|bet|vip|ru|su|de|fr|es|it|nl|pl|cz|br|pt|in|cn|jp|kr|tr|ua|uk|us|eu|ca|au"
)
_DOT = r"\s{1,2}\.\s{0,2}|\s?[(\[]\s?(?:dot|\.)\s?[)\]]\s?|\sdot\s"
# An address without its beginning, perhaps taken apart: example.com, "example . com/x",
# "example (dot) com". A space after the dot alone is the end of a sentence.
_BROKEN = re.compile(
    rf"(?<![\w.@-])[a-z0-9][a-z0-9-]{{1,62}}(?:\.[a-z0-9-]{{1,62}}){{0,2}}"
    rf"(?:\.|{_DOT})(?:{_ENDINGS})\b(?:[/?#]\S*)?",
    re.IGNORECASE,
)
_DOTS = re.compile(_DOT)
# Or only what follows the host: "/watch?v=…".
_PATH = re.compile(r"(?<!\S)/?[a-z]{1,20}\?[a-z]{1,10}=\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@\w+")

_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .*_-]){3,30}[^\W\d_](?![^\W_])")
_BETWEEN = re.compile(r"[ .*_-]")
_RUN = re.compile(r"([^\W\d_])\1{2,}")
# Drawn as nothing, between letters or after an emoji.
_UNSEEN = re.compile("[\xad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f]+")
# Written without spaces between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
_LONGEST = 24
#: More of one word is not looked at, however often it repeats its letters.
_MOST_OF_A_WORD = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """What a text was taken apart into."""

    #: In the order written; some are placeholders such as :data:`LINK`.
    words: tuple[str, ...]
    #: Addresses in small letters, from the host on: ``example.org/a?b=c``.
    addresses: tuple[str, ...]
    #: Addresses that were written so as not to look like any.
    broken: int
    #: The text without its addresses and markup, in its own letters.
    plain: str


def take_apart(source: str) -> Taken:
    """*source*, a comment as it was typed, as :class:`Taken`. Time grows with the length."""
    text = _UNSEEN.sub("", _without_markup(showable(source)))
    text = unicodedata.normalize("NFKC", text)
    if len(text) > HEAD + TAIL:
        text = f"{text[:HEAD]} {text[-TAIL:]}"
    text, found = _replaced(_ADDRESS, _MAIL.sub(f" {MAIL} ", text), LINK)
    text, broken = _replaced(_BROKEN, text, LINK)
    text, paths = _replaced(_PATH, text, LINK)
    text = _MENTION.sub(f" {MENTION} ", text)
    addresses = [address.lower().partition("://")[2] or address.lower() for address in found]
    addresses += [_DOTS.sub(".", address.lower()) for address in broken]
    return Taken(
        words=tuple(_words(text)),
        addresses=tuple(addresses[:MOST_ADDRESSES]),
        broken=len(broken) + len(paths),
        plain=re.sub(r"⟨\w+⟩", " ", text),
    )


def _without_markup(text: str) -> str:
    return _TAG.sub(lambda tag: f" {tag[1] or ''} ", unescape(text))


def _replaced(pattern: re.Pattern[str], text: str, by: str) -> tuple[str, list[str]]:
    return pattern.sub(f" {by} ", text), pattern.findall(text)


def _words(text: str) -> list[str]:
    text = _SPACED.sub(lambda letters: _BETWEEN.sub("", letters[0]), text)
    found: list[str] = []
    for word in _word().findall(text):
        if word[0] == "⟨":
            found.append(word)
        elif word.isdecimal():
            found.append(NUMBER)
        else:
            found += _pieces(_one_form(word[:_MOST_OF_A_WORD]))
    return found


@cache
def _word() -> re.Pattern[str]:
    """Made for the first text: no start waits for all marks of all scripts."""
    # A vowel of an Indic script is a mark to Unicode, and part of the word.
    far = map(chr, range(0x300, 0xE000))
    marks = "".join(sign for sign in far if unicodedata.category(sign) in ("Mn", "Mc"))
    letters = f"[^\\W_](?:[^\\W_]|[{marks}])*"
    return re.compile(f"⟨\\w+⟩|{letters}(?:['’]{letters})*")


# The same few words make up most of what people write.
@lru_cache(maxsize=8192)
def _one_form(word: str) -> str:
    """*word* in small letters without accents; "sooooo" as "so", and Latin look-alikes Latin."""
    plain = word if is_unspaced(word) else plain_letters(word)
    return _RUN.sub(r"\1", plain)[:_LONGEST]


def _pieces(word: str) -> list[str]:
    """*word* itself, or every two letters of it where a language has no spaces."""
    if not is_unspaced(word) or len(word) == 1:
        return [word] if word else []
    return [word[place : place + 2] for place in range(len(word) - 1)]


def is_unspaced(word: str) -> bool:
    """Is *word* of a language that puts no spaces between words?"""
    return _UNSPACED.search(word) is not None

"""Text as it is searched: folded words that every full-text engine reads the same way.

The engines cut and fold text each in its own way, by their version and the server's locale. So
the cutting is done here, and they get plain ASCII words to compare byte by byte: letters and
digits alone, case, accents and width folded away, digits of all scripts as ASCII. Scripts that
put no spaces between words are cut into overlapping pairs of characters.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Longer words are cut; nobody types more of one.
LONGEST_WORD = 60
#: Lexemes of one comment, far above what the longest comment brings; this bounds a row.
MOST_LEXEMES = 30_000

_ASCII_WORDS = re.compile("[a-z0-9]+")
# Han, kana, Hangul; Thai, Lao, Myanmar, Khmer: a run of them may be one word or ten.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
# In these scripts a mark may be left out by one writer and set by another: Latin accents, Greek,
# Hebrew points, Arabic vowels. Further east it is a part of the word.
_MARKS_MATTER_FROM = "\u0900"
_MARKS_OF_ANY_SCRIPT = re.compile("[\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe2f]")
_TATWEEL = "\u0640"  # stretches an Arabic word and says nothing


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word, or a run of a script without spaces."""

    text: str
    is_run: bool = False

    def lexemes(self) -> list[str]:
        """What stands for it in an index: itself, or each of its pairs and its last character."""
        if not self.is_run:
            return [_encoded(self.text[:LONGEST_WORD])]
        pairs = [self.text[at : at + 2] for at in range(len(self.text))]
        return [_encoded(pair) for pair in pairs]

    def sought(self, *, is_last: bool) -> list[tuple[str, bool]]:
        """What finds it: lexemes, each with whether longer ones count as well.

        Somebody who types is not through with the last word. A run may stand inside of another.
        """
        if not self.is_run:
            return [(_encoded(self.text[:LONGEST_WORD]), is_last)]
        if len(self.text) == 1:
            return [(_encoded(self.text), True)]
        return [(_encoded(self.text[at : at + 2]), False) for at in range(len(self.text) - 1)]


def words(text: str) -> list[Word]:
    """The folded words of *text* in their order; a pictograph is a word of its own."""
    if text.isascii():  # most texts of most sites, twenty times quicker
        return [Word(found) for found in _ASCII_WORDS.findall(text.lower())]
    return list(_cut(_folded(text)))


def of(text: str) -> list[str]:
    """The different lexemes of *text*, sorted: ASCII letters and digits alone."""
    if text.isascii():  # without the objects between, which cost more than all else
        short = {_encoded(found[:LONGEST_WORD]) for found in _ASCII_WORDS.findall(text.lower())}
        return sorted(short)[:MOST_LEXEMES]
    found: set[str] = set()
    for word in words(text):
        found.update(word.lexemes())
        if len(found) >= MOST_LEXEMES:
            break
    return sorted(found)[:MOST_LEXEMES]


def line(found: list[Word]) -> str:
    """Words as one line between spaces, for looking up a phrase in it."""
    return f" {' '.join(word.text for word in found)} "


def phrase(found: list[Word], *, is_last: bool) -> str:
    """What of a :func:`line` holds the phrase; open where a run or an unfinished word may go on."""
    start = "" if found[0].is_run else " "
    end = "" if found[-1].is_run or is_last else " "
    return f"{start}{' '.join(word.text for word in found)}{end}"


def _folded(text: str) -> str:
    taken_apart = unicodedata.normalize("NFKD", text)
    text = unicodedata.normalize("NFKD", taken_apart.casefold())
    return unicodedata.normalize("NFC", "".join(_plain(text)))


def _plain(text: str) -> Iterator[str]:
    """Without marks that a reader may leave out and what cannot be seen; digits as ASCII."""
    for character in text:
        if character < "\x80":
            yield character
            continue
        category = unicodedata.category(character)
        is_mark = category in ("Mn", "Me")
        may_go = character < _MARKS_MATTER_FROM or _MARKS_OF_ANY_SCRIPT.match(character)
        if category == "Cf" or character == _TATWEEL or (is_mark and may_go):
            continue
        yield str(unicodedata.decimal(character)) if category == "Nd" else character


def _cut(text: str) -> Iterator[Word]:
    word = ""
    is_run = False
    for character in text:
        kind = _kind(character)
        unspaced = character >= "\u0e00" and _UNSPACED.match(character) is not None
        unspaced = unspaced and kind == "word"
        if kind != "word" or (word and unspaced != is_run):
            if word:
                yield Word(word, is_run)
            word = ""
        if kind == "word":
            word, is_run = word + character, unspaced
        elif kind == "sign":
            yield Word(character)
    if word:
        yield Word(word, is_run)


def _kind(character: str) -> str:
    if character.isalnum():
        return "word"
    if character < "\x80":
        return "space"
    category = unicodedata.category(character)
    if category[0] == "M":
        return "word"
    return "sign" if category == "So" else "space"


def _encoded(text: str) -> str:
    """An ASCII word behind an ``a``; any other as six hex digits for each character behind an
    ``x``, so that a beginning of the word is a beginning of its lexeme."""
    if text.isascii():
        return f"a{text}"
    return "x" + "".join(f"{ord(character):06x}" for character in text)

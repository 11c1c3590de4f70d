"""Single characters as what is left of them for a reader who looks for letters."""

import re
import unicodedata

from comments.text.characters import BLANK_LETTERS
from comments.text.lookalikes import Alphabet

#: What may stand between letters, each kind as one character: a blank, a new line, an
#: apostrophe, a sign of the sentence (full stop, comma, slash, underscore …), a dash, and any
#: other sign (star, hash, picture …). Everything else is a letter, a figure or a sign that may
#: stand for a letter.
BLANK, LINE, APOSTROPHE, STOP, DASH, STAR = " ", "\n", "'", ".", "-", "*"
GAPS = BLANK + LINE + APOSTROPHE + STOP + DASH + STAR

#: Signs of leetspeak that also end a sentence or part words.
PARTING = "!|+(<{¡"

_LINES = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")
_WIDE_BLANKS = frozenset("\u3164\uffa0\u2800\u115f\u1160")
_APOSTROPHES = frozenset("'’‘ʼ`´′＇")
_STOPS = frozenset('.,;:?/\\_"“”„«»…)]}>&=')
_LETTER_BY_NAME = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL |TURNED |SCRIPT |OPEN |REVERSED |LONG )*"
    r"([A-Z])(?: WITH .*)?"
)

# Characters met are remembered until there are this many.
#: Of one character: ``㏂`` reads as *a.m.*, ``㎯`` as *rad∕s²*.
_MOST_LETTERS = 6
_MOST_REMEMBERED = 20_000


class Folds(dict[str, str]):
    """Characters to what is left of them for readers of one alphabet."""

    def __init__(self, alphabet: Alphabet) -> None:
        super().__init__()
        self._alphabet = alphabet

    def __missing__(self, character: str) -> str:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        return self.setdefault(character, self._fold(character))

    def _fold(self, character: str) -> str:
        """Letters, a sign or a gap; ``""`` for nothing. A capital I stays: it may be an l."""
        if character in self._alphabet.blurred or character in self._alphabet.leet:
            return character
        if character in self._alphabet.passes_for:
            return self._alphabet.passes_for[character]
        gap = _gap(character)
        if gap is not None:
            return gap
        return "".join(map(self._letters, _plain(character)))

    def _letters(self, character: str) -> str:
        passes_for, small = self._alphabet.passes_for, character.lower()
        for form in (character, small):
            if form in passes_for:
                return passes_for[form]
        plain = _by_name(character) or _bare(small)
        return "".join(passes_for.get(letter, letter) for letter in plain)


def _gap(character: str) -> str | None:
    if character in _LINES:
        return LINE
    if character in _WIDE_BLANKS or character.isspace():
        return BLANK
    if character in _APOSTROPHES:
        return APOSTROPHE
    if character in _STOPS:
        return STOP
    return DASH if unicodedata.category(character) == "Pd" else None


def _plain(character: str) -> str:
    """Letters in circles, of mathematics, of full width: as plain ones.

    A whole phrase in one character stays that: ``ﷺ`` would make a text eighteen times as long.
    """
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) <= _MOST_LETTERS else character


def _by_name(character: str) -> str:
    """The Latin letter that *character* is a variant of: ``ɨ`` is an I WITH STROKE."""
    if character.isascii():
        return ""
    found = _LETTER_BY_NAME.fullmatch(unicodedata.name(character, ""))
    return found[1].lower() if found else ""


def _bare(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    # Taken apart, a syllable of Korean is three letters and a Japanese one loses its sound mark.
    if "\u3040" <= character <= "\u30ff" or "\uac00" <= character <= "\ud7a3":
        return character
    parts = unicodedata.normalize("NFKD", character)
    return "".join(map(_letter_or_star, parts)) if len(parts) <= _MOST_LETTERS else STAR


def _letter_or_star(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "L":
        return "" if category == "Lm" or character in BLANK_LETTERS else character
    if category[0] == "M":
        # The vowels of Indic scripts have no combining class; accents have one.
        vowel = category != "Me" and not unicodedata.combining(character)
        return character if vowel and "\u0900" <= character <= "\u1aff" else ""
    return "" if category[0] == "C" and category != "Co" else STAR

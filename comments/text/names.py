"""Names of people: made fit to stand in a line, and compared as eyes compare them."""

import re
import unicodedata

from comments.text.characters import BLANK_LETTERS, is_mark, is_visible, limit_marks
from comments.text.lookalikes import LOOKS_LIKE

#: Vietnamese needs two marks on one letter; a name is small, and nobody needs more than three.
MOST_MARKS = 3

_SPACES = re.compile(r"\s+")
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_PLAIN_TEXT_OR_EMOJI = "\ufe0e\ufe0f"
_BLACK_FLAG, _END_OF_FLAG = "\U0001f3f4", "\U000e007f"
_KEYCAP_BASES = "0123456789#*"


def clean_name(text: str, max_length: int) -> str:
    """*text* as a name: one line of visible characters, at most *max_length* of them.

    Composed (NFC), white space folded; controls, direction marks, invisible characters, private
    and never assigned code points gone, marks not stacked. What joins stays where it joins:
    emoji sequences, flags, Persian and Indic letters, one variant of a Han character. Returns
    ``""`` when nothing visible is left.
    """
    # Composing never makes a name of a text sixteen times too long; this bounds the work.
    text = unicodedata.normalize("NFC", text[: max_length * 16])
    text = _SPACES.sub(" ", text)
    text = _without_hidden(text)
    text = _SPACES.sub(" ", limit_marks(text, MOST_MARKS)).strip()
    text = _cut(unicodedata.normalize("NFC", text), max_length)
    return text if is_visible(text) else ""


def _without_hidden(text: str) -> str:
    kept: list[str] = []
    for index, character in enumerate(text):
        before = kept[-1] if kept else ""
        after = text[index + 1 : index + 2]
        if _belongs(character, before, after, kept):
            kept.append(character)
    return "".join(kept)


def _belongs(character: str, before: str, after: str, kept: list[str]) -> bool:
    """May *character* stay in a name, between these two?"""
    if character in (_ZWNJ, _ZWJ):
        return _joins(character, before, after, kept)
    if character in _PLAIN_TEXT_OR_EMOJI:
        return _is_pictograph(before) or (before != "" and before in _KEYCAP_BASES)
    if "\U000e0100" <= character <= "\U000e01ef":
        # Japanese family names tell variants of one Han character apart.
        return _is_han(before)
    if "\U000e0000" <= character <= "\U000e0fff":
        return _is_flag_tag(character, before)
    if character in BLANK_LETTERS or _is_variant(character):
        return False
    category = unicodedata.category(character)
    if category == "Cn":
        # An emoji younger than this Python's tables.
        return "\U0001f000" <= character <= "\U0001faff"
    return not category.startswith("C")


def _is_han(character: str) -> bool:
    return character != "" and unicodedata.name(character, "").startswith("CJK UNIFIED")


def _joins(joiner: str, before: str, after: str, kept: list[str]) -> bool:
    """Does an invisible joiner do its work here? The rule of RFC 5892 (A.1, A.2), and emoji."""
    if not before or not after:
        return False
    if unicodedata.combining(before) == 9:  # a virama: the joiner chooses the form of a letter
        return True
    if joiner == _ZWNJ:
        return unicodedata.bidirectional(before) == unicodedata.bidirectional(after) == "AL"
    drawn = before
    if before in _PLAIN_TEXT_OR_EMOJI and len(kept) > 1:
        drawn = kept[-2]
    return _is_pictograph(drawn) and _is_pictograph(after)


def _is_pictograph(character: str) -> bool:
    # Skin tones are category Sk, what is younger than Python's tables Cn.
    return character != "" and (
        unicodedata.category(character) == "So" or "\U0001f000" <= character <= "\U0001faff"
    )


def _is_flag_tag(character: str, before: str) -> bool:
    if not before:
        return False
    in_flag = before == _BLACK_FLAG or "\U000e0030" <= before <= "\U000e007a"
    return in_flag and "\U000e0030" <= character <= _END_OF_FLAG


def _cut(text: str, most: int) -> str:
    """The first *most* characters, without half a letter or half an emoji at the end."""
    if len(text) <= most:
        return text
    end = most
    while end > 0 and (_continues(text[end]) or text[end - 1] == _ZWJ):
        end -= 1
    return text[:end].rstrip()


def _continues(character: str) -> bool:
    return (
        is_mark(character)
        or character == _ZWJ
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= _END_OF_FLAG
    )


# ── look-alikes ──────────────────────────────────────────────────────────────────────────

_HAS_LATIN = re.compile("[A-Za-z]")
# Told apart by no reader: 0 o, and 1 l i (a capital I is a small l in most fonts).
_SAME = str.maketrans("0i1", "oll")


def fold_name(text: str) -> str:
    """A skeleton of *text*: two names that look alike have the same one.

    It is for comparing, never for showing. Case, accents, separators and invisible characters
    do not count; letters of other scripts that pass for Latin ones are read as those; ``0`` is
    ``o``, ``1`` and ``i`` are ``l``, ``rn`` is ``m``, ``vv`` is ``w``. A name of signs alone
    (an emoji) is its own skeleton.

    >>> fold_name("Аdm1n") == fold_name("admin")
    True
    """
    # Once before and once after composing and folding case: both make new look-alikes.
    folded = text.translate(LOOKS_LIKE)
    folded = unicodedata.normalize("NFKC", folded).casefold().translate(LOOKS_LIKE)
    bare = "".join(_letters(unicodedata.normalize("NFKD", folded).casefold()))
    skeleton = bare.translate(LOOKS_LIKE).translate(_SAME)
    skeleton = skeleton.replace("rn", "m").replace("vv", "w")
    return skeleton or "".join(filter(is_visible, text))


def plain_letters(word: str) -> str:
    """*word* in small letters without accents, to be compared and still to be read.

    Look-alikes of other alphabets are read as Latin where they stand among Latin letters; a word
    that is all of another alphabet keeps its own. Signs and invisible characters go.

    >>> plain_letters("Сhännеl"), plain_letters("Канал")
    ('channel', 'канал')
    """
    if word.isascii():
        return "".join(filter(str.isalnum, word.lower()))
    if _HAS_LATIN.search(word):
        word = word.translate(LOOKS_LIKE)
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return unicodedata.normalize("NFC", "".join(_letters(decomposed)))


def _letters(text: str) -> list[str]:
    """The letters and digits of *text*, digits of every script as ASCII."""
    letters = []
    for character in text:
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            letters.append(str(digit))
        elif _is_letter(character):
            letters.append(character)
    return letters


def _is_letter(character: str) -> bool:
    if character in BLANK_LETTERS or _is_variant(character):
        return False
    # An accent has a combining class; the vowels of Indic scripts have none and are letters.
    category = unicodedata.category(character)
    return category[0] == "L" or (category in ("Mn", "Mc") and not unicodedata.combining(character))


def _is_variant(character: str) -> bool:
    """Is it a variation selector: which drawing of the character before?"""
    return (
        "\ufe00" <= character <= "\ufe0f"
        or "\u180b" <= character <= "\u180f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )

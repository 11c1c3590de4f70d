"""Whether letters that fit a listed word mean it, or rather another word, a number, a language.

The letters are known to fit, and to begin and end where words may.
"""

import re
from itertools import groupby

from comments.text.folds import PARTING
from comments.text.glue import is_joined
from comments.text.listed import FEWEST_LETTERS, VOWELS, Listed
from comments.text.lookalikes import ALPHABETS, Alphabet
from comments.text.ordinary import is_ordinary
from comments.text.skeletons import Reader, Skeleton, Stretch

# 5th, 20s, 100km: figures and what they count, not letters.
_MEASURE = re.compile(
    r"[0-9]+(?:st|nd|rd|th|s|m|g|k|h|d|x|a|b|c|w|v|l|f|p|t|am|pm|km|kg|cm|mm|ms|mg|ml|ft|lbs?|in|oz"
    r"|[kmgt]b|[km]?hz|ghz|px|pt|kw|mph|hrs?|mins?|secs?|yo|ish)"
)
# i18n, l10n, a11y: a long word by the number of its letters.
_NUMERONYM = re.compile(r"[a-z][0-9]{2,}[a-z]")
# A55: a road, a form, a size of paper.
_CODE = re.compile(r"[A-Z][0-9]+")
_FAR_FETCHED = frozenset(PARTING) - {"!"}
_CLOSING = frozenset("!|")
_THRICE = re.compile(r"(.)\1{2,}")
# No rule looks at more characters before and after a word.
_FARTHEST = 200


class Judge:
    """Judges what was meant in one text."""

    def __init__(self, text: str, reader: Reader) -> None:
        self._text = text
        self._reader = reader
        self._letters: dict[int, int] = {}
        self._judged: dict[tuple[int, int, str], bool] = {}

    def is_meant(self, word: Listed, start: int, end: int, skeleton: Skeleton) -> bool:
        """Was *word* meant by the letters of *skeleton* from *start* to *end*, which fit it?

        What is the same for as far as anybody looks is judged once: a text made to be expensive
        repeats itself.
        """
        first, last = skeleton.places[start], skeleton.places[end - 1] + 1
        before = max(0, first - _FARTHEST)
        around = f"{first - before} {last - first} {self._text[before : last + _FARTHEST]}"
        case = (id(word), skeleton.signs, around)
        if case not in self._judged:
            self._judged[case] = self._judge(word, start, end, skeleton)
        return self._judged[case]

    def _judge(self, word: Listed, start: int, end: int, skeleton: Skeleton) -> bool:
        stretch = Stretch(skeleton, start, end, self._text)
        written = stretch.written
        whole = stretch.first == stretch.last
        if whole and written == word.letters and not word.shortened:
            return self._is_at_home(stretch) and self._stands_free(word, stretch)
        if len(word.letters) < FEWEST_LETTERS and not (word.unspaced and len(word.letters) > 1):
            return False
        if not _is_lettered(written) or not self._may_be_shortened(word, written):
            return False
        if not self._is_at_home(stretch):
            return False
        if whole:
            return self._stands_free(word, stretch) and _is_disguise(word, stretch)
        return is_joined(word, stretch, skeleton, self._reader)

    def _is_at_home(self, stretch: Stretch) -> bool:
        """Is it of the word's alphabet, or of one that is rare in this text?

        All in Cyrillic letters, a word passes for a Latin one among Latin letters; in a Russian
        text it is Russian.
        """
        home, source = self._reader.alphabet, stretch.source
        if home.letter is None or home.letter.search(source):
            return True
        for other in ALPHABETS:
            if other.letter and other.letter.search(source) and not other.strange.search(source):
                return self._count(other) - len(other.letter.findall(source)) <= self._count(home)
        return True

    def _count(self, alphabet: Alphabet) -> int:
        if id(alphabet) not in self._letters:
            assert alphabet.letter
            self._letters[id(alphabet)] = len(alphabet.letter.findall(self._text))
        return self._letters[id(alphabet)]

    def _stands_free(self, word: Listed, stretch: Stretch) -> bool:
        """Is it more than figures or signs that part it from letters around: not ``hell0``?"""
        around = stretch.around
        if len(around) == len(stretch.written) or word.open_start or word.open_end:
            return True
        return not any(map(is_ordinary, self._reader.likely(around)))

    def _may_be_shortened(self, word: Listed, written: str) -> bool:
        """Is a shortened word not disguised so far that anything could be meant by it?

        No letter passes for another then (``pls`` is no *pis*), nor a sign that is mostly
        something else; and a letter that is there twice may be right so, if there is a vowel.
        """
        if not word.shortened:
            return True
        if written[-1] in PARTING or _FAR_FETCHED & set(written) or _NUMERONYM.fullmatch(written):
            return False
        if all(_squeezed(form) != _squeezed(word.letters) for form in self._reader.likely(written)):
            return False
        doubled = len(written) > len(word.letters) and not _THRICE.search(written)
        return not doubled or not VOWELS & set(word.letters)


def _squeezed(letters: str) -> str:
    return "".join([letter for letter, _ in groupby(letters)])


def _is_lettered(written: str) -> bool:
    """Are there letters among the figures, and no sign at the end that rather ends a sentence?"""
    if written[-1] in _CLOSING and is_ordinary(written[:-1]):
        return False
    if any(map(str.isalpha, written)):
        return True
    return not any(map(str.isdigit, written)) and not set(PARTING) & set(written)


def _is_disguise(word: Listed, stretch: Stretch) -> bool:
    """Is one piece of text that differs from *word* no other word, and no number?"""
    written, around = stretch.written, stretch.around
    if is_ordinary(written) or is_ordinary(around):
        return False
    if _MEASURE.fullmatch(around) or _CODE.fullmatch(stretch.source):
        return False
    drawn = _THRICE.sub(lambda run: run[1] * 2, written)
    if drawn != word.letters and is_ordinary(drawn):  # "goood" is good, not a god
        return False
    if not (word.open_start or word.open_end):
        return True
    # "shiitake" begins with a word in which one letter happens to stand twice.
    return len(written) <= len(word.letters) or bool(_THRICE.search(written))

"""Listed words with letters crossed out: ``f**k``, ``sh*t``, ``b_tch``, ``f@ck``, ``fu**``."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from comments.text.folds import DASH, GAPS, PARTING, STAR, STOP
from comments.text.listed import FEWEST_LETTERS, FEWEST_TO_DROP, Listed
from comments.text.ordinary import is_ordinary
from comments.text.skeletons import Reader

# More letters than this are never crossed out at one place, nor at more places in a word.
_MOST_CROSSED, _MOST_PLACES = 8, 4
_ANY_LETTER = f"[^{re.escape(GAPS + PARTING)}]"


def _crossed(letter: str, mask: str) -> re.Pattern[str]:
    """Words with letters masked between the first and the last; each mask is a group of its own."""
    return re.compile(f"(?<!{letter}){letter}++(?:{mask}{letter}++){{1,{_MOST_PLACES}}}")


_STARS = re.compile(f"{re.escape(STAR)}{{1,{_MOST_CROSSED}}}")
_STOPS = re.compile(f"{re.escape(STOP)}{{1,3}}|{DASH}{{1,3}}")
_CUT_SHORT = re.compile(
    f"(?<!{_ANY_LETTER})({_ANY_LETTER}{{2,30}}+)({re.escape(STAR)}{{1,{_MOST_CROSSED}}}+)"
    f"(?!{_ANY_LETTER})"
)
_OPENS_EMPHASIS = re.compile(r"(?<![^\s(])\*++(?=[^\s*])")


@dataclass(frozen=True, slots=True)
class _Masked:
    """What is left of a masked word, and how much is masked."""

    whole: str
    pieces: list[str]
    #: The pieces with letters that look alike made equal, and that without repetition.
    alike: list[str]
    keys: list[str]
    masked: int


# What it looks like, the mask within it, whether it reads as something else, and as a word.
_Way = tuple[
    re.Pattern[str], re.Pattern[str], Callable[[_Masked], bool], Callable[[_Masked, Listed], bool]
]


class Masks:
    """The words of a list by the letters that a mask leaves standing."""

    def __init__(self, words: Iterable[Listed], reader: Reader) -> None:
        self._reader = reader
        self._by_ends: dict[tuple[str, str], list[Listed]] = {}
        self._by_start: dict[str, list[Listed]] = {}
        self._open: dict[str, list[Listed]] = {}
        for word in words:
            if len(word.letters) < FEWEST_LETTERS or word.unspaced or len(word.words) > 1:
                continue
            first, last = word.key[0], word.key[-1]
            self._by_ends.setdefault((first, last), []).append(word)
            self._by_start.setdefault(first, []).append(word)
            if word.open_end:
                self._open.setdefault(first, []).append(word)
        signs = "".join(sign for sign in reader.alphabet.leet if not sign.isdigit())
        self._masks: list[_Way] = [
            (_crossed(_ANY_LETTER, f"(?:{_STARS.pattern})"), _STARS, _never, _fits_stars),
            (_crossed(_ANY_LETTER, f"(?:{_STOPS.pattern})"), _STOPS, _are_words, _fits_length),
        ]
        if signs:
            mask = re.compile(f"[{re.escape(signs)}]{{1,2}}")
            letter = f"[^{re.escape(GAPS + signs)}]"
            self._masks.append((_crossed(letter, mask.pattern), mask, self._reads, _fits_length))

    def places(
        self, folded: str, text: str, places: list[int]
    ) -> Iterator[tuple[Listed, int, int]]:
        """Masked words, and where they start and end in *folded*, which *text* became."""
        for way in self._masks:
            read: dict[str, list[Listed]] = {}
            for found in way[0].finditer(folded):
                if found[0] not in read:
                    read[found[0]] = list(self._read(found[0], way))
                yield from ((word, *found.span()) for word in read[found[0]])
        if STAR in folded:
            yield from self._cut_short(folded, text, places)

    def _read(self, whole: str, way: _Way) -> Iterator[Listed]:
        _, mask, reads, fits = way
        masked = self._masked(whole, mask)
        if _is_legible(masked) and not reads(masked):
            yield from (word for word in self._candidates(masked) if fits(masked, word))

    def _masked(self, whole: str, mask: re.Pattern[str]) -> _Masked:
        pieces = mask.split(whole)
        masked = len(whole) - sum(map(len, pieces))
        alike, keys = (
            [change(piece) for piece in pieces] for change in (self._reader.alike, self._reader.key)
        )
        return _Masked(whole.lower(), pieces, alike, keys, masked)

    def _candidates(self, masked: _Masked) -> Iterator[Listed]:
        first, last = masked.keys[0], masked.keys[-1]
        for word in self._by_ends.get((first[0], last[-1]), ()):
            if _has_left(word.key, masked.keys) or _has_left(word.alike, masked.alike):
                yield word
        if len(masked.keys) == 2:
            for word in self._open.get(first[0], ()):
                rest = word.key[len(first) + masked.masked :]
                if word.key.startswith(first) and rest and last.startswith(rest):
                    yield word

    def _reads(self, masked: _Masked) -> bool:
        """Does the sign read as a letter, and the whole as another word: *p@ss*?"""
        return any(map(is_ordinary, self._reader.likely(masked.whole)))

    def _cut_short(
        self, folded: str, text: str, places: list[int]
    ) -> Iterator[tuple[Listed, int, int]]:
        """``fu**``; not the end of *emphasis*, nor a word with a mark for a note: ``price*``."""
        opened = _openers(text)
        for found in _CUT_SHORT.finditer(folded):
            left, stars = found[1], found[2]
            start, end = places[found.start(2)], places[found.end(2) - 1] + 1
            if set(text[start:end]) != {"*"} or opened.get(len(stars), len(text)) < start:
                continue
            if is_ordinary(left.lower()):
                continue
            key = self._reader.key(left)
            for word in self._by_start.get(key[0], ()):
                size = len(left) + len(stars)
                if len(word.letters) == size >= FEWEST_TO_DROP and word.key.startswith(key):
                    yield word, *found.span()


def _openers(text: str) -> dict[int, int]:
    """How many stars open emphasis, and where first."""
    first: dict[int, int] = {}
    for found in _OPENS_EMPHASIS.finditer(text):
        first.setdefault(len(found[0]), found.start())
    return first


def _is_legible(masked: _Masked) -> bool:
    """Are letters left: not ``4*5``, nor ``7*s``?"""
    left = "".join(masked.pieces)
    letters = sum(map(str.isalpha, left))
    return letters > 1 or (letters == 1 and len(left) > 2)


def _has_left(letters: str, pieces: list[str]) -> bool:
    """Do *letters* have these pieces in order, with something between any two?"""
    first, last = pieces[0], pieces[-1]
    if not (letters.startswith(first) and letters.endswith(last)):
        return False
    at = len(first)
    for piece in pieces[1:-1]:
        at = letters.find(piece, at + 1)
        if at < 0:
            return False
        at += len(piece)
    return at < len(letters) - len(last)


def _is_as_long(masked: _Masked, word: Listed) -> bool:
    return len(masked.whole) in (len(word.letters), len(word.key)) or word.open_end


def _fits_stars(masked: _Masked, word: Listed) -> bool:
    """Stars are rarely counted; but in a word of three letters one stands for one."""
    if len(word.letters) < FEWEST_TO_DROP:
        return len(masked.whole) == len(word.letters)
    missing = {
        len(word.key) - sum(map(len, masked.keys)),
        len(word.letters) - sum(map(len, masked.pieces)),
    }
    return word.open_end or min(missing) - 1 <= masked.masked <= max(missing) + 2


def _fits_length(masked: _Masked, word: Listed) -> bool:
    return len(word.letters) >= FEWEST_TO_DROP and _is_as_long(masked, word)


def _are_words(masked: _Masked) -> bool:
    """Are they two words: *co-ed*?"""
    return all(len(piece) > 1 and is_ordinary(piece.lower()) for piece in masked.pieces)


def _never(_: _Masked) -> bool:
    return False

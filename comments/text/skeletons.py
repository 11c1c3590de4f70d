"""A comment as the bare letters that a reader puts together, each with its place in the text.

Case, accents, invisible characters, look-alike letters and the marks of Markdown are gone. What
stands between letters is kept as a *gap*: whether ``s h i t`` is one word depends on it.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from itertools import accumulate, groupby, pairwise

from comments.text.folds import APOSTROPHE, BLANK, GAPS, PARTING, STAR, Folds
from comments.text.lookalikes import Alphabet

# ── without the marks of Markdown ────────────────────────────────────────────────────────────

# An address within a link, a tag, an entity, an escape. Each is bounded: none may look far.
_MARKUP = re.compile(
    r"(?P<target>\]\((?:[^()\n]|\([^()\n]{0,200}\)){0,500}\)|\]\[[^\[\]\n]{0,200}\])"
    r"|</?[a-z][a-z0-9]{0,9}[ /]{0,2}>"
    r"|(?P<entity>&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A text to be read, and where each of its characters begins and ends in the source."""

    text: str
    starts: list[int] | range
    ends: list[int] | range


def views(source: str) -> Iterator[Plain]:
    """The texts in *source*: as it is shown and, where that leaves something out, as typed."""
    if _MARKUP.search(source):
        yield _unmarked(source)
    yield Plain(source, range(len(source)), range(1, len(source) + 1))


def _unmarked(source: str) -> Plain:
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    last = 0
    for found in [*_MARKUP.finditer(source), None]:
        start, end = found.span() if found else (len(source), len(source))
        texts.append(source[last:start])
        starts += range(last, start)
        ends += range(last + 1, start + 1)
        shown = (found["escaped"] or unescape(found["entity"] or "")) if found else ""
        texts.append(shown)
        starts += [start] * len(shown)
        ends += [end] * len(shown)
        last = end
    return Plain("".join(texts), starts, ends)


# ── letters and gaps ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The letters of a text, one by one and in runs that look equal, and the gaps between them.

    A *fragment* is what stands between two gaps. All numbers count letters or fragments.
    """

    #: Which signs were taken for letters: one of the ways of :meth:`Reader.skeletons`.
    signs: int
    #: Letters as written: a figure or a sign that may be a letter is still itself.
    written: str
    #: Where fragments start, and the end of the last.
    cuts: list[int]
    #: What stands before each fragment: characters of :data:`GAPS`.
    gaps: list[str]
    #: For each fragment its letter, if it is one letter, else a blank.
    spelled: str
    #: Where a word may begin, and where one may end: at gaps, signs, and figures at either side.
    begins: list[int]
    ends: list[int]
    #: One letter for each run.
    squeezed: str
    #: Where runs start, and the end of the last.
    runs: list[int]
    #: For each letter, its run.
    run_of: list[int]
    #: For each letter, the place of its character in the text that was read.
    places: list[int]

    def fragment_start(self, letter: int) -> int:
        return self.cuts[bisect_right(self.cuts, letter) - 1]

    def fragment_end(self, end: int) -> int:
        """Where the fragment ends whose letter is the one before *end*."""
        return self.cuts[bisect_left(self.cuts, end)]


class Stretch:
    """Some letters of a skeleton that may be a word."""

    def __init__(self, skeleton: Skeleton, start: int, end: int, text: str) -> None:
        self._skeleton, self._start, self._end, self._text = skeleton, start, end, text
        self.written = skeleton.written[start:end].lower()
        #: The numbers of the first and the last fragment that it has a part of.
        self.first = bisect_right(skeleton.cuts, start) - 1
        self.last = bisect_right(skeleton.cuts, end - 1) - 1

    @property
    def source(self) -> str:
        """As it stands in the text."""
        places = self._skeleton.places
        return self._text[places[self._start] : places[self._end - 1] + 1]

    @cached_property
    def around(self) -> str:
        """The fragments that it begins and ends in, whole."""
        cuts = self._skeleton.cuts
        return self._skeleton.written[cuts[self.first] : cuts[self.last + 1]].lower()

    @cached_property
    def _cuts(self) -> list[int]:
        return [self._start, *self._skeleton.cuts[self.first + 1 : self.last + 1], self._end]

    @cached_property
    def pieces(self) -> list[str]:
        return [self._skeleton.written[start:end] for start, end in pairwise(self._cuts)]

    @property
    def gaps(self) -> list[str]:
        """What stands between the pieces."""
        return self._skeleton.gaps[self.first + 1 : self.last + 1]

    @property
    def typed(self) -> list[str]:
        """The first letter of each piece as it stands in the text."""
        return [self._text[self._skeleton.places[cut]] for cut in self._cuts[:-1]]


def is_letter(piece: str) -> bool:
    """Is it one letter, or one repeated?"""
    return len(piece) <= 3 and len(set(piece.lower())) == 1


_FRAGMENT = re.compile(f"[^{re.escape(GAPS)}]+")
_LIKE_L = re.compile("[1!|]")
_FIGURES = "0123456789"
#: What follows an apostrophe in English: *it's*, *don't*, *who're*, *he'll*.
CONTRACTED = frozenset(("s", "t", "d", "m", "ll", "re", "ve", "em", "er", "all"))


class Reader:
    """Reads texts with the eyes of somebody who looks for words of one alphabet."""

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self._folds = Folds(alphabet)
        likeliest = {sign: letters[0] for sign, letters in alphabet.leet.items()}
        self._likeliest = str.maketrans(likeliest | {"I": "i"})
        self._alike = str.maketrans(dict(alphabet.alike))
        signs = {sign for sign in alphabet.leet if not sign.isdigit()}
        self._signs = frozenset(signs)
        self._without = [
            str.maketrans(dict.fromkeys(signs & set(PARTING), STAR)),
            str.maketrans(dict.fromkeys(signs, STAR)),
        ]

    def key(self, letters: str) -> str:
        """*letters* with those that look alike made equal, and each run of equal ones as one."""
        return "".join([letter for letter, _ in groupby(self.alike(letters))])

    def alike(self, letters: str) -> str:
        return letters.translate(self._likeliest).translate(self._alike)

    def likely(self, letters: str) -> set[str]:
        """*letters* with each sign and figure as the letter it is mostly typed for."""
        return {form.translate(self._likeliest) for form in (letters, _LIKE_L.sub("l", letters))}

    def without_end(self, letters: str, letter: str) -> str:
        """*letters* without those at the end that look like *letter*."""
        return letters[: len(self.alike(letters).rstrip(letter))]

    def without_start(self, letters: str, letter: str) -> str:
        """*letters* without those at the start that look like *letter*."""
        return letters[len(letters) - len(self.alike(letters).lstrip(letter)) :]

    def stands_for(self, written: str, letter: str) -> bool:
        """May the character *written* be meant as *letter*?"""
        if written == letter:
            return True
        alphabet = self.alphabet
        return letter in alphabet.leet.get(written, "") or letter in alphabet.blurred.get(
            written, ""
        )

    def fold(self, text: str) -> tuple[str, list[int]]:
        """*text* folded, and for each character of that its place in *text*."""
        folds = self._folds
        parts = [folds[character] for character in text]
        return "".join(parts), [place for place, part in enumerate(parts) for _ in part]

    def skeletons(self, folded: str, places: list[int]) -> Iterator[Skeleton]:
        """The ways to take the signs in a text: all as letters, some, or none."""
        texts = [folded, *(folded.translate(without) for without in self._without)]
        for way, text in enumerate(dict.fromkeys(texts)):
            yield self._skeleton(way, text, places)

    def _skeleton(self, way: int, text: str, places: list[int]) -> Skeleton:
        spans = [found.span() for found in _FRAGMENT.finditer(text)]
        pieces = [text[start:end] for start, end in spans]
        written = "".join(pieces)
        cuts = [0, *accumulate(map(len, pieces))]
        last_ends = [0, *(end for _, end in spans)]
        gaps = [text[last:start] for last, (start, _) in zip(last_ends, spans, strict=False)]
        squeezed = self.alike(written)
        changes = [
            before != letter for before, letter in zip(f" {squeezed}", squeezed, strict=False)
        ]
        runs = [at for at, changed in enumerate(changes) if changed]
        begins, ends = self._limits(pieces, cuts, gaps)
        return Skeleton(
            signs=way,
            written=written,
            cuts=cuts,
            gaps=gaps,
            spelled=_spelled(pieces, gaps),
            begins=begins,
            ends=ends,
            squeezed="".join([squeezed[start] for start in runs]),
            runs=[*runs, len(written)],
            run_of=[run - 1 for run in accumulate(changes)],
            places=[place for start, end in spans for place in places[start:end]],
        )

    def _limits(
        self, pieces: list[str], cuts: list[int], gaps: list[str]
    ) -> tuple[list[int], list[int]]:
        begins, ends = [], []
        known: dict[str, tuple[list[int], list[int]]] = {}
        for piece, start, gap in zip(pieces, cuts, gaps, strict=False):
            if gap != APOSTROPHE or piece.lower() not in CONTRACTED:
                begins.append(start)
            if not piece.isalpha():
                if piece not in known:
                    known[piece] = self._soft_limits(piece)
                soft_begins, soft_ends = known[piece]
                begins += [start + letter for letter in soft_begins]
                ends += [start + letter for letter in soft_ends]
            ends.append(start + len(piece))
        return begins, ends

    def _soft_limits(self, fragment: str) -> tuple[list[int], list[int]]:
        """Where within *fragment* a word may begin or end: ``!shit!``, ``shit123``."""
        size = len(fragment)
        signs = [at for at, letter in enumerate(fragment) if letter in self._signs]
        begins = [at + 1 for at in signs if at + 1 < size]
        ends = [at for at in signs if at]
        figures_end = size - len(fragment.lstrip(_FIGURES))
        figures_start = len(fragment.rstrip(_FIGURES))
        if 0 < figures_end < size:
            begins = sorted({*begins, figures_end})
        if 0 < figures_start < size:
            ends = sorted({*ends, figures_start})
        return begins, ends


def _spelled(pieces: list[str], gaps: list[str]) -> str:
    """Letters that stand alone, and blanks for other pieces and the end of *it's*."""
    return "".join(
        [
            piece[0] if gap != APOSTROPHE and (len(piece) == 1 or is_letter(piece)) else BLANK
            for piece, gap in zip(pieces, gaps, strict=True)
        ]
    ).lower()

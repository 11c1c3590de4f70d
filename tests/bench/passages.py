"""Passages that readers pick from an article, and what may be said of them after edits.

A passage *survives* where at least three quarters of its words are there, in their order, with
at most half as many other words between them. A word that is a typo away is there.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from random import Random

from tests.bench.edits import NEW, Article

Span = tuple[int, int]

SURVIVES = 0.75
_MOST_BETWEEN = 0.5
#: Found right: of the words that either holds, these are in both.
_RIGHT = 0.8
_AROUND = 32


class Outcome(StrEnum):
    RIGHT = "right"
    #: It is there, and nothing was said.
    MISSED = "missed"
    #: On it, but too much or too little of it.
    ROUGH = "rough"
    #: Most of the words it was put on are not the passage's.
    WRONG = "wrong"
    #: The very words, in the same sentence as far as an anchor knows it, are elsewhere too.
    TWIN = "twin"
    #: Changed too much to be missed, and nothing was said, or it was put on what is left.
    GONE = "gone"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Passage:
    span: Span
    #: The numbers of its words.
    words: frozenset[int]
    kind: str


def pick(article: Article, rng: Random, count: int) -> list[Passage]:
    """*count* passages: words, phrases, sentences, from a word to half a page."""
    placed = [part for part in article.placed() if part[2].is_word]
    ends = _sentence_ends(article)
    text = article.text
    passages = []
    for _ in range(count):
        kind = rng.choices(list(_KINDS), [share for share, _, _ in _KINDS.values()])[0]
        first, last = _words(kind, rng, len(placed), ends)
        parts = placed[first : last + 1]
        words = frozenset(piece.origin for _, _, piece in parts)
        end = _closed(text, parts[-1][1]) if kind in _WHOLE else parts[-1][1]
        passages.append(Passage((parts[0][0], end), words, kind))
    return passages


# (how often, the fewest and the most words, or sentences)
_KINDS = {
    "a word": (10, 1, 1),
    "2–5 words": (30, 2, 5),
    "6–20 words": (25, 6, 20),
    "a sentence": (20, 1, 1),
    "2–4 sentences": (10, 2, 4),
    "across sentences": (5, 10, 60),
}
_WHOLE = ("a sentence", "2–4 sentences")


def _words(kind: str, rng: Random, count: int, ends: Sequence[int]) -> tuple[int, int]:
    """The first and the last word of a passage."""
    _, least, most = _KINDS[kind]
    size = rng.randint(least, most)
    if kind in _WHOLE:
        size = min(size, len(ends) - 1)
        first = rng.randrange(len(ends) - size)
        return ends[first], ends[first + size] - 1
    first = rng.randrange(max(1, count - size))
    return first, min(first + size, count) - 1


def _sentence_ends(article: Article) -> list[int]:
    """How many words stand before each sentence that has some; at last, before the end."""
    ends = [0]
    for paragraph in article.paragraphs:
        for sentence in paragraph:
            words = sum(piece.is_word for piece in sentence)
            if words:
                ends.append(ends[-1] + words)
    return ends


def _closed(text: str, end: int) -> int:
    """With the full stop, and the quotation mark, behind a sentence."""
    found = re.compile(r"[^\w\s]*").match(text, end)
    return found.end() if found else end


# ── the truth ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Edited:
    """An article after edits, ready to be asked where its words are."""

    text: str
    words: list[tuple[int, int, int]]
    by_origin: dict[int, list[int]]

    @classmethod
    def of(cls, article: Article) -> "Edited":
        words = [
            (start, end, piece.origin) for start, end, piece in article.placed() if piece.is_word
        ]
        by_origin: dict[int, list[int]] = {}
        for place, (_, _, origin) in enumerate(words):
            if origin != NEW:
                by_origin.setdefault(origin, []).append(place)
        return cls(article.text, words, by_origin)

    def survivors(self, passage: Passage) -> list[Span]:
        """Which words it is now: once, more often if it was pasted, or nowhere any more."""
        places = sorted(
            place for origin in passage.words for place in self.by_origin.get(origin, ())
        )
        return [
            (group[0], group[-1] + 1)
            for group in self._groups(places, len(passage.words))
            if self._kept(group) >= SURVIVES * len(passage.words)
        ]

    def inside(self, span: Span) -> Span:
        """The words in a stretch of the text: the first, and the one after the last."""
        first = bisect_left(self.words, span[0] + 1, key=lambda word: word[1])
        return first, bisect_left(self.words, span[1], key=lambda word: word[0])

    def _groups(self, places: list[int], count: int) -> Iterator[list[int]]:
        """*places* cut where too many other words stand, or the passage begins anew."""
        if not places:
            return
        group = [places[0]]
        spare = _MOST_BETWEEN * count
        for before, place in pairwise(places):
            spare -= place - before - 1
            again = self.words[place][2] in {self.words[other][2] for other in group}
            if spare < 0 or again:
                yield group
                group, spare = [], _MOST_BETWEEN * count
            group.append(place)
        yield group

    def _kept(self, group: Iterable[int]) -> int:
        """The longest part of *group* that is still in its order."""
        ends: list[int] = []
        for place in group:
            origin = self.words[place][2]
            at = bisect_left(ends, origin)
            ends[at : at + 1] = [origin]
        return len(ends)

    def share(self, words: Span, passage: Passage) -> float:
        """How many of the words in a stretch of the article are the passage's."""
        inside = self.words[slice(*words)]
        return sum(origin in passage.words for _, _, origin in inside) / (len(inside) or 1)


def judge(before: str, edited: Edited, passage: Passage, place: Span | None) -> Outcome:
    truths = edited.survivors(passage)
    if place is None:
        return Outcome.MISSED if truths else Outcome.GONE
    found = edited.inside(place)
    if any(_shared(found, truth) >= _RIGHT for truth in truths):
        return Outcome.RIGHT
    if edited.share(found, passage) >= 0.5:
        return Outcome.ROUGH if truths else Outcome.LEFT
    if _known(before, passage.span) == _known(edited.text, place):
        return Outcome.TWIN
    return Outcome.WRONG


def _shared(one: Span, two: Span) -> float:
    both = min(one[1], two[1]) - max(one[0], two[0])
    return both / (max(one[1], two[1]) - min(one[0], two[0]))


def _known(text: str, span: Span) -> tuple[str, str, str]:
    """The words of a passage, and those around it that an anchor keeps, within its sentence."""
    before = _plain(text[max(0, span[0] - 4 * _AROUND) : span[0]])[-_AROUND:]
    after = _plain(text[span[1] : span[1] + 4 * _AROUND])[:_AROUND]
    opened = re.split(r"[.!?][\"']*(?: |$)", before)[-1]
    closed = re.split(r"(?<=[.!?]) |(?<=[.!?][\"']) ", after)[0]
    return opened.strip(), _plain(text[span[0] : span[1]]), closed.strip()


_SIGNS = str.maketrans("“”‘’–—", "\"\"''--")


def _plain(text: str) -> str:
    return " ".join(text.translate(_SIGNS).replace("--", "-").split()).lower()

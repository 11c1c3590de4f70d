"""Lists of words that comments are held or refused for, read as people read them.

Case, blanks and signs between letters, invisible and combining characters, look-alike letters
of other alphabets, figures and signs for letters, repeated, missing and masked letters, and the
marks of Markdown do not hide a word: ``s h i t``, ``$h1t``, ``ѕһіt``, ``shiiit``, ``sht`` and
``sh*t`` all read as *shit*. It is not seen in *Scunthorpe*, *this hit* or *he'll*.

An entry stands for itself alone, without its plural or other forms: ``*`` at its end means also
with anything after it, at its start also with anything before it. Entries of scripts that put
no blanks between words (Chinese, Japanese, Thai …) are found within the text around them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from comments.text.characters import is_mark
from comments.text.listed import Index, Listed, prepare, shortened
from comments.text.lookalikes import ALPHABETS, OTHER, Alphabet, alphabet_of
from comments.text.masks import Masks
from comments.text.meaning import Judge
from comments.text.skeletons import Plain, Reader, Skeleton, views


@dataclass(frozen=True, slots=True)
class Found:
    """A listed word in a text: the entry of the list, and how it was written there."""

    word: str
    written: str


class WordList:
    """Words and phrases to look for; compiled once, and safe to use from many threads."""

    def __init__(self, words: Iterable[str]) -> None:
        entries = dict.fromkeys(word.strip() for word in words)
        by_alphabet: dict[int, list[str]] = {}
        alphabets = (*ALPHABETS, OTHER)
        for entry in entries:
            by_alphabet.setdefault(alphabets.index(alphabet_of(entry)), []).append(entry)
        self._searches = [
            _Search(alphabets[number], chosen) for number, chosen in by_alphabet.items()
        ]

    def find(self, text: str) -> Found | None:
        """One listed word that is in *text*, a comment's Markdown; ``None`` when there is none."""
        return next((found for _, found in self._places(text)), None)

    def find_all(self, text: str) -> list[Found]:
        """Every listed word that is in *text*, once, in the order they stand there."""
        found: dict[str, tuple[int, Found]] = {}
        for place, what in self._places(text):
            found.setdefault(what.word, (place, what))
        return [what for _, what in sorted(found.values(), key=lambda pair: pair[0])]

    def _places(self, text: str) -> Iterator[tuple[int, Found]]:
        for plain in views(text):
            for search in self._searches:
                for entry, start, end in search.places(plain):
                    end = _last_mark(plain.text, end)
                    first, last = plain.starts[start], plain.ends[end]
                    yield first, Found(entry, text[first:last])


def _last_mark(text: str, letter: int) -> int:
    """The place of the last mark that is drawn on the *letter* at this place."""
    while letter + 1 < len(text) and is_mark(text[letter + 1]):
        letter += 1
    return letter


class _Search:
    """The words of a list that are of one alphabet."""

    def __init__(self, alphabet: Alphabet, entries: Iterable[str]) -> None:
        self._reader = Reader(alphabet)
        signs = (entry for entry in entries if prepare(entry, self._reader) is None)
        self._signs = [sign for sign in signs if sign.strip("* ")]
        whole = [word for entry in entries if (word := prepare(entry, self._reader))]
        known = {word.letters for word in whole}
        short = [
            form
            for word in whole
            for form in shortened(word, self._reader)
            if form.letters not in known
        ]
        words = whole + short
        closed = [word for word in words if not word.open_start]
        self._words = Index(word for word in closed if not word.open_end)
        self._beginnings = Index(word for word in closed if word.open_end)
        self._within = Index(word for word in words if word.open_start)
        self._masks = Masks(whole, self._reader)

    def places(self, plain: Plain) -> Iterator[tuple[str, int, int]]:
        """Each entry once, with its first and its last character in *plain*."""
        met: set[str] = set()
        for entry, first, last in self._in_any_way(plain, met):
            met.add(entry)
            yield entry, first, last

    def _in_any_way(self, plain: Plain, met: set[str]) -> Iterator[tuple[str, int, int]]:
        for sign in self._signs:
            at = plain.text.find(sign)
            if at >= 0:
                yield sign, at, at + len(sign) - 1
        folded, places = self._reader.fold(plain.text)
        judge = Judge(plain.text, self._reader)
        for skeleton in self._reader.skeletons(folded, places):
            for word, start, end in self._read(skeleton, met):
                if judge.is_meant(word, start, end, skeleton):
                    yield word.entry, skeleton.places[start], skeleton.places[end - 1]
        for word, start, end in self._masks.places(folded, plain.text, places):
            if word.entry not in met:
                yield word.entry, places[start], places[end - 1]

    def _read(self, skeleton: Skeleton, met: set[str]) -> Iterator[tuple[Listed, int, int]]:
        """Words whose letters stand between places to begin and to end, and were not *met*."""
        size = len(skeleton.squeezed)
        everywhere, anywhere = range(size), range(size + 1)
        begins = sorted({skeleton.run_of[letter] for letter in skeleton.begins})
        ends = {skeleton.run_of[end - 1] + 1 for end in skeleton.ends}
        for index, starts, stops in (
            (self._words, begins, ends),
            (self._beginnings, begins, anywhere),
            (self._within, everywhere, anywhere),
        ):
            for run in starts if index else ():
                for word in index.at(skeleton.squeezed, run, stops):
                    if word.entry in met:
                        continue
                    limits = _limits(word, run, skeleton)
                    if limits and self._spelled(word, run, *limits, skeleton):
                        yield word, *limits

    def _spelled(self, word: Listed, run: int, start: int, end: int, skeleton: Skeleton) -> bool:
        """Does every letter in these limits stand for the one that the word has there?"""
        for number, group in enumerate(word.groups, run):
            first = max(start, skeleton.runs[number])
            last = min(end, skeleton.runs[number + 1])
            if not self._reads(skeleton.written[first:last], group):
                return False
        return True

    def _reads(self, written: str, group: str) -> bool:
        """Is *written* the letters of *group* in order, each once or more?"""
        at = -1
        for letter in written:
            if at + 1 < len(group) and self._reader.stands_for(letter, group[at + 1]):
                at += 1
            elif at < 0 or not self._reader.stands_for(letter, group[at]):
                return False
        return at == len(group) - 1


def _limits(word: Listed, run: int, skeleton: Skeleton) -> tuple[int, int] | None:
    """A stretch of letters, of these runs, between places where a word may begin and end.

    It begins and ends with a fragment where these runs do, else where they must.
    """
    runs, last = skeleton.runs, run + len(word.groups) - 1
    start = runs[run + 1] - len(word.groups[0])
    if not word.open_start:
        latest = bisect_right(skeleton.begins, start) - 1
        if latest < 0 or skeleton.begins[latest] < runs[run]:
            return None
        start = skeleton.begins[latest]
        whole = skeleton.fragment_start(start)
        start = whole if whole >= runs[run] else start
    end = max(runs[last], start if last == run else 0) + len(word.groups[-1])
    if not word.open_end:
        earliest = bisect_left(skeleton.ends, end)
        if earliest == len(skeleton.ends) or skeleton.ends[earliest] > runs[last + 1]:
            return None
        end = skeleton.ends[earliest]
        whole = skeleton.fragment_end(end)
        end = whole if whole <= runs[last + 1] else end
    return (start, end) if runs[run] <= start and end <= runs[last + 1] else None

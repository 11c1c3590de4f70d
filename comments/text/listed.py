"""Listed words made ready to be looked for: what each looks like, whole and shortened."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from comments.text.folds import GAPS
from comments.text.lookalikes import ALPHABETS, LATIN
from comments.text.ordinary import is_ordinary
from comments.text.skeletons import Reader

#: Shorter words are found as they are written, and in no other way.
FEWEST_LETTERS = 3
#: Shorter words lose no letter and are not broken by blanks: too much would read as them.
FEWEST_TO_DROP = 4
#: From this length on the last letter may be missing too.
_FEWEST_TO_LOSE_THE_END = 5

VOWELS = frozenset("aeiouyаеиоуыэюяіαεηιουω")
# Written without blanks between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer, Tibetan.
_UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a list, or a shortened form of it."""

    #: As the owner wrote it.
    entry: str
    #: The letters to be read; with those that look alike made equal; and that without repetition.
    letters: str
    alike: str
    key: str
    #: The letters of each run of the key.
    groups: tuple[str, ...]
    #: The keys of its words, when the entry is a phrase.
    words: tuple[str, ...]
    #: May a longer word have it at its end, at its start?
    open_start: bool
    open_end: bool
    #: Are letters missing that the entry has?
    shortened: bool = False

    @property
    def unspaced(self) -> bool:
        return bool(_UNSPACED.search(self.letters))


def prepare(entry: str, reader: Reader) -> Listed | None:
    """*entry* for readers of its alphabet; ``None`` when it holds no letter or figure."""
    bare = entry.strip()
    open_start, open_end = bare.startswith("*"), bare.endswith("*")
    words = [_letters(word, reader) for word in bare.strip("*").split()]
    letters = "".join(words)
    if not letters:
        return None
    anywhere = bool(_UNSPACED.search(letters))
    keys = tuple(reader.key(word) for word in words if word)
    return _listed(entry, letters, reader, keys, open_start or anywhere, open_end or anywhere)


def _letters(word: str, reader: Reader) -> str:
    folded, _ = reader.fold(word)
    return "".join(letter for letter in folded if letter not in GAPS).lower()


def _listed(
    entry: str,
    letters: str,
    reader: Reader,
    words: tuple[str, ...],
    open_start: bool,
    open_end: bool,
    *,
    shortened: bool = False,
) -> Listed:
    alike = reader.alike(letters)
    groups, at = [], 0
    for _, run in groupby(alike):
        size = len(list(run))
        groups.append(letters[at : at + size])
        at += size
    key = "".join(letter for letter, _ in groupby(alike))
    return Listed(
        entry, letters, alike, key, tuple(groups), words, open_start, open_end, shortened=shortened
    )


def shortened(listed: Listed, reader: Reader) -> Iterator[Listed]:
    """The forms of *listed* with a letter or all vowels left out that are no words themselves.

    The first letter always stays. Where nothing tells words from scraps - in other languages
    than English, or when it may begin a longer word - only a form without any vowel is one:
    ``fck``, ``sht``. What may stand at the end of a longer word is not shortened.
    """
    letters = listed.letters
    if len(listed.words) > 1 or len(letters) < FEWEST_TO_DROP or not letters.isalpha():
        return
    if reader.alphabet not in ALPHABETS or listed.open_start:
        return
    only_consonants = reader.alphabet is not LATIN or listed.open_end
    for form in sorted(_shorter(letters)):
        if only_consonants and VOWELS & set(form):
            continue
        if len(form) >= FEWEST_LETTERS and not is_ordinary(form):
            yield _listed(
                listed.entry,
                form,
                reader,
                (),
                listed.open_start,
                listed.open_end,
                shortened=True,
            )


def _shorter(letters: str) -> set[str]:
    # Without its s a word in the plural is another word.
    keeps_end = len(letters) < _FEWEST_TO_LOSE_THE_END or letters[-1] == "s"
    last = len(letters) - keeps_end
    forms = {letters[:at] + letters[at + 1 :] for at in range(1, last)}
    middle = "".join(letter for letter in letters[1:-1] if letter not in VOWELS)
    forms.add(letters[0] + middle + letters[-1])
    forms.add(letters[0] + "".join(letter for letter in letters[1:] if letter not in VOWELS))
    return forms - {letters}


# Words are looked for by their first letters, this many; few share as many with another.
_START = 4


class Index:
    """Listed words by their keys, found where they stand in a text."""

    def __init__(self, words: Iterable[Listed]) -> None:
        self._by_key: dict[str, list[Listed]] = {}
        lengths: dict[str, set[int]] = {}
        for word in words:
            self._by_key.setdefault(word.key, []).append(word)
            lengths.setdefault(word.key[:_START], set()).add(len(word.key))
        self._lengths = {start: sorted(sizes) for start, sizes in lengths.items()}
        self._sizes = sorted({len(start) for start in lengths})
        # Nothing is listed for most places of most texts, and these say so at once.
        self._firsts = {start[:3] for start in lengths}
        self._short = {start for start in lengths if len(start) < 3}

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def at(self, text: str, position: int, ends: Container[int]) -> list[Listed]:
        """The words whose keys stand in *text* at *position*, up to one of the *ends*."""
        found: list[Listed] = []
        three = text[position : position + 3]
        if three in self._firsts or three[:2] in self._short or three[0] in self._short:
            for size in self._sizes:
                for length in self._lengths.get(text[position : position + size], ()):
                    if position + length in ends:
                        found += self._by_key.get(text[position : position + length], ())
        return found

"""Whether pieces of text were meant as one word: ``s h i t`` and ``sh-it`` were, *this hit* not."""

from itertools import takewhile

from comments.text.folds import APOSTROPHE, BLANK, DASH, LINE, PARTING, STOP
from comments.text.listed import FEWEST_LETTERS, FEWEST_TO_DROP, Listed
from comments.text.ordinary import are_words, is_ordinary, reads_as_words
from comments.text.skeletons import CONTRACTED, Reader, Skeleton, Stretch, is_letter

#: Letters with more blanks and signs than this between them do not belong together.
_WIDEST_GAP = 6
#: Nobody writes so many letters one by one but to evade.
_LONGEST_SPELLING = 24
_WHITE = frozenset(BLANK + LINE)
#: Signs that stand in words and between them, as stars do not.
_FAINT = frozenset(STOP + DASH)


def is_joined(word: Listed, stretch: Stretch, skeleton: Skeleton, reader: Reader) -> bool:
    """Was *word* meant by a *stretch* of several pieces, whose letters fit?"""
    pieces, gaps = stretch.pieces, stretch.gaps
    if max(map(len, gaps)) > _WIDEST_GAP:
        return False
    if len(word.words) == len(pieces) > 1 and _is_phrase(word, pieces, reader):
        return True
    if _is_contraction(pieces, gaps) or not _is_mostly_letters(word, pieces, gaps):
        return False
    if len(pieces) >= min(FEWEST_LETTERS, len(word.letters)) and all(map(is_letter, pieces)):
        return _is_spelled_out(word, stretch, skeleton, reader)
    if not any(_WHITE & set(gap) for gap in gaps):
        return _is_broken_by_signs(word, pieces, gaps)
    return _is_broken_by_blanks(word, stretch)


def _is_phrase(word: Listed, pieces: list[str], reader: Reader) -> bool:
    """Do the pieces part where the words of the phrase do?"""
    keys = [reader.key(piece) for piece in pieces]
    inner = keys[1:-1] == list(word.words[1:-1])
    return inner and keys[0].endswith(word.words[0]) and keys[-1].startswith(word.words[-1])


def _is_contraction(pieces: list[str], gaps: list[str]) -> bool:
    """Is it *he'll* or *who're*?"""
    apostrophes = [piece for piece, gap in zip(pieces[1:], gaps, strict=True) if gap == APOSTROPHE]
    return len(apostrophes) == 1 and apostrophes[0].lower() in CONTRACTED


def _is_mostly_letters(word: Listed, pieces: list[str], gaps: list[str]) -> bool:
    """Are the pieces more than figures and signs, or at least set apart all alike: ``5.h.1.7``?"""
    letters = sum(map(str.isalpha, "".join(pieces)))
    if letters * 2 >= len(word.letters):
        return True
    signs = any(piece in PARTING for piece in pieces)
    return len(set(gaps)) == 1 and not (signs and gaps[0] == BLANK and letters < 2)


def _is_broken_by_signs(word: Listed, pieces: list[str], gaps: list[str]) -> bool:
    """``sh-it``, ``f.uck``; but *pen/is* and *pen.is* are two words."""
    words = [len(piece) > 1 and is_ordinary(piece.lower()) for piece in pieces]
    if word.shortened:
        return max(map(len, gaps)) == 1 and not any(words)
    if len(word.letters) < FEWEST_TO_DROP:
        exact = "".join(pieces).lower() == word.letters
        return (exact or not (_FAINT & set("".join(gaps)))) and not all(words)
    return set(gaps) != {STOP} or not all(words)


def _is_broken_by_blanks(word: Listed, stretch: Stretch) -> bool:
    """``sh it``: where a piece is no word. Not *push it*, *5 hit songs* or *the U.S. hit*."""
    if len(word.letters) < FEWEST_TO_DROP:
        return False
    if any(LINE in gap or (len(gap) > 1 and gap.strip(BLANK)) for gap in stretch.gaps):
        return False
    if not all(any(map(str.isalpha, piece)) for piece in stretch.pieces):
        return False
    # A capital may stand alone, as in *Model S*.
    typed = zip(stretch.pieces, stretch.typed, strict=True)
    pieces = [piece.lower() for piece, first in typed if len(piece) > 1 or not first.isupper()]
    if word.shortened:
        return len(pieces) == len(stretch.pieces) and not any(map(is_ordinary, pieces))
    return not are_words(pieces)


def _is_spelled_out(word: Listed, stretch: Stretch, skeleton: Skeleton, reader: Reader) -> bool:
    """Is it a word of its own among letters that stand one by one: not in ``c l a s s i c``?"""
    gaps = set(stretch.gaps)
    # The first and the last letter may be there again and again.
    before = reader.without_end(_spelled_before(stretch.first, gaps, skeleton), word.key[0])
    after = reader.without_start(_spelled_after(stretch.last, gaps, skeleton), word.key[-1])
    before, after = "" if word.open_start else before, "" if word.open_end else after
    if not before and not after:
        return True
    if is_ordinary(before + stretch.written + after):
        return False
    if word.shortened and max(len(before), len(after)) > 1:
        return False
    return all(len(rest) > _LONGEST_SPELLING or reads_as_words(rest) for rest in (before, after))


def _spelled_before(fragment: int, gaps: set[str], skeleton: Skeleton) -> str:
    """The letters that stand one by one, with the same gaps, before a fragment."""
    letters = skeleton.spelled[max(0, fragment - _LONGEST_SPELLING - 1) : fragment]
    letters = letters[letters.rfind(BLANK) + 1 :]
    between = skeleton.gaps[fragment - len(letters) + 1 : fragment + 1]
    joined = sum(1 for _ in takewhile(gaps.__contains__, reversed(between)))
    return letters[len(letters) - joined :]


def _spelled_after(fragment: int, gaps: set[str], skeleton: Skeleton) -> str:
    """And those after it."""
    letters = skeleton.spelled[fragment + 1 : fragment + _LONGEST_SPELLING + 2]
    letters = letters.partition(BLANK)[0]
    between = skeleton.gaps[fragment + 1 : fragment + len(letters) + 1]
    joined = sum(1 for _ in takewhile(gaps.__contains__, between))
    return letters[:joined]

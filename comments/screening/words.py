"""The owner's lists of words, compiled once for as long as nobody changes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments.models import ListedWord, table_of
from comments.text.wordlists import WordList


@dataclass(frozen=True, slots=True)
class _Compiled:
    #: How many words there are and the last one's number, which is never given again: no word can
    #: come or go without changing one of the two.
    stamp: tuple[int, int]
    lists: Mapping[str, WordList]


_words = table_of(ListedWord)
_STAMP = select(func.count(), func.max(_words.c.id))

_compiled: WeakKeyDictionary[Any, _Compiled] = WeakKeyDictionary()


def lists(session: Session) -> Mapping[str, WordList]:
    """What finds the words of the lists ``reject`` and ``hold``; without those that are empty."""
    counted = session.connection().execute(_STAMP).one()
    stamp = (counted[0], counted[1] or 0)
    bind = session.get_bind()
    known = _compiled.get(bind)
    if known is None or known.stamp != stamp:
        known = _compiled[bind] = _Compiled(stamp, _compile(session) if stamp[0] else {})
    return known.lists


def _compile(session: Session) -> dict[str, WordList]:
    by_list: dict[str, list[str]] = {}
    for listed, word in session.execute(select(ListedWord.list, ListedWord.word)):
        by_list.setdefault(listed, []).append(word)
    return {listed: WordList(words) for listed, words in by_list.items()}

"""The owner's lists of words, compiled once for as long as nobody changes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments.models import ListedWord
from comments.text.wordlists import WordList


@dataclass(frozen=True, slots=True)
class _Compiled:
    #: :attr:`.known.Known.words` when they were compiled.
    stamp: tuple[int, int]
    lists: Mapping[str, WordList]


_compiled: WeakKeyDictionary[Any, _Compiled] = WeakKeyDictionary()


def lists(session: Session, stamp: tuple[int, int]) -> Mapping[str, WordList]:
    """What finds the words of the lists ``reject`` and ``hold``; without those that are empty.

    *stamp* tells whether they are still those that were compiled.
    """
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

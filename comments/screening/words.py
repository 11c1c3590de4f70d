"""The owner's lists of words, compiled once for as long as nobody changes them."""

from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments.models import ListedWord
from comments.text.wordlists import Found, WordList

__all__ = ["Found", "List", "matcher"]

List = Literal["hold", "reject"]


@dataclass(frozen=True, slots=True)
class _Compiled:
    #: How many words there are and the last one's number, which is never given again: no word can
    #: come or go without changing one of the two.
    stamp: tuple[int, int]
    matchers: dict[str, WordList]


_compiled: WeakKeyDictionary[Any, _Compiled] = WeakKeyDictionary()


def matcher(session: Session, which: List) -> WordList | None:
    """Finds the words of a list; ``None`` when the list is empty."""
    counted = session.execute(select(func.count(), func.max(ListedWord.id))).one()
    stamp = (counted[0], counted[1] or 0)
    bind = session.get_bind()
    known = _compiled.get(bind)
    if known is None or known.stamp != stamp:
        known = _compiled[bind] = _Compiled(stamp, _compile(session) if stamp[0] else {})
    return known.matchers.get(which)


def _compile(session: Session) -> dict[str, WordList]:
    by_list: dict[str, list[str]] = {}
    for listed, word in session.execute(select(ListedWord.list, ListedWord.word)):
        by_list.setdefault(listed, []).append(word)
    return {listed: WordList(words) for listed, words in by_list.items()}

"""The lists of words that comments are held or rejected for."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError, Message, say
from comments.models import ListedWord
from comments.moderation.actions import Action, note

LISTS = ("hold", "reject")
#: Words of one list. Each comment is held against all of them.
MAX_WORDS = 2000
MAX_LENGTH = 100


class Added(NamedTuple):
    """The words that are new in a list, and those that stood there already."""

    new: list[str]
    known: list[str]


def listed(session: Session, which: str) -> Sequence[ListedWord]:
    """The words of the list *which*, ``hold`` or ``reject``, in order."""
    in_order = select(ListedWord).where(ListedWord.list == _checked(which))
    return session.scalars(in_order.order_by(ListedWord.word)).all()


def add(session: Session, which: str, written: str, action: Action) -> Added:
    """Put words into a list, one a line of *written*, as one entry of the log.

    Raises 422 for a line that is no word or too long, or when they would become too many.
    """
    words = _read(written)
    begin_write(session)
    known = set(session.scalars(select(ListedWord.word).where(ListedWord.list == _checked(which))))
    new = [word for word in words if word not in known]
    if len(known) + len(new) > MAX_WORDS:
        raise _wrong(say("A list has at most %(most)s words.", most=MAX_WORDS))
    _insert(session, which, new, action)
    if new:
        note(session, action, "words", target=which, after={"added": new})
    return Added(new, [word for word in words if word in known])


def remove(session: Session, ids: Iterable[int], action: Action) -> list[str]:
    """Take words off their lists; one entry of the log for each list. Gives the words."""
    begin_write(session)
    gone: list[str] = []
    for which in LISTS:
        of_list = (ListedWord.list == which, ListedWord.id.in_(list(ids)))
        words = sorted(session.scalars(select(ListedWord.word).where(*of_list)))
        if words:
            session.execute(delete(ListedWord).where(*of_list))
            note(session, action, "words", target=which, after={"removed": words})
            gone += words
    return gone


def put_back(
    session: Session, which: str, added: Iterable[str], removed: Iterable[str], action: Action
) -> int:
    """Undo of :func:`add` and :func:`remove`; gives how many words came or went."""
    begin_write(session)
    took = _take_off(session, which, list(added))
    room = MAX_WORDS - (session.scalar(select(func.count()).where(ListedWord.list == which)) or 0)
    gave = _insert(session, which, list(removed)[: max(room, 0)], action)
    if took or gave:
        note(session, action, "words", target=which, after={"added": gave, "removed": took})
    return len(took) + len(gave)


def _insert(session: Session, which: str, words: Sequence[str], action: Action) -> list[str]:
    made = {"list": which, "created_by": action.by, "created_at": action.now}
    return [word for word in words if insert_or_ignore(session, ListedWord, word=word, **made)]


def _take_off(session: Session, which: str, words: Sequence[str]) -> list[str]:
    of_list = (ListedWord.list == which, ListedWord.word.in_(words))
    there = sorted(session.scalars(select(ListedWord.word).where(*of_list)))
    session.execute(delete(ListedWord).where(*of_list))
    return there


def _read(written: str) -> list[str]:
    """The words of a text, one a line, each once; capitals mean nothing in a list."""
    lines = unicodedata.normalize("NFC", written).splitlines()
    words = list(dict.fromkeys(" ".join(line.split()).lower() for line in lines))
    words = [word for word in words if word]
    if not words:
        raise _wrong(say("Write one word or phrase a line."))
    for word in words:
        if len(word) > MAX_LENGTH:
            facts = {"word": word[:20], "most": MAX_LENGTH}
            raise _wrong(say("“%(word)s…” is longer than %(most)s characters.", **facts))
        if not word.strip("* ") or not word.isprintable():
            raise _wrong(say("“%(word)s” is not a word to look for.", word=ascii(word)[1:-1]))
    return words


def _checked(which: str) -> str:
    if which not in LISTS:
        raise CommentsError("not_found")
    return which


def _wrong(message: Message) -> CommentsError:
    return CommentsError("invalid", errors={"words": message})

"""What the database knows before a comment is looked at: of its author, and of what to look for.

Each of these is a row or two found by a key. They are asked for together, since to send a statement
costs several times what it costs to find a row.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from comments import learning, spelled
from comments.identity import Author
from comments.learning import Counts
from comments.models import (
    ListedWord,
    Person,
    ReservedName,
    folded_name,
    table_of,
)
from comments.screening import bans


class Known(NamedTuple):
    """As it was when it was asked for, which is before the thread is held."""

    #: Whose name it is that the comment is signed with, where that is reserved for somebody.
    whose_name: str | None
    #: The address that its author has shown to be theirs, as a keyed hash.
    shown: str | None
    #: The ban that holds off what its author brings along; see :func:`.bans.read`.
    ban: int | None
    #: A moderator trusts its author.
    trusted: bool
    #: How many words are listed and the last one's number, which is never given again: no word can
    #: come or go without changing one of the two.
    words: tuple[int, int]
    #: The comments that the filter has learned from.
    learned: Counts


_people = table_of(Person).c
_names = table_of(ReservedName).c
_words = table_of(ListedWord).c
_of_author = _people.author_id == bindparam("author")
_QUESTIONS = {
    "whose_name": select(_names.author_id).where(_names.folded == bindparam("name")),
    "shown": select(_people.email_hash).where(_of_author, _people.verified_at.is_not(None)),
    "ban": bans.IN_FORCE,
    "trusted_at": select(_people.trusted_at).where(_of_author),
    "words": select(func.count()).select_from(table_of(ListedWord)),
    "last_word": select(func.max(_words.id)),
    "spam": learning.TOTALS.with_only_columns(learning.TOTALS.selected_columns.spam),
    "ham": learning.TOTALS.with_only_columns(learning.TOTALS.selected_columns.ham),
}
_ASKED = select(*(each.scalar_subquery().label(name) for name, each in _QUESTIONS.items()))


def ask(session: Session, author: Author, name: str, now: datetime) -> Known:
    """What is known of *author*, and of the *name* that they sign with."""
    # Somebody may just have been trusted, or a name reserved, in this transaction.
    session.flush()
    asked = {"author": author.id, "name": folded_name(name)}
    asked |= bans.targets(author, now)
    [row] = spelled.run(session.connection(), _ASKED, asked)
    whose_name, shown, ban, trusted_at, words, last_word, spam, ham = row
    return Known(
        whose_name=whose_name,
        shown=shown,
        ban=ban,
        trusted=trusted_at is not None,
        words=(words, last_word or 0),
        learned=Counts(spam or 0, ham or 0),
    )

"""What the database knows before a comment is looked at: of its author, and of what to look for.

Each of these is a row or two found by a key. They are asked for together, since to send a statement
costs several times what it costs to find a row.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, exists, func, literal, select
from sqlalchemy.orm import Session

from comments import learning
from comments.identity import Author
from comments.learning import Counts
from comments.models import (
    Comment,
    ListedWord,
    Person,
    ReservedName,
    Status,
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
    #: Another comment of its author is published.
    published: bool
    #: How many words are listed and the last one's number, which is never given again: no word can
    #: come or go without changing one of the two.
    words: tuple[int, int]
    #: The comments that the filter has learned from.
    learned: Counts


_people = table_of(Person).c
_names = table_of(ReservedName).c
_comments = table_of(Comment).c
_words = table_of(ListedWord).c
_total = learning.TOTALS.subquery("total")
_anybody = select(literal(1).label("one")).subquery("anybody")

_ASKED = select(
    _names.author_id.label("whose_name"),
    _people.email_hash,
    _people.verified_at,
    _people.trusted_at,
    bans.IN_FORCE.scalar_subquery().label("ban"),
    exists()
    .where(
        _comments.author_id == bindparam("author"),
        _comments.status == Status.PUBLISHED,
        _comments.id != bindparam("besides"),
    )
    .label("published"),
    select(func.count()).select_from(table_of(ListedWord)).scalar_subquery().label("words"),
    select(func.max(_words.id)).scalar_subquery().label("last_word"),
    _total.c.spam,
    _total.c.ham,
).select_from(
    # Whoever is in none of the tables has a row all the same.
    _anybody.outerjoin(table_of(Person), _people.author_id == bindparam("author"))
    .outerjoin(table_of(ReservedName), _names.folded == bindparam("name"))
    .outerjoin(_total, literal(value=True))
)


def ask(
    session: Session, author: Author, name: str, now: datetime, besides: int | None = None
) -> Known:
    """What is known of *author* and of *name*, leaving their comment *besides* out of account."""
    # Somebody may just have been trusted, or a name reserved, in this transaction.
    session.flush()
    asked = {"author": author.id, "name": folded_name(name), "besides": besides or 0}
    asked |= bans.targets(author, now)
    row = session.connection().execute(_ASKED, asked).one()
    return Known(
        whose_name=row.whose_name,
        shown=row.email_hash if row.verified_at else None,
        ban=row.ban,
        trusted=row.trusted_at is not None,
        published=row.published,
        words=(row.words, row.last_word or 0),
        learned=Counts(row.spam or 0, row.ham or 0),
    )

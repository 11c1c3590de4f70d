"""Whose name is whose: what guests and members may call themselves."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from comments import text
from comments.config import Settings
from comments.database import insert_or_ignore
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.models import ReservedName, folded_name, table_of

_names = table_of(ReservedName)
_WHOSE = select(_names.c.author_id).where(_names.c.folded == bindparam("name"))


def check_name(author: Author, name: str, whose: str | None, settings: Settings) -> None:
    """Refuse a guest a name that reads like a member's, a moderator's or a reserved one.

    *whose* is the author for whom it is reserved, where it is. Whoever is signed in has the name
    they are known by elsewhere, and two may share one.
    """
    if author.is_guest and _is_taken(author, folded_name(name), whose, settings):
        taken = say("That name belongs to someone here. Please take another.")
        raise CommentsError("name_reserved", errors={"name": taken})


def is_taken(session: Session, author: Author, name: str, settings: Settings) -> bool:
    """Whether *name* reads like somebody else's, or like one that is for moderators alone."""
    folded = folded_name(name)
    whose = session.connection().execute(_WHOSE, {"name": folded}).scalar()
    return _is_taken(author, folded, whose, settings)


def _is_taken(author: Author, folded: str, whose: str | None, settings: Settings) -> bool:
    if folded in _reserved(settings.reserved_names) and not author.is_moderator:
        return True
    return whose is not None and whose != author.id


@lru_cache(maxsize=8)
def _reserved(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(text.fold_name, names))


def reserve_name(session: Session, author: Author, now: datetime) -> None:
    """From their first comment on, no guest can look like somebody who is signed in."""
    folded = folded_name(author.name or "")
    if folded and not author.is_guest:
        insert_or_ignore(session, ReservedName, folded=folded, author_id=author.id, created_at=now)

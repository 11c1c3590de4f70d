"""Whose name is whose: what guests and members may call themselves."""

from datetime import datetime

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


def check_name(session: Session, author: Author, name: str, settings: Settings) -> None:
    """Refuse a guest a name that reads like a member's, a moderator's or a reserved one.

    Whoever is signed in has the name they are known by elsewhere, and two may share one.
    """
    if author.is_guest and is_taken(session, author, name, settings):
        taken = say("That name belongs to someone here. Please take another.")
        raise CommentsError("name_reserved", errors={"name": taken})


def is_taken(session: Session, author: Author, name: str, settings: Settings) -> bool:
    """Whether *name* reads like somebody else's, or like one that is for moderators alone."""
    wanted = folded_name(name)
    reserved = {text.fold_name(word) for word in settings.reserved_names}
    if wanted in reserved and not author.is_moderator:
        return True
    whose = session.connection().execute(_WHOSE, {"name": wanted}).scalar()
    return whose is not None and whose != author.id


def reserve_name(session: Session, author: Author, now: datetime) -> None:
    """From their first comment on, no guest can look like somebody who is signed in."""
    folded = folded_name(author.name or "")
    if folded and not author.is_guest:
        insert_or_ignore(session, ReservedName, folded=folded, author_id=author.id, created_at=now)

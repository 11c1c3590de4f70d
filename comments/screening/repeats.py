"""The same text again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    select,
    union_all,
)

from comments import spelled
from comments.errors import say
from comments.models import Comment, Status, table_of
from comments.screening.verdicts import Submitted, Verdict

#: "Congratulations!" and "First!" are said by many, and often.
LEAST_LENGTH = 40
#: Saying something twice is a mistake or an answer to two people; three times is a campaign.
MOST_BEFORE = 2
WITHIN = timedelta(days=1)
#: The latest comments of an author and of a network that are compared.
COMPARED = 30


def repeated(submitted: Submitted) -> Verdict | None:
    """The same author, or the same network, said the same at least twice before within a day."""
    if submitted.settings.rate_limits == "off" or submitted.comment_id is not None:
        return None
    said = normalised(submitted.text)
    if len(said) < LEAST_LENGTH:
        return None
    # One that is in both parts counts once.
    earlier = set(_earlier(submitted))
    if sum(normalised(body) == said for _, body in earlier) < MOST_BEFORE:
        return None
    return Verdict(Status.PENDING, say("the same text was sent several times"), risk=0.8)


def normalised(text: str) -> str:
    """The text as it is compared: without case, and with single blanks."""
    return " ".join(text.casefold().split())


def _earlier(submitted: Submitted) -> Sequence[tuple[Any, ...]]:
    author = submitted.author
    asked = {"since": submitted.now - WITHIN, "author": author.id, "network": author.address}
    statement = _BY_BOTH if author.address else _BY_AUTHOR
    return spelled.run(submitted.session.connection(), statement, asked)


_comments = table_of(Comment)


def _latest(which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(_comments.c.id, _comments.c.body)
        .where(_comments.c.created_at > bindparam("since"), which)
        .order_by(_comments.c.created_at.desc())
        .limit(COMPARED)
    )


# Each part reads the end of an index.
_BY_AUTHOR = _latest(_comments.c.author_id == bindparam("author"))
_BY_NETWORK = _latest(_comments.c.address_hash == bindparam("network"))
_BY_BOTH = union_all(
    *(select(part.c.id, part.c.body) for part in (_BY_AUTHOR.subquery(), _BY_NETWORK.subquery()))
)

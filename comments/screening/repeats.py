"""The same text again."""

from datetime import timedelta

from sqlalchemy import CompoundSelect, Select, select, union_all

from comments.errors import say
from comments.models import Comment, Status
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
    earlier = {(row.id, row.body) for row in submitted.session.execute(_earlier(submitted))}
    if sum(normalised(body) == said for _, body in earlier) < MOST_BEFORE:
        return None
    return Verdict(Status.PENDING, say("the same text was sent several times"), risk=0.8)


def normalised(text: str) -> str:
    """The text as it is compared: without case, and with single blanks."""
    return " ".join(text.casefold().split())


def _earlier(submitted: Submitted) -> CompoundSelect[int, str] | Select[int, str]:
    """Each part reads the end of an index."""
    author = submitted.author
    by_author = _latest(submitted).where(Comment.author_id == author.id)
    if not author.address:
        return by_author
    by_network = _latest(submitted).where(Comment.address_hash == author.address)
    return union_all(
        *(select(part.c.id, part.c.body) for part in (by_author.subquery(), by_network.subquery()))
    )


def _latest(submitted: Submitted) -> Select[int, str]:
    return (
        select(Comment.id, Comment.body)
        .where(Comment.created_at > submitted.now - WITHIN)
        .order_by(Comment.created_at.desc())
        .limit(COMPARED)
    )

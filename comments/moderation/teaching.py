"""What the learned filter is taught by the decisions of moderators.

A comment that a person let through is an example of what is welcome here, one that a person
called spam is one of spam. What was rejected may be rude or off topic and reads like neither.
``Comment.learned_as`` remembers what each was an example of, so that a decision that is changed or
taken back leaves the counts as if it had never been made.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from comments import learning
from comments.models import Comment, Decision, Status
from comments.moderation.actions import Action

#: Examples that one round of a bulk decision gives. A wave of ten thousand is one text with
#: variations: learning all of it would take as long as deciding it, and drown everything else.
MOST_EXAMPLES = 100

#: ``ham``, ``spam`` or nothing, by the comment's id.
Lessons = dict[int, str | None]

_LESSONS = {Status.PUBLISHED: "ham", Status.SPAM: "spam"}


def teach(session: Session, comment_ids: Sequence[int], status: Status, action: Action) -> None:
    """Comments have come into *status* by *action*, which a person took."""
    lessons: Lessons = dict.fromkeys(comment_ids, _LESSONS.get(status))
    if action.undoes and lessons:
        # Back where they were: perhaps no person had put them there.
        lessons = _lessons_before(session, comment_ids, action)
    rows = session.execute(
        select(Comment.id, Comment.body, Comment.learned_as).where(Comment.id.in_(lessons))
    ).all()
    for old in ("ham", "spam"):
        wrong = [row for row in rows if row.learned_as == old != lessons[row.id]]
        learning.unlearn(session, [row.body for row in wrong], as_spam=old == "spam")
        _remember(session, [row.id for row in wrong], None)
    for new in ("ham", "spam"):
        fresh = [row for row in rows if lessons[row.id] == new != row.learned_as]
        _learn(session, _examples(fresh), new)


def forget(session: Session, comment: Comment) -> None:
    """Before *comment* loses its text to its author: nobody has decided about what comes after.

    Later nobody would know what to take out of the counts.
    """
    if comment.learned_as:
        learning.unlearn(session, [comment.body], as_spam=comment.learned_as == "spam")
        comment.learned_as = None


def _examples(rows: Sequence[Any]) -> Sequence[Any]:
    """Of too many some, and no text twice."""
    if len(rows) <= MOST_EXAMPLES:
        return rows
    return list({row.body: row for row in rows}.values())[:MOST_EXAMPLES]


def _learn(session: Session, rows: Sequence[Any], lesson: str) -> None:
    learning.learn(session, [row.body for row in rows], as_spam=lesson == "spam")
    _remember(session, [row.id for row in rows], lesson)


def _remember(session: Session, comment_ids: Sequence[int], lesson: str | None) -> None:
    if comment_ids:
        session.execute(
            update(Comment).where(Comment.id.in_(comment_ids)).values(learned_as=lesson)
        )


def _lessons_before(session: Session, comment_ids: Sequence[int], action: Action) -> Lessons:
    """What each comment was an example of before the batch that is taken back."""
    decided = (
        select(Decision.comment_id, Decision.after, Decision.actor, Decision.undoes)
        .join(Comment, Comment.id == Decision.comment_id)
        .where(
            # What its author has written since then was not decided about.
            or_(Comment.edited_at.is_(None), Comment.edited_at <= Decision.created_at),
            Decision.comment_id.in_(comment_ids),
            Decision.action == "status",
            Decision.batch.not_in((action.undoes, action.batch)),
        )
        .order_by(Decision.id)
    )
    lessons: Lessons = dict.fromkeys(comment_ids)
    entry: Any
    for entry in session.execute(decided):
        by_person = entry.actor != "screen" and entry.undoes is None
        lessons[entry.comment_id] = _LESSONS.get(Status(entry.after)) if by_person else None
    return lessons

"""Leaving of comments no more than their place: a tombstone carries what others answered."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from comments import index
from comments.models import Comment, Edit, Mention, Report

#: What a comment says, of its author as well. Ids, states and numbers stay.
_NOTHING = {
    "author_name": "",
    "author_folded": "",
    "author_avatar": None,
    "author_website": None,
    "body": "",
    "html": "",
    "anchor": None,
    "status_reason": "",
    "address_hash": None,
    "email_hash": None,
}


def empty(session: Session, ids: Sequence[int], **values: Any) -> None:
    """Take the texts, names and hashes out of comments, with whatever quotes them; *values* are
    columns that change besides."""
    if not ids:
        return
    index.drop(session, ids)
    for statement in (
        delete(Edit).where(Edit.comment_id.in_(ids)),
        delete(Mention).where(Mention.comment_id.in_(ids)),
        # A note may quote what it is about.
        update(Report).where(Report.comment_id.in_(ids)).values(note=""),
        update(Comment).where(Comment.id.in_(ids)).values(_NOTHING | values),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})

"""Stored counters, held against the rows they count."""

from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from comments.models import Comment, Status, Thread, Vote


def wrong_counters(session: Session) -> dict[str, list[Any]]:
    """Rows whose stored counters differ from what the rows say, by table.

    The truth is counted from the votes and the statuses; ``flask comments check`` prints it.
    """
    published = case((Comment.status == Status.PUBLISHED, 1), else_=0)
    per_thread = (
        select(Comment.thread_id, func.sum(published).label("count"))
        .group_by(Comment.thread_id)
        .subquery()
    )
    wrong_threads = session.execute(
        select(Thread.key, Thread.count, func.coalesce(per_thread.c.count, 0))
        .outerjoin(per_thread, per_thread.c.thread_id == Thread.id)
        .where(Thread.count != func.coalesce(per_thread.c.count, 0))
    )
    return {"threads": [tuple(row) for row in wrong_threads], "comments": _wrong_comments(session)}


def _wrong_comments(session: Session) -> list[tuple[int, str, int, int]]:
    below: dict[int, int] = {}
    listed = select(Comment.path).where(Comment.status == Status.PUBLISHED, Comment.path != "")
    for (path,) in session.execute(listed.execution_options(yield_per=1000)):
        for step in path.split("."):
            below[int(step)] = below.get(int(step), 0) + 1
    votes = _votes_by_comment(session)
    wrong: list[tuple[int, str, int, int]] = []
    columns = (Comment.id, Comment.up, Comment.down, Comment.score, Comment.replies_count)
    for row in session.execute(select(*columns).execution_options(yield_per=1000)):
        up, down = votes.get(row.id, (0, 0))
        for name, is_, should in (
            ("up", row.up, up),
            ("down", row.down, down),
            ("score", row.score, up - down),
            ("replies_count", row.replies_count, below.get(row.id, 0)),
        ):
            if is_ != should:
                wrong.append((row.id, name, is_, should))
    return wrong


def _votes_by_comment(session: Session) -> dict[int, tuple[int, int]]:
    up = func.sum(case((Vote.value > 0, 1), else_=0))
    down = func.sum(case((Vote.value < 0, 1), else_=0))
    counted = session.execute(select(Vote.comment_id, up, down).group_by(Vote.comment_id))
    return {comment_id: (int(plus), int(minus)) for comment_id, plus, minus in counted}

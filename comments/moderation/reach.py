"""Which threads a moderator may touch: all, or those of the sites that are theirs.

This is the one place where that is decided, for reading and for deciding, for one comment and
for ten thousand.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from comments.errors import CommentsError
from comments.models import Thread

#: The origins of some sites, or ``None`` for all of them, as ``Author.sites`` has it.
Sites = frozenset[str] | None


def within(sites: Sites, thread_id: Any) -> ColumnElement[bool]:
    """That *thread_id* (a column) is of one of *sites*, for the ``WHERE`` of a query."""
    if sites is None:
        return true()
    return thread_id.in_(select(Thread.id).where(Thread.site.in_(sorted(sites))))  # type: ignore[no-any-return]


def in_reach(sites: Sites, site: str | None) -> bool:
    return sites is None or site in sites


def check_reach(sites: Sites, site: str | None) -> None:
    """404 for a thread of another site: what waits there does not exist for this moderator."""
    if not in_reach(sites, site):
        raise CommentsError("no_such_comment")


def check_reach_of_all(session: Session, sites: Sites, thread_ids: Collection[int]) -> None:
    """404 unless every one of these threads is within reach."""
    if sites is None:
        return
    beyond = select(Thread.id).where(Thread.id.in_(thread_ids), ~within(sites, Thread.id)).limit(1)
    if session.scalar(beyond) is not None:
        raise CommentsError("not_found")

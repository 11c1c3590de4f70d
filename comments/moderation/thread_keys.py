"""Keys that change hands: the rules that keep a page of before from being shown afterwards.

A page that is kept, here or at a reader's, stands under an address with a key in it and is true
for one revision. When a key begins to lead to another thread, the two meet in one number, which
must be higher than all that either has had; and a row is never thrown away, as its key would
begin again at 0.
"""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import threads
from comments.database import begin_write
from comments.errors import CommentsError
from comments.models import Comment, Thread
from comments.moderation.actions import Action
from comments.moderation.reach import in_reach


def both(session: Session, one: int, other: int, action: Action) -> tuple[Thread, Thread]:
    """Two threads, locked: old keys before the rows they lead to, then in the order of their ids.

    Whoever writes under an old key may hold its row while waiting for the other one. 404 unless
    both are within *action*'s reach.
    """
    begin_write(session)
    led = select(Thread.id).where(Thread.merged_into_id.in_((one, other)))
    threads.lock_many(session, session.scalars(led).all())
    threads.lock_many(session, (one, other))
    rows = session.scalars(
        select(Thread).where(Thread.id.in_((one, other))),
        execution_options={"populate_existing": True},
    )
    found = {thread.id: thread for thread in rows if in_reach(action.sites, thread.site)}
    if len(found) < 2:
        raise CommentsError("not_found")
    return found[one], found[other]


def has_comments(session: Session, thread: Thread) -> bool:
    written = select(Comment.id).where(Comment.thread_id == thread.id).limit(1)
    return session.execute(written).first() is not None


def next_revision(*rows: Thread) -> int:
    return max(row.revision for row in rows) + 1


def trade_keys(session: Session, thread: Thread, old: Thread) -> None:
    """Give *thread* the key of *old*, an old key of its own, and the other way round."""
    wanted, had = old.key, thread.key
    old.key = secrets.token_hex(16)  # no two rows may have one key, not even for a moment
    session.flush()
    thread.key = wanted
    session.flush()
    old.key = had
    old.revision = thread.revision = next_revision(old, thread)
    session.flush()

"""What moderators do with whole threads: close, hold, rename. Joining two is in ``merging``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import threads
from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError, Message, say
from comments.models import Thread
from comments.moderation.actions import Action, note
from comments.moderation.reach import in_reach
from comments.moderation.thread_keys import both, has_comments, next_revision, trade_keys

#: What can be renamed, and what the form calls it.
NAMED = ("key", "title", "url", "site")


def standing(session: Session, thread_id: int, action: Action) -> Thread:
    """The thread, locked; 404 for none within reach, 409 when it is a part of another by now."""
    thread = threads.lock(session, thread_id) if session.get(Thread, thread_id) else None
    if thread is None or not in_reach(action.sites, thread.site):
        raise CommentsError("not_found")
    if thread.merged_into_id is not None:
        raise CommentsError("changed_meanwhile", MERGED)
    return thread


MERGED: Message = say("That discussion has become a part of another one.")


# ── open, closed, held ───────────────────────────────────────────────────────────────────


def close(
    session: Session, thread_id: int, action: Action, *, closed: bool, close_days: int = 0
) -> Thread:
    """Close a thread to new comments, or open it again.

    With *close_days*, the setting, one that has closed by itself can be opened; it then stays
    open until somebody closes it.
    """
    thread = standing(session, thread_id, action)
    if closed != threads.is_closed(thread, close_days, action.now):
        before = {
            "closed": not closed,
            "closed_at": thread.closed_at and thread.closed_at.isoformat(),
            "reopened_at": thread.reopened_at and thread.reopened_at.isoformat(),
        }
        thread.closed_at = action.now if closed else None
        thread.reopened_at = None if closed else action.now
        thread.revision += 1
        after = {"closed": closed}
        note(session, action, "close", thread_id=thread.id, before=before, after=after)
    return thread


def close_back(
    session: Session, thread_id: int, action: Action, was: Mapping[str, Any], now: Mapping[str, Any]
) -> bool:
    """Undo of :func:`close`: exactly as it was, so that one can close by itself again."""
    thread = standing(session, thread_id, action)
    if (thread.closed_at is not None) != now["closed"]:
        return False
    for name in ("closed_at", "reopened_at"):
        setattr(thread, name, was[name] and datetime.fromisoformat(was[name]))
    thread.revision += 1
    note(
        session,
        action,
        "close",
        thread_id=thread.id,
        before=now,
        after={"closed": was["closed"]},
    )
    return True


def hold(session: Session, thread_id: int, action: Action, *, held: bool) -> Thread:
    """Let everything that is written in a thread wait for a moderator, or no more."""
    thread = standing(session, thread_id, action)
    if held != thread.hold_all:
        thread.hold_all = held
        before, after = {"held": not held}, {"held": held}
        note(session, action, "hold", thread_id=thread.id, before=before, after=after)
    return thread


# ── names ────────────────────────────────────────────────────────────────────────────────


def rename(session: Session, thread_id: int, action: Action, names: Mapping[str, Any]) -> Thread:
    """Give a thread another key, title, address or site; *names* holds those that change.

    Its old key goes on leading to it. Raises 422 for a key that belongs to another thread:
    the two are for merging.
    """
    holder = _holder(session, thread_id, names["key"], action) if "key" in names else None
    thread = standing(session, thread_id, action)
    changed = {name for name in NAMED if name in names and names[name] != getattr(thread, name)}
    if not changed:
        return thread
    before = {name: getattr(thread, name) for name in changed}
    new_key = holder is not None and _take_key(session, thread, holder)
    for name in changed - {"key"}:
        setattr(thread, name, names[name])
    thread.revision += 1
    after = {name: getattr(thread, name) for name in changed}
    if new_key:
        after["new_key"] = True
    note(session, action, "rename", thread_id=thread.id, before=before, after=after)
    return thread


def _holder(session: Session, thread_id: int, key: str, action: Action) -> Thread | None:
    """The row that has *key*, locked with the thread's; ``None`` when that is the thread's own."""
    begin_write(session)
    thread = session.get(Thread, thread_id)
    if thread is None or thread.key == key:
        return None
    led = {"site": thread.site, "created_at": action.now, "active_at": action.now}
    insert_or_ignore(session, Thread, key=key, **led)
    holder_id = session.scalars(select(Thread.id).where(Thread.key == key)).one()
    return both(session, holder_id, thread_id, action)[0]


def _take_key(session: Session, thread: Thread, holder: Thread) -> bool:
    """Call *thread* by the key of *holder*; tells whether that key led nowhere before."""
    new = holder.merged_into_id is None
    if has_comments(session, holder) or holder.merged_into_id not in (None, thread.id):
        wrong = say("Another discussion has this key. Merge the two instead.")
        raise CommentsError("invalid", errors={"key": wrong})
    holder.merged_into_id = thread.id
    trade_keys(session, thread, holder)
    return new


def rename_back(
    session: Session, thread_id: int, action: Action, was: Mapping[str, Any], now: Mapping[str, Any]
) -> bool:
    """Undo of :func:`rename`; a key that was new leads nowhere again."""
    thread = standing(session, thread_id, action)
    names = {
        name: was[name] for name in NAMED if name in was and getattr(thread, name) == now[name]
    }
    if not names:
        return False
    try:
        rename(session, thread_id, action, names)
    except CommentsError:
        # Somebody has written under the old key since: it is another discussion's.
        return False
    if "key" in names and now.get("new_key"):
        left = session.scalars(select(Thread).where(Thread.key == now["key"])).one()
        left.merged_into_id = None
        left.revision = thread.revision = next_revision(left, thread)
    return True

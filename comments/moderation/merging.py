"""Two threads become one, and old keys lead to where the discussion is now.

A merged thread keeps its row, with its key and without comments: it leads to the other one.
There are no chains: what led to it leads to the other one as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from comments import subscriptions, threads
from comments.database import begin_write, chunks, insert_or_ignore
from comments.errors import CommentsError, say
from comments.models import Comment, Status, Thread
from comments.moderation.actions import Action, note
from comments.moderation.decisions import MAX_PINNED
from comments.moderation.discussions import MERGED
from comments.moderation.thread_keys import both, has_comments, next_revision

# Under the number of parameters that either database takes in one statement.
_CHUNK = 10_000


def merge(session: Session, thread_id: int, into_id: int, action: Action) -> Thread:
    """Move all that was written in the first thread into the second; gives the second.

    Its key leads there from now on. Raises 409 when either has become a part of another.
    """
    if thread_id == into_id:
        raise CommentsError("invalid", errors={"into": say("That is the same discussion.")})
    source, target = both(session, thread_id, into_id, action)
    if source.merged_into_id is not None or target.merged_into_id is not None:
        raise CommentsError("changed_meanwhile", MERGED)
    moved: dict[str, Any] = {
        "into": target.id,
        "key": target.key,
        "title": target.title,
        "roots": _as_ranges(_roots(session, source)),
        "old_keys": _lead_on(session, source, target),
        "unpinned": _unpin(session, source, target),
    }
    before = {"key": source.key, "title": source.title, "count": source.count}
    _move(session, Comment.thread_id == source.id, source, target, source.count)
    subscribed = subscriptions.moving.to_thread(session, source.id, target.id)
    moved["subscriptions"] = _as_ranges(subscribed)
    source.merged_into_id = target.id
    target.active_at = max(target.active_at, source.active_at)
    note(session, action, "merge", thread_id=source.id, before=before, after=moved)
    return target


def part(session: Session, thread_id: int, action: Action, moved: Mapping[str, Any]) -> int:
    """Undo of :func:`merge`: the comments of before go back, with the replies they got since.

    Gives how many; none when the other thread has been merged in its turn.
    """
    source, target = both(session, thread_id, moved["into"], action)
    if source.merged_into_id != target.id:
        return 0
    back, published = _still_there(session, target, _from_ranges(moved["roots"]))
    source.merged_into_id = None
    _lead_back(session, moved["old_keys"], source, target)
    _move_ids(session, back, target, source, published)
    # Entries of before there were subscriptions know of none.
    subscribed = _from_ranges(moved.get("subscriptions", ""))
    subscriptions.moving.back(session, subscribed, target.id, source.id)
    for comment_id, pinned_at in moved["unpinned"].items():
        _pin_again(session, int(comment_id), source, datetime.fromisoformat(pinned_at))
    after = {"key": source.key, "title": source.title, "count": source.count}
    note(session, action, "merge", thread_id=source.id, before={"into": target.id}, after=after)
    return len(back) or 1


def alias(session: Session, thread_id: int, key: str, action: Action) -> Thread:
    """Let *key*, an old address of its article perhaps, lead to a thread as well.

    Raises 422 for a key under which there is a discussion, or that leads to another one.
    """
    key = threads.check_key(key)
    begin_write(session)
    site = session.scalar(select(Thread.site).where(Thread.id == thread_id))
    now = action.now
    insert_or_ignore(session, Thread, key=key, created_at=now, active_at=now, site=site)
    named = session.scalars(select(Thread.id).where(Thread.key == key)).one()
    if named == thread_id:
        raise _wrong_key(say("That is the key of this discussion."))
    old, thread = both(session, named, thread_id, action)
    if thread.merged_into_id is not None:
        raise CommentsError("changed_meanwhile", MERGED)
    if old.merged_into_id not in (None, thread.id):
        raise _wrong_key(say("That key leads to another discussion already."))
    if has_comments(session, old):
        raise _wrong_key(say("There is a discussion under that key. Merge the two instead."))
    _lead(session, old, thread.id, thread, action)
    return thread


def release(session: Session, old_id: int, action: Action) -> Thread:
    """Let an old key lead nowhere again; the thread that it led to is given."""
    leads_to = session.scalars(select(Thread.merged_into_id).where(Thread.id == old_id)).first()
    if leads_to is None:
        raise CommentsError("not_found")
    old, thread = both(session, old_id, leads_to, action)
    _lead(session, old, None, thread, action)
    return thread


def lead_back(
    session: Session, old_id: int, action: Action, was: Mapping[str, Any], now: Mapping[str, Any]
) -> bool:
    """Undo of :func:`alias` and of :func:`release`."""
    leads_to, led_to = was["leads_to"], now["leads_to"]
    old, thread = both(session, old_id, leads_to or led_to, action)
    if old.merged_into_id != led_to or thread.merged_into_id or has_comments(session, old):
        return False
    _lead(session, old, leads_to, thread, action)
    return True


def _lead(
    session: Session, old: Thread, leads_to: int | None, thread: Thread, action: Action
) -> None:
    if old.merged_into_id == leads_to:
        return
    before = {"key": old.key, "leads_to": old.merged_into_id, "thread": thread.key}
    old.merged_into_id = leads_to
    old.revision = thread.revision = next_revision(old, thread)
    after = before | {"leads_to": leads_to}
    note(session, action, "alias", thread_id=old.id, before=before, after=after)


def _wrong_key(message: Any) -> CommentsError:
    return CommentsError("invalid", errors={"key": message})


# ── old keys ─────────────────────────────────────────────────────────────────────────────


def _lead_on(session: Session, source: Thread, target: Thread) -> list[int]:
    led = session.scalars(select(Thread).where(Thread.merged_into_id == source.id)).all()
    for old in led:
        old.merged_into_id = target.id
    return [old.id for old in led]


def _lead_back(session: Session, old_ids: Sequence[int], source: Thread, target: Thread) -> None:
    led = select(Thread).where(Thread.id.in_(old_ids), Thread.merged_into_id == target.id)
    for old in session.scalars(led):
        old.merged_into_id = source.id


# ── pins ─────────────────────────────────────────────────────────────────────────────────


def _unpin(session: Session, source: Thread, target: Thread) -> dict[str, str]:
    """Two threads' pins may be too many for one; those of the thread that goes come off."""
    pinned = [list(session.scalars(_pinned_in(thread))) for thread in (source, target)]
    if len(pinned[0]) + len(pinned[1]) <= MAX_PINNED:
        return {}
    off = {}
    for comment in pinned[0]:
        assert comment.pinned_at is not None
        off[str(comment.id)] = comment.pinned_at.isoformat()
        comment.pinned_at = None
    return off


def _pinned_in(thread: Thread) -> Any:
    return select(Comment).where(Comment.thread_id == thread.id, Comment.pinned_at.is_not(None))


def _pin_again(session: Session, comment_id: int, thread: Thread, pinned_at: datetime) -> None:
    comment = session.get(Comment, comment_id, populate_existing=True)
    if comment and comment.thread_id == thread.id and comment.status is Status.PUBLISHED:
        comment.pinned_at = pinned_at


# ── moving ───────────────────────────────────────────────────────────────────────────────


def _move(session: Session, which: Any, source: Thread, target: Thread, published: int) -> None:
    """Put comments of *source* into *target*, to whose readers they are new."""
    revision = next_revision(source, target)
    session.flush()
    session.execute(
        update(Comment)
        .where(which)
        .values(
            thread_id=target.id,
            published_revision=case((Comment.status == Status.PUBLISHED, revision)),
            changed_revision=None,
        ),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
    source.count -= published
    target.count += published
    source.revision = target.revision = revision


def _move_ids(
    session: Session, ids: Sequence[int], source: Thread, target: Thread, published: int
) -> None:
    # Both threads read differently even where none moves.
    for some in chunks(ids, _CHUNK) if ids else ((),):
        _move(session, Comment.id.in_(some), source, target, 0)
    source.count -= published
    target.count += published


def _roots(session: Session, thread: Thread) -> list[int]:
    top = select(Comment.id).where(Comment.thread_id == thread.id, Comment.parent_id.is_(None))
    return sorted(session.scalars(top))


def _still_there(session: Session, target: Thread, roots: set[int]) -> tuple[list[int], int]:
    """The comments in *target* below these roots, and how many of them are published."""
    rows = session.execute(
        select(
            Comment.id, func.coalesce(Comment.root_id, Comment.id).label("top"), Comment.status
        ).where(Comment.thread_id == target.id)
    )
    back = [row for row in rows if row.top in roots]
    return [row.id for row in back], sum(row.status is Status.PUBLISHED for row in back)


def _as_ranges(ids: Iterable[int]) -> str:
    """Sorted numbers as ``3-17,20``: a long discussion's are mostly neighbours."""
    runs = []
    for _, run in groupby(enumerate(ids), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        runs.append(f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}")
    return ",".join(runs)


def _from_ranges(text: str) -> set[int]:
    found: set[int] = set()
    for run in filter(None, text.split(",")):
        first, _, last = run.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found

"""The one door for visibility.

Only :func:`set_status` and :func:`set_status_of_many` change a comment's status, and
:func:`put_new` gives it its first one. They write the
log, move the counters and the thread's revision, and owe a mail or a webhook to whoever asked to
be told, all in the caller's transaction; nothing else touches them. For one comment the caller
holds the thread's lock (``threads.lock``), so decisions on a thread come one after the other; many
comments lock their threads themselves.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, insert, or_, select, update
from sqlalchemy.orm import Session

from comments import notify, signals, spelled, threads
from comments.database import begin_write, chunks, insert_now, read_anew
from comments.models import REASON_LENGTH, Comment, Decision, Report, Status, Thread, table_of
from comments.moderation.actions import Action
from comments.moderation.marks import MARKS, note_marks_of_many
from comments.moderation.reach import within
from comments.moderation.teaching import teach
from comments.threads import ThreadFacts

# A statement that names nothing but ids has room for so many.
_MOST_IDS = 10_000
#: The revision of a comment's thread, in a statement that changes the comment.
_REVISION = select(Thread.revision).where(Thread.id == Comment.thread_id).scalar_subquery()

#: What the log holds of a status.
_OF_DECISION = (
    *("action", "comment_id", "thread_id", "before", "after"),
    *("actor", "actor_name", "reason", "batch", "created_at"),
)
_LOGGED = insert(table_of(Decision)).values({name: bindparam(name) for name in _OF_DECISION})
#: What a new comment changes of its thread, besides when it was last written in.
_OF_THREAD = ("count", "revision", "url", "title", "created_at")
_threads = table_of(Thread)
_CAME_IN = (
    update(_threads)
    .where(_threads.c.id == bindparam("at"))
    .values({name: bindparam(name) for name in (*_OF_THREAD, "active_at")})
    .returning(notify.IS_FOLLOWED.label("is_followed"))
)


def set_status(
    session: Session,
    thread: Thread,
    comment: Comment,
    status: Status,
    *,
    by: str,
    reason: str = "",
    now: datetime,
    name: str = "",
    batch: str = "",
) -> None:
    """Put *comment* into *status*.

    *by* is an author id, or ``screen`` for an automatic verdict, *name* what that person is
    called in the log; *reason* is a short sentence; *batch* what it can be undone by.
    """
    before = comment.status
    comment.status_at, comment.status_reason = now, reason[:REASON_LENGTH]
    change = _move_one(session, thread, comment, status)
    session.flush()
    _log_one(session, comment, before, by=by, now=now, name=name, batch=batch)
    _tell_of_one(session, thread, comment, before, now, tell=change > 0)


def put_new(
    session: Session,
    thread: ThreadFacts,
    comment: Comment,
    status: Status,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> ThreadFacts:
    """Let the new *comment* come in, into *status*; gives *thread* as it stands now.

    The thread is written as it is given here, with the numbers that the comment brings; that this
    was done (``threads.wrote``) says the caller.
    """
    seen = status is Status.PUBLISHED
    thread = replace(thread, count=thread.count + seen, revision=thread.revision + seen)
    comment.status, comment.listed = status, seen
    comment.status_at, comment.status_reason = now, reason[:REASON_LENGTH]
    if seen:
        comment.published_revision = thread.revision
        _count_in_ancestors(session, comment, 1, thread.revision)
    insert_now(session, comment)
    # What hangs on it: the names in its text.
    session.flush()
    came: dict[str, Any] = {name: getattr(thread, name) for name in _OF_THREAD}
    came |= {"at": thread.id, "active_at": now}
    [(is_followed,)] = spelled.run(session.connection(), _CAME_IN, came)
    read_anew(session, Thread, thread.id)
    _log_one(session, comment, None, by=by, now=now)
    _tell_of_one(session, thread, comment, None, now, tell=seen and is_followed)
    return thread


def _log_one(
    session: Session,
    comment: Comment,
    before: Status | None,
    *,
    by: str,
    now: datetime,
    name: str = "",
    batch: str = "",
) -> None:
    entry = {
        "action": "status",
        "comment_id": comment.id,
        "thread_id": comment.thread_id,
        "before": before,
        "after": comment.status,
        "actor": by,
        "actor_name": name,
        "reason": comment.status_reason,
        "batch": batch,
        "created_at": now,
    }
    spelled.run(session.connection(), _LOGGED, entry)


def _move_one(session: Session, thread: Thread, comment: Comment, status: Status) -> int:
    """Give *comment* its status, its place and its numbers; 1 when everybody sees it from now on,
    -1 when nobody does any more."""
    before = comment.status
    seen_before = bool(comment.listed)
    comment.status = status
    comment.listed = status is Status.PUBLISHED or comment.replies_count > 0
    if status is not Status.PUBLISHED:
        comment.pinned_at = None
        comment.published_revision = None
    change = (status is Status.PUBLISHED) - (before is Status.PUBLISHED)
    if seen_before or comment.listed:
        thread.revision += 1
    if seen_before:
        comment.changed_revision = thread.revision
    if change:
        thread.count += change
        _count_in_ancestors(session, comment, change, thread.revision)
    if change > 0:
        comment.published_revision = thread.revision
    return change


def _tell_of_one(
    session: Session,
    thread: Thread | ThreadFacts,
    comment: Comment,
    before: Status | None,
    now: datetime,
    *,
    tell: bool,
) -> None:
    """Owe a mail and a webhook to whoever asked, and let the signal follow the commit."""
    if tell:
        notify.announce(session, [comment.id], now)
    status = comment.status
    if before is not status:
        notify.webhooks.owe(session, notify.webhooks.EVENTS.get(status), [comment.id], now)
    signals.after_commit(
        session,
        "status-changed",
        comment_id=comment.id,
        thread=thread.key,
        before=before,
        after=status,
    )


def _count_in_ancestors(session: Session, comment: Comment, change: int, revision: int) -> None:
    """Add *change* to every comment above; a tombstone lives as long as it carries replies."""
    if not comment.path:
        return
    below = Comment.replies_count + change
    for ids in chunks(comment.ancestor_ids, _MOST_IDS):
        session.execute(
            update(Comment)
            .where(Comment.id.in_(ids))
            .values(
                replies_count=below,
                listed=or_(Comment.status == Status.PUBLISHED, below > 0),
                changed_revision=_changed_if(Comment.status != Status.PUBLISHED, revision),
            )
            .execution_options(synchronize_session=False)
        )


def _changed_if(condition: Any, revision: Any) -> Any:
    """The revision of a change for the rows it shows in, such as a tombstone that comes or goes."""
    return case((condition, revision), else_=Comment.changed_revision)


# ── many at once ─────────────────────────────────────────────────────────────────────────


def set_status_of_many(
    session: Session,
    comment_ids: Iterable[int],
    status: Status,
    action: Action,
    *,
    still: Sequence[ColumnElement[bool]] = (),
) -> list[int]:
    """Put comments into *status* in a number of statements that does not grow with each one.

    What is in it already, has nothing left to show, is beyond *action*'s sites or does not meet
    the conditions *still*, once nobody else can change it, is left alone. Gives the ids of the
    comments that were changed.
    """
    comment_ids = sorted(set(comment_ids))
    lock_threads_of(session, comment_ids)
    changed: list[int] = []
    for chunk in chunks(comment_ids):
        rows = _to_change(session, chunk, status, action, still)
        if rows:
            _change(session, rows, status, action)
            changed += [row.id for row in rows]
            teach(session, [row.id for row in rows], status, action)
    # Rows that the session holds tell the state before.
    session.expire_all()
    return changed


def lock_threads_of(session: Session, comment_ids: Sequence[int]) -> None:
    """Hold every thread concerned, before the first is changed: nobody waits for us in a ring.

    Looked up again afterwards, as a thread may have become a part of another while we waited.
    """
    begin_write(session)
    held: set[int] = set()
    while missing := _threads_of(session, comment_ids) - held:
        for some in chunks(sorted(missing), _MOST_IDS):
            threads.lock_many(session, some)
        held |= missing


def _threads_of(session: Session, comment_ids: Sequence[int]) -> set[int]:
    concerned: set[int] = set()
    for chunk in chunks(comment_ids):
        of_chunk = select(Comment.thread_id).where(Comment.id.in_(chunk)).distinct()
        concerned.update(session.scalars(of_chunk))
    return concerned


def _to_change(
    session: Session,
    ids: Sequence[int],
    status: Status,
    action: Action,
    still: Sequence[ColumnElement[bool]],
) -> list[Row[Any]]:
    wanted = [
        Comment.id.in_(ids),
        Comment.status != status,
        Comment.body != "",
        within(action.sites, Comment.thread_id),
        *still,
    ]
    columns = (
        Comment.id,
        Comment.thread_id,
        Comment.status,
        Comment.listed,
        Comment.replies_count,
        Comment.path,
        *MARKS,
    )
    return list(session.execute(select(*columns).where(*wanted).order_by(Comment.id)))


def unchanged_since(seen_at: datetime) -> ColumnElement[bool]:
    """That nobody has decided about a comment, and its author has not edited it, since then."""
    return and_(
        or_(Comment.status_at.is_(None), Comment.status_at <= seen_at),
        or_(Comment.edited_at.is_(None), Comment.edited_at <= seen_at),
    )


def _change(session: Session, rows: Sequence[Row[Any]], status: Status, action: Action) -> None:
    shows = status is Status.PUBLISHED
    moved = [row for row in rows if (row.status is Status.PUBLISHED) != shows]
    seen = {row.thread_id for row in rows if row.listed or shows}
    counts = Counter(dict.fromkeys(seen, 0))
    counts.update(row.thread_id for row in moved)
    _move_threads(session, counts, 1 if shows else -1)
    note_marks_of_many(session, rows, action)
    _move_comments(session, [row.id for row in rows], status, action)
    _move_ancestors(session, moved, 1 if shows else -1)
    _write_log(session, rows, status, action)
    if shows:
        notify.announce(session, [row.id for row in moved], action.now)
    event = notify.webhooks.EVENTS.get(status)
    notify.webhooks.owe(session, event, [row.id for row in rows], action.now)
    _tell(session, rows, status)


def _move_threads(session: Session, counts: Counter[int], sign: int) -> None:
    """One more revision for each thread of which anybody saw something change."""
    if not counts:
        return
    session.connection().execute(
        update(Thread)
        .where(Thread.id == bindparam("at"))
        .values(count=Thread.count + bindparam("change"), revision=Thread.revision + 1),
        [{"at": id, "change": sign * number} for id, number in sorted(counts.items())],
    )


def _move_comments(session: Session, ids: Sequence[int], status: Status, action: Action) -> None:
    shows = status is Status.PUBLISHED
    # An UPDATE reads the row as it was: what was listed before is seen to change.
    values: dict[str, Any] = {
        "changed_revision": _changed_if(Comment.listed, _REVISION),
        "status": status,
        "status_at": action.now,
        "status_reason": action.reason[:REASON_LENGTH],
        "shadowed": False,
        "open_reports": 0,
        "listed": shows or Comment.replies_count > 0,
    }
    if shows:
        values |= {"published_revision": _REVISION, "kept_at": action.now}
    else:
        values |= {"pinned_at": None, "published_revision": None}
    session.execute(
        update(Comment).where(Comment.id.in_(ids)).values(values),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Report)
        .where(Report.comment_id.in_(ids), Report.settled_at.is_(None))
        .values(settled_at=action.now),
        execution_options={"synchronize_session": False},
    )


def _move_ancestors(session: Session, moved: Iterable[Row[Any]], sign: int) -> None:
    below: Counter[int] = Counter()
    for row in moved:
        if row.path:
            below.update(map(int, row.path.split(".")))
    if not below:
        return
    count = Comment.replies_count + bindparam("change")
    is_tombstone = Comment.status != Status.PUBLISHED
    session.connection().execute(
        update(Comment)
        .where(Comment.id == bindparam("at"))
        .values(
            replies_count=count,
            listed=or_(Comment.status == Status.PUBLISHED, count > 0),
            changed_revision=_changed_if(is_tombstone, _REVISION),
        ),
        [{"at": id, "change": sign * number} for id, number in sorted(below.items())],
    )


def _write_log(session: Session, rows: Sequence[Row[Any]], status: Status, action: Action) -> None:
    session.execute(
        insert(Decision),
        [
            action.entry("status")
            | {
                "comment_id": row.id,
                "thread_id": row.thread_id,
                "before": row.status,
                "after": status,
            }
            for row in rows
        ],
    )


def _tell(session: Session, rows: Sequence[Row[Any]], status: Status) -> None:
    ids = {row.thread_id for row in rows}
    keys = dict(session.execute(select(Thread.id, Thread.key).where(Thread.id.in_(ids))).all())
    for row in rows:
        signals.after_commit(
            session,
            "status-changed",
            comment_id=row.id,
            thread=keys[row.thread_id],
            before=row.status,
            after=status,
        )

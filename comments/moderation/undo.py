"""Taking back what was done: every action of the log knows how it is undone.

An action is undone as a whole, once, by whoever may decide about it; what somebody else has
changed since then stays as they left it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError
from comments.models import Comment, Decision, Report, Spent, Status
from comments.moderation.actions import Action, facts, note
from comments.moderation.bans import undo_ban, undo_lift, undo_trust
from comments.moderation.decisions import locked, pin
from comments.moderation.discussions import close
from comments.moderation.status import set_status_of_many

#: Longer than anybody needs to see a slip, and short enough that the log stays readable.
UNDO_FOR = timedelta(hours=1)

#: Takes the entries of one batch that are of one kind back; gives how many it changed.
Undo = Callable[[Session, Sequence[Decision], Action], int]


def undo(session: Session, batch: str, action: Action) -> int:
    """Take back all that *batch* did; gives how many things were changed.

    Raises 404 when there is no such action, 409 when it was undone before, is too old or cannot
    be undone.
    """
    begin_write(session)
    entries = session.scalars(
        select(Decision).where(Decision.batch == batch, Decision.batch != "").order_by(Decision.id)
    ).all()
    if not entries:
        raise CommentsError("not_found")
    if action.now - entries[0].created_at > UNDO_FOR:
        raise CommentsError("too_late_to_undo")
    expires_at = action.now + 2 * UNDO_FOR
    if not insert_or_ignore(session, Spent, key_hash=f"undo:{batch}", expires_at=expires_at):
        raise CommentsError("already_undone")
    action = replace(action, undoes=batch)
    changed = 0
    by_kind: dict[str, list[Decision]] = {}
    for entry in entries:
        by_kind.setdefault(entry.action, []).append(entry)
    for kind, of_kind in by_kind.items():
        if kind not in UNDOES:
            raise CommentsError("not_undoable")
        changed += UNDOES[kind](session, of_kind, action)
    return changed


def _undo_status(session: Session, entries: Sequence[Decision], action: Action) -> int:
    changed = 0
    moves: dict[tuple[str | None, str | None], list[int]] = {}
    for entry in entries:
        assert entry.comment_id is not None
        moves.setdefault((entry.before, entry.after), []).append(entry.comment_id)
    settled_at = entries[0].created_at
    for (before, after), ids in moves.items():
        if before is None or after is None:
            continue
        back = set_status_of_many(session, ids, Status(before), action, only=(Status(after),))
        _open_reports_again(session, back, settled_at)
        changed += len(back)
    return changed


def _open_reports_again(session: Session, comment_ids: Sequence[int], settled_at: Any) -> None:
    """The reports that the decision had settled wait for another one."""
    found = session.scalars(
        select(Report).where(Report.comment_id.in_(comment_ids), Report.settled_at == settled_at)
    )
    for report in found.all():
        report.settled_at = None
        session.get_one(Comment, report.comment_id).open_reports += 1
    session.flush()


def _undo_keep(session: Session, entries: Sequence[Decision], action: Action) -> int:
    for entry in entries:
        assert entry.comment_id is not None
        _thread, comment = locked(session, entry.comment_id)
        comment.kept_at = None
        _open_reports_again(session, [comment.id], entry.created_at)
        note(session, action, "keep", comment_id=comment.id, thread_id=comment.thread_id)
    return len(entries)


def _undo_pin(session: Session, entries: Sequence[Decision], action: Action) -> int:
    for entry in entries:
        assert entry.comment_id is not None
        pin(session, entry.comment_id, action, pinned=facts(entry.before)["pinned"])
    return len(entries)


def _undo_close(session: Session, entries: Sequence[Decision], action: Action) -> int:
    for entry in entries:
        assert entry.thread_id is not None
        close(session, entry.thread_id, action, closed=facts(entry.before)["closed"])
    return len(entries)


#: How each kind of action is taken back.
UNDOES: Mapping[str, Undo] = {
    "status": _undo_status,
    "keep": _undo_keep,
    "pin": _undo_pin,
    "close": _undo_close,
    "ban": undo_ban,
    "lift": undo_lift,
    "trust": undo_trust,
}

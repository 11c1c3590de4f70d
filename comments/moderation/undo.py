"""Taking back what was done: every action of the log knows how it is undone.

An action is undone as a whole, once, by whoever may decide about it; what somebody else has
changed since then stays as they left it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from comments.database import begin_write, chunks, insert_or_ignore
from comments.errors import CommentsError
from comments.models import Comment, Decision, Report, Spent, Status
from comments.moderation.actions import BY_PEOPLE, Action, facts
from comments.moderation.appointing import undo_appoint, undo_dismiss
from comments.moderation.bans import undo_ban, undo_lift, undo_trust
from comments.moderation.decisions import MAX_PINNED, locked, pin
from comments.moderation.discussions import close_back, hold, rename_back
from comments.moderation.marks import put_marks_back
from comments.moderation.merging import lead_back, part
from comments.moderation.reach import check_reach_of_all
from comments.moderation.status import lock_threads_of, set_status_of_many
from comments.moderation.words import put_back

#: Longer than anybody needs to see a slip, and short enough that the log stays readable.
UNDO_FOR = timedelta(hours=1)

#: Comments whose reports are looked for in one statement.

#: Takes the entries of one batch that are of one kind back; gives how many it changed.
Undo = Callable[[Session, Sequence[Decision], Action], int]


def undo(session: Session, batch: str, action: Action) -> int:
    """Take back all that *batch* did; gives how many things were changed.

    Raises 404 when there is no such action within the moderator's reach, 409 when it was undone
    before, is too old or cannot be undone.
    """
    begin_write(session)
    entries = session.scalars(
        select(Decision).where(Decision.batch == batch, BY_PEOPLE).order_by(Decision.id)
    ).all()
    if not entries:
        raise CommentsError("not_found")
    _check_reach(session, entries, action)
    if not action.by_owner and any(map(_is_for_owners, entries)):
        raise CommentsError("not_an_owner")
    if action.now - entries[0].created_at > UNDO_FOR:
        raise CommentsError("too_late_to_undo")
    expires_at = action.now + 2 * UNDO_FOR
    if not insert_or_ignore(session, Spent, key_hash=f"undo:{batch}", expires_at=expires_at):
        raise CommentsError("already_undone")
    action = replace(action, undoes=batch)
    # All of them now: each state is put back by itself, and who held some threads while waiting
    # for the next could wait in a ring with another one who decides about many.
    lock_threads_of(session, [entry.comment_id for entry in entries if entry.comment_id])
    changed = 0
    by_kind: dict[str, list[Decision]] = {}
    for entry in entries:
        by_kind.setdefault(entry.action, []).append(entry)
    # States first: what else there was belongs to comments that stand where they stood.
    for kind in sorted(by_kind, key=lambda kind: kind != "status"):
        if kind not in UNDOES:
            raise CommentsError("not_undoable")
        changed += UNDOES[kind](session, by_kind[kind], action)
    return changed


#: What only owners do, and therefore undo: by the action, and by a fact of it.
_FOR_OWNERS = {"words": None, "appoint": None, "dismiss": None, "rename": "site"}


def _is_for_owners(entry: Decision) -> bool:
    if entry.action not in _FOR_OWNERS:
        return False
    fact = _FOR_OWNERS[entry.action]
    return fact is None or fact in facts(entry.after)


def _check_reach(session: Session, entries: Sequence[Decision], action: Action) -> None:
    """What is about no thread, such as a ban, a moderator of some sites takes back only if it
    is their own."""
    concerned = {entry.thread_id for entry in entries}
    if None in concerned and action.sites is not None and entries[0].actor != action.by:
        raise CommentsError("not_found")
    check_reach_of_all(session, action.sites, [id for id in concerned if id is not None])


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
        # By that very decision: somebody else may have brought it back to the same state since.
        still = (Comment.status == Status(after), Comment.status_at == settled_at)
        back = set_status_of_many(session, ids, Status(before), action, still=still)
        _open_reports_again(session, back, settled_at)
        _kept_no_longer(session, back)
        changed += len(back)
    return changed


def _open_reports_again(session: Session, comment_ids: Sequence[int], settled_at: Any) -> None:
    """The reports that the decision had settled wait for another one."""
    for some in chunks(comment_ids):
        settled = (Report.comment_id.in_(some), Report.settled_at == settled_at)
        counted = select(Report.comment_id, func.count()).where(*settled)
        again = session.execute(counted.group_by(Report.comment_id)).all()
        session.execute(
            update(Report).where(*settled).values(settled_at=None),
            execution_options={"synchronize_session": False},
        )
        if again:
            opened = Comment.open_reports + bindparam("number")
            session.connection().execute(
                update(Comment).where(Comment.id == bindparam("at")).values(open_reports=opened),
                [{"at": comment_id, "number": number} for comment_id, number in again],
            )
    session.expire_all()


def _kept_no_longer(session: Session, comment_ids: Sequence[int]) -> None:
    """Nobody has kept what only came back; an earlier *keep* is among the marks."""
    for some in chunks(comment_ids):
        session.execute(
            update(Comment).where(Comment.id.in_(some)).values(kept_at=None),
            execution_options={"synchronize_session": False},
        )
    session.expire_all()


def _undo_keep(session: Session, entries: Sequence[Decision], action: Action) -> int:
    """But for what somebody has kept again since, or its author has written anew."""
    kept_at = entries[0].created_at
    ids = [entry.comment_id for entry in entries]
    changed = 0
    for some in chunks(ids):
        still = (Comment.id.in_(some), Comment.kept_at == kept_at)
        back = session.execute(select(Comment.id, Comment.thread_id).where(*still)).all()
        if not back:
            continue
        _kept_no_longer(session, [row.id for row in back])
        _open_reports_again(session, [row.id for row in back], kept_at)
        lines = [{"comment_id": row.id, "thread_id": row.thread_id} for row in back]
        session.execute(insert(Decision), [action.entry("keep") | line for line in lines])
        changed += len(back)
    return changed


def _undo_marks(session: Session, entries: Sequence[Decision], _action: Action) -> int:
    put_marks_back(session, entries, most_pinned=MAX_PINNED)
    # The state that came back with them has been counted.
    return 0


def _undo_pin(session: Session, entries: Sequence[Decision], action: Action) -> int:
    changed = 0
    for entry in entries:
        assert entry.comment_id is not None
        _thread, comment = locked(session, entry.comment_id)
        if (comment.pinned_at is not None) != facts(entry.after)["pinned"]:
            continue
        try:
            pin(session, comment.id, action, pinned=facts(entry.before)["pinned"])
        except CommentsError:
            # It is hidden by now, or others took its place: it stays where it is.
            continue
        changed += 1
    return changed


def _undo_words(session: Session, entries: Sequence[Decision], action: Action) -> int:
    changed = 0
    for entry in reversed(entries):
        did = facts(entry.after)
        added, removed = did.get("added", ()), did.get("removed", ())
        changed += put_back(session, entry.target or "", added, removed, action)
    return changed


# ── threads ──────────────────────────────────────────────────────────────────────────────

#: Takes one entry about a thread back: its id, what was before and what was after.
_Back = Callable[[Session, int, Action, Mapping[str, Any], Mapping[str, Any]], int]


def _of_threads(back: _Back) -> Undo:
    def undo_them(session: Session, entries: Sequence[Decision], action: Action) -> int:
        changed = 0
        for entry in reversed(entries):
            assert entry.thread_id is not None
            before, after = facts(entry.before), facts(entry.after)
            changed += back(session, entry.thread_id, action, before, after)
        return changed

    return undo_them


def _hold_back(
    session: Session, thread_id: int, action: Action, was: Mapping[str, Any], _now: Any
) -> int:
    hold(session, thread_id, action, held=was["held"])
    return 1


def _part(
    session: Session, thread_id: int, action: Action, _was: Any, now: Mapping[str, Any]
) -> int:
    return part(session, thread_id, action, now)


#: How each kind of action is taken back.
UNDOES: Mapping[str, Undo] = {
    "status": _undo_status,
    "marks": _undo_marks,
    "keep": _undo_keep,
    "pin": _undo_pin,
    "close": _of_threads(close_back),
    "hold": _of_threads(_hold_back),
    "rename": _of_threads(rename_back),
    "merge": _of_threads(_part),
    "words": _undo_words,
    "alias": _of_threads(lead_back),
    "ban": undo_ban,
    "lift": undo_lift,
    "trust": undo_trust,
    "appoint": undo_appoint,
    "dismiss": undo_dismiss,
}

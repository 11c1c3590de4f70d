"""What has just been done, as it stands in the log: for the notice after it, and its undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from comments.models import Decision
from comments.moderation.undo import UNDO_FOR, UNDOES

#: How far back in the log one looks; a wave of ten thousand fits in it three times.
_LOOKS_BACK = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One press of a button. *what* is the action of its entries, *after* where they led when
    that is the same for all; *number* counts the entries, *comment_id* is set when it is one."""

    batch: str
    what: str
    after: str | None
    number: int
    comment_id: int | None
    thread_id: int | None
    actor: str
    name: str
    at: datetime
    undoes: str | None
    undone: bool

    def undoable(self, now: datetime) -> bool:
        return not self.undone and self.what in UNDOES and now - self.at <= UNDO_FOR


def done(session: Session, batch: str) -> Done | None:
    """What *batch* did, if there is such an action."""
    found = _read(session, _batches().where(Decision.batch == batch, Decision.batch != ""))
    return found[0] if found else None


def recent(session: Session, actor: str, now: datetime, *, limit: int = 10) -> list[Done]:
    """The latest that *actor* did and could still undo by age, the newest first."""
    last = session.scalar(select(func.max(Decision.id))) or 0
    latest = (
        _batches()
        .where(
            Decision.actor == actor,
            Decision.id > last - _LOOKS_BACK,
            Decision.batch != "",
            Decision.created_at > now - UNDO_FOR,
        )
        .order_by(func.max(Decision.id).desc())
        .limit(limit)
    )
    return _read(session, latest)


def _batches() -> Any:
    """Every batch with the entry that stands for it. ``marks`` only accompany a decision."""
    counts = func.coalesce(
        func.nullif(func.count().filter(Decision.action != "marks"), 0), func.count()
    )
    stands = func.coalesce(
        func.max(Decision.id).filter(Decision.action != "marks"), func.max(Decision.id)
    )
    columns = (stands, counts, func.min(Decision.after), func.max(Decision.after))
    return select(*columns).group_by(Decision.batch)


def _read(session: Session, batches: Any) -> list[Done]:
    found = session.execute(batches).all()
    entries = _entries(session, [row[0] for row in found])
    return [_done(*entries[row[0]], *row[1:]) for row in found]


def _entries(session: Session, ids: Sequence[int]) -> dict[int, tuple[Decision, bool]]:
    later = aliased(Decision)
    undone = select(later.id).where(later.undoes == Decision.batch).exists()
    rows = session.execute(select(Decision, undone).where(Decision.id.in_(ids)))
    return {entry.id: (entry, is_undone) for entry, is_undone in rows}


def _done(entry: Decision, undone: bool, number: int, low: str | None, high: str | None) -> Done:
    return Done(
        batch=entry.batch,
        what=entry.action,
        after=entry.after if low == high or number == 1 else None,
        number=number,
        comment_id=entry.comment_id if number == 1 else None,
        thread_id=entry.thread_id if number == 1 else None,
        actor=entry.actor,
        name=entry.actor_name,
        at=entry.created_at,
        undoes=entry.undoes,
        undone=undone,
    )

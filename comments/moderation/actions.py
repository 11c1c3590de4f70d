"""What a moderator does with one press: who, when, why, and the batch it is undone by."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from comments.models import NAME_LENGTH, REASON_LENGTH, Decision


def _new_batch() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """*by* is an author id, *name* what readers call that person, *reason* a short sentence.

    All entries of the log that come of one action carry its *batch*, and are undone together.
    """

    by: str
    now: datetime
    name: str = ""
    reason: str = ""
    batch: str = field(default_factory=_new_batch)
    #: The batch that this one takes back.
    undoes: str | None = None
    #: The sites whose threads it may touch; ``None`` for all of them.
    sites: frozenset[str] | None = None

    def entry(self, action: str) -> dict[str, Any]:
        """What every entry of the log has in common."""
        return {
            "action": action,
            "batch": self.batch,
            "undoes": self.undoes,
            "actor": self.by,
            "actor_name": self.name[:NAME_LENGTH],
            "reason": self.reason[:REASON_LENGTH],
            "created_at": self.now,
        }


def note(
    session: Session,
    action: Action,
    what: str,
    *,
    before: Any = None,
    after: Any = None,
    comment_id: int | None = None,
    thread_id: int | None = None,
    target: str | None = None,
) -> Decision:
    """Write one entry of the log. *before* and *after* are texts, or facts kept as JSON."""
    entry = Decision(
        **action.entry(what),
        comment_id=comment_id,
        thread_id=thread_id,
        target=target,
        before=kept(before),
        after=kept(after),
    )
    session.add(entry)
    session.flush()
    return entry


def kept(value: Any) -> str | None:
    """*value* as the log keeps it: a text, or facts as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def facts(written: str | None) -> Mapping[str, Any]:
    """What :func:`note` kept as JSON, read back."""
    return dict(json.loads(written)) if written else {}

"""What a host can listen to. Every signal fires after the commit, never before.

The sender is the extension's ``Comments`` object; the comment's id and thread key come along
as keywords, so that a listener in another process finds them committed.
"""

from collections.abc import Iterable
from typing import Any

from blinker import Namespace
from sqlalchemy.orm import Session

_signals = Namespace()

comment_posted = _signals.signal("comment-posted")
comment_edited = _signals.signal("comment-edited")
comment_voted = _signals.signal("comment-voted")
#: There is something in the outbox.
letter_written = _signals.signal("letter-written")
comment_reported = _signals.signal("comment-reported")
status_changed = _signals.signal("status-changed")

_WAITING = "comments.signals"
#: A signal's name and what it tells.
Waiting = tuple[str, dict[str, Any]]


def after_commit(session: Session, name: str, **facts: Any) -> None:
    """Remember that signal *name* is due once this transaction is on the disk."""
    session.info.setdefault(_WAITING, []).append((name, facts))


def forget(session: Session) -> None:
    """The transaction was rolled back: nothing happened, so nothing is told."""
    session.info.pop(_WAITING, None)


def send_waiting(session: Session, sender: object) -> None:
    """Send what the committed transaction left; called once by the edge that committed."""
    send(take(session), sender)


def take(session: Session) -> list[Waiting]:
    """What waits in *session*, for whoever sends it after the commit."""
    waiting: list[Waiting] = session.info.pop(_WAITING, [])
    return waiting


def send(waiting: Iterable[Waiting], sender: object) -> None:
    for name, facts in waiting:
        _signals.signal(name).send(sender, **facts)

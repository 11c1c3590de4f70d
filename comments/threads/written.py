"""Which revision somebody's writing made: who is told it is shown nothing older any more."""

from typing import NamedTuple

from sqlalchemy import event
from sqlalchemy.orm import Session, object_session

from comments.models import Thread
from comments.threads.places import Held, ThreadFacts

_PLACE = "comments.written"


class Written(NamedTuple):
    """A thread, and its revision with what was written in it."""

    thread_id: int | None
    revision: int


def written(session: Session) -> Written | None:
    """What *session* has changed last, for everybody to see; ``None`` for nothing."""
    return session.info.get(_PLACE)


def forget_written(session: Session) -> None:
    session.info.pop(_PLACE, None)


def wrote(session: Session, thread: Thread | ThreadFacts | Held) -> None:
    """What was written in *thread* stands at its revision: by a statement of its own, before, as
    when an answer was lost on its way, or where nobody sees it, which its author is not to tell
    from the answer."""
    session.info[_PLACE] = Written(thread.id, thread.revision)


@event.listens_for(Thread.revision, "set")
def _note(thread: Thread, revision: int, _before: object, _initiator: object) -> None:
    session = object_session(thread)
    if session is not None:
        session.info[_PLACE] = Written(thread.id, revision)

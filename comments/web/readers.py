"""Whom a reader is answered by: the read replica, or the primary where that would be too old.

Whoever wrote is told the revision that their writing made and sends it along with what they read
(``at``, or ``since`` where they ask for news). An answer that is older is not given: the primary is
asked instead. So a replica that lags never takes back from somebody what they have just written,
and the address of the answer is one under which no cache keeps an older one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, g, has_app_context
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import Session

from comments.errors import CommentsError
from comments.replica import Replica
from comments.web import inputs
from comments.web.state import current

View = Callable[..., Response]

_SESSION = "comments_reading"


class Behind(Exception):
    """The replica knows less than who asks."""


def for_readers(view: View) -> View:
    """A view of what everybody may read: from the replica where there is one."""

    @wraps(view)
    def read(**asked: Any) -> Response:
        replica = current().replica
        if replica is not None and replica.is_there():
            answer = _from(replica, view, asked)
            if answer is not None:
                return answer
        return view(**asked)

    return read


def _from(replica: Replica, view: View, asked: dict[str, Any]) -> Response | None:
    """What the replica says; ``None`` where it does not answer or may not know enough."""
    with Session(replica.engine) as session:
        setattr(g, _SESSION, session)
        try:
            answer = view(**asked)
        except (Behind, CommentsError, DataError):
            # What it refuses, such as a comment that is not there, may be on its way to it; and
            # what no database can be asked says nothing of this one.
            return None
        except SQLAlchemyError as error:
            replica.failed(error)
            return None
        finally:
            g.pop(_SESSION)
    replica.answered()
    return answer


def reading_session() -> Session | None:
    """The replica's session, while it answers."""
    return g.get(_SESSION) if has_app_context() else None


def check_fresh(revision: int | str, known: int | None = None) -> None:
    """Turn to the primary when who asks knows more than *revision* of a thread: *known*, or what
    the address says (``at``)."""
    known = inputs.at() if known is None else known
    if isinstance(revision, int) and revision < known and reading_session() is not None:
        raise Behind

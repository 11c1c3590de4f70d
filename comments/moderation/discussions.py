"""What moderators do with whole threads."""

from sqlalchemy.orm import Session

from comments import threads
from comments.models import Thread
from comments.moderation.actions import Action, note


def close(session: Session, thread_id: int, action: Action, *, closed: bool) -> Thread:
    """Close a thread to new comments, or open it again."""
    thread = threads.lock(session, thread_id)
    was = thread.closed
    if closed != was:
        thread.closed_at = action.now if closed else None
        thread.revision += 1
        before, after = {"closed": was}, {"closed": closed}
        note(session, action, "close", thread_id=thread.id, before=before, after=after)
    return thread

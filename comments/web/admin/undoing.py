"""Taking back: one's last action, or any that is named and young enough."""

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from comments import moderation
from comments.errors import CommentsError, say
from comments.web.admin.door import action, admin, moderator
from comments.web.admin.notices import DONE, Notice, notice_of
from comments.web.admin.scene import address, answered
from comments.web.state import State, commit, current, now


@admin.post("/undo")
def undo() -> AnyResponse:
    """Take back what the form's batch did, or one's own last action when it names none."""
    state = current()
    batch = request.form.get("batch") or _last(state)
    taken = action()
    moderation.undo(state.session(), batch, taken)
    known = moderation.done(state.session(), taken.batch)
    notice = notice_of(known) if known else Notice(DONE)
    commit(state)
    one = known.comment_id if known else None
    return answered(notice, taken.batch if known else None, address("queue"), comment=one)


def _last(state: State) -> str:
    """The newest action of this moderator that is neither taken back nor a taking back."""
    for done in moderation.recent(state.session(), moderator().id, now()):
        if done.undoable(now()) and done.undoes is None:
            return done.batch
    raise CommentsError("not_found", say("There is nothing to take back."))

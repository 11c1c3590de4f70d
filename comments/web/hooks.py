"""What a webhook tells of a comment: the public JSON, and for moderators' programs what they need.

No address of anybody, in whatever form, is among it.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import i18n, notify, screening, threads
from comments.models import Comment, Letter, Report, Status
from comments.notify import Tell
from comments.threads import ThreadFacts
from comments.web.present import Presenter, comment_json, rfc3339
from comments.web.state import State

_MOST_REPORTS = 100


def teller(state: State) -> Tell:
    """Reads what is to be told now; nothing, once it is not so any more."""
    base = state.settings.url or state.prefix

    def tell(session: Session, letter: Letter) -> dict[str, Any] | None:
        comment = session.get(Comment, notify.webhooks.about(letter), populate_existing=True)
        event = letter.purpose.removeprefix("comment.")
        if comment is None or not _is_still_so(comment, event):
            return None
        thread = threads.by_id(session, comment.thread_id)
        presenter = Presenter(state.keys, thread, base)
        view = presenter.comment(comment, to_its_author=event != "published")
        told = {"thread": _thread(thread), "comment": comment_json(view)}
        if event != "published":
            told |= _for_moderators(session, comment, f"{base}/admin/comment/{comment.id}", state)
        return told

    return tell


def _is_still_so(comment: Comment, event: str) -> bool:
    if comment.shadowed:
        return False
    if event == notify.webhooks.REPORTED:
        return comment.open_reports > 0
    return notify.webhooks.EVENTS.get(comment.status) == event


def _thread(thread: ThreadFacts) -> dict[str, Any]:
    return {"key": thread.key, "title": thread.title, "url": thread.url, "site": thread.site}


def _for_moderators(
    session: Session, comment: Comment, decide: str, state: State
) -> dict[str, Any]:
    reports = session.scalars(
        select(Report)
        .where(Report.comment_id == comment.id, Report.settled_at.is_(None))
        .order_by(Report.id.desc())
        .limit(_MOST_REPORTS)
    )
    return {
        "source": comment.body,
        "reason": _reason(comment.status_reason, state.settings.language),
        "risk": round(comment.risk, 3),
        "waits": comment.status is Status.PENDING,
        "reports": [
            {"reason": report.reason, "note": report.note, "created": rfc3339(report.created_at)}
            for report in reports
        ],
        "decide": decide,
    }


def _reason(sentence: str, language: str) -> str:
    return i18n.told(screening.read_reason(sentence), language) if sentence else ""

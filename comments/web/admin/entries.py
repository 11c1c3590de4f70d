"""A comment as moderators see it: the dossier, drawn safely and led to where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from markupsafe import Markup
from sqlalchemy import Row

from comments import text
from comments.errors import Message, say
from comments.models import Status
from comments.moderation import dossier
from comments.moderation.dossier import Dossier
from comments.threads import ThreadFacts
from comments.threads.addresses import thread_page, with_comment
from comments.web.admin.door import moderator
from comments.web.present import AuthorView, Presenter, sanitised
from comments.web.state import State

REPORT_REASONS: dict[str, Message] = {
    "spam": say("Spam"),
    "abuse": say("Abuse"),
    "off_topic": say("Off topic"),
    "other": say("Something else"),
}
#: Characters of the answered comment that stand above the answer.
_OPENING = 140
#: Longer texts scroll in their own box.
_LONG = 1_800


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list of comments; ``c`` is the comment with its thread and parent."""

    dossier: Dossier
    author: AuthorView
    #: Where the article is, and the comment in it when readers can see it.
    article: str
    place: str | None

    @property
    def c(self) -> Row[Any]:
        return self.dossier.comment

    @property
    def markup(self) -> Markup:
        address_of = partial(with_comment, self.article)
        return sanitised(text.address_mentions(self.c.html, address_of))

    @property
    def is_long(self) -> bool:
        return len(self.c.body) > _LONG or self.c.body.count("\n") > 24

    @property
    def parent_opening(self) -> str:
        line = " ".join((self.c.parent_body or "").split())
        return line if len(line) <= _OPENING else line[:_OPENING].rstrip() + "…"

    @property
    def acts(self) -> list[str]:
        """What can be decided about it, the likeliest first."""
        status = self.c.status
        if not self.c.body:
            return []
        acts = ["keep"] if status is Status.PUBLISHED and self.c.open_reports else []
        acts += [act for act, led in ACTS.items() if led is not status]
        if status is Status.PUBLISHED and self.c.parent_id is None:
            acts.append("unpin" if self.c.pinned_at else "pin")
        return acts

    @property
    def risk_percent(self) -> int:
        percent: int = round(self.c.risk * 100)
        return percent

    @property
    def reports(self) -> list[tuple[Message, str]]:
        """What was reported: the reason and the reader's note, the latest first."""
        found = reversed(self.dossier.reports)
        return [(REPORT_REASONS.get(r.reason, REPORT_REASONS["other"]), r.note) for r in found]


#: Where each decision leads, by the word of its button.
ACTS: dict[str, Status] = {
    "approve": Status.PUBLISHED,
    "spam": Status.SPAM,
    "reject": Status.REJECTED,
    "delete": Status.DELETED,
}


def entries(state: State, rows: Sequence[Row[Any]]) -> list[Entry]:
    """*rows* of ``queue.COLUMNS`` as a list shows them."""
    found = dossier.dossiers(state.session(), rows, moderator().sites)
    return [_entry(state, each) for each in found]


def _entry(state: State, found: Dossier) -> Entry:
    row = found.comment
    thread = ThreadFacts(row.thread_key, row.thread_id, row.thread_title, row.thread_url)
    base = state.urls().base
    article = row.thread_url or thread_page(base, row.thread_key)
    return Entry(
        found,
        author=Presenter(state.keys, thread, base).author(row),
        article=article,
        place=with_comment(article, row.id) if row.status is Status.PUBLISHED else None,
    )

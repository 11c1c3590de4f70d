"""What a screen is given, and what it may say."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from comments.config import Settings
from comments.errors import Message
from comments.identity import Author
from comments.models import Status
from comments.screening import known
from comments.screening.known import Known
from comments.screening.work import Proof


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the comment goes, and why.

    *reason* is for moderators: it stands in the log in English and is translated where it is
    shown. What the comment's author is told stands in ``telling``.
    """

    #: ``None`` for a remark that decides nothing and only tells a *risk*.
    status: Status | None
    reason: Message
    #: How likely it is spam, 0 to 1.
    risk: float = 0.0
    #: Only its author sees it, as if it were published.
    shadowed: bool = False
    #: It is not even stored; its author gets *reason* as the answer.
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a comment came from outside, beside what it says."""

    #: The field that people do not see was filled in.
    trapped: bool = False
    #: The work that the sender's browser has done for it, unused so far.
    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What a screen may look at. *text* is Markdown as it was typed, *html* what became of it."""

    session: Session
    author: Author
    text: str
    html: str
    settings: Settings
    now: datetime
    #: What readers will see its author called, and where that name leads.
    name: str = ""
    website: str | None = None
    #: The passage of the article it is about, and the question asked there, by its sender's word.
    quoted: str = ""
    thread_key: str = ""
    #: The origin of the site that the thread belongs to, where that is known.
    site: str | None = None
    #: Everything written in this thread waits.
    thread_held: bool = False
    #: The comment that it answers.
    parent: int | None = None
    #: The comment whose text is being changed, when it is an edit.
    comment_id: int | None = None
    #: ``None`` for what did not come from outside just now: an edit, a try, an import.
    arrival: Arrival | None = None
    #: ``None`` where a screen that needs it asks for it.
    known: Known | None = None

    def informed(self) -> "Submitted":
        """The same with what is known, asked for once for all screens."""
        return self if self.known else replace(self, known=self.knows())

    def knows(self) -> Known:
        """What the database knows of its author, and of what to look for."""
        return self.known or known.ask(self.session, self.author, self.name, self.now)


Screen = Callable[[Submitted], Verdict | None]

"""The demo thread: ten comments and a removed one, in the shape of a real news thread.

The texts are ours.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import identity, posting, threads
from comments.config import Settings
from comments.draft import Draft
from comments.identity import Author, Identity
from comments.models import AuthorKind, Comment, Status, Thread

THREAD = "demo-tram-line"
TITLE = "The night tram comes back"


@dataclass(frozen=True, slots=True)
class Line:
    """One comment of the script: who, what, in answer to which, when, how it was voted."""

    name: str
    body: str
    answers: int | None = None
    minutes: int = 0
    up: int = 0
    down: int = 0
    website: str | None = None
    removed: bool = False
    moderator: bool = False


SCRIPT = (
    Line(
        "Marta",
        "I worked nights at the hospital for eleven years, and the walk home from the last stop "
        "was the part of the job nobody paid me for. Forty minutes, in January, past the depot "
        "where the trams were sleeping.\n\n"
        "What people forget when they talk about **cost per passenger** is who those passengers "
        "are: nurses, bakers, the people who clean the offices in which the cost per passenger is "
        "calculated. An empty tram at three in the morning is not waste. It is the reason "
        "somebody could take the job.\n\n"
        "Things I would still like to know:\n\n"
        "1. Will the line stop at the south gate, or only at the main entrance?\n"
        "2. Is the hourly service a trial, or is it in the budget for good?\n"
        "3. Who decides after the trial, and on which numbers?",
        minutes=0,
        up=14,
        down=1,
    ),
    Line("Jon", "South gate, it is in the annex of the plan. Page 4.", 0, 9, up=5),
    Line("Marta", "Thank you! That is the one that matters to us. 🙏", 1, 16, up=2),
    Line("tram_sceptic", "Nobody needs this.", minutes=31, removed=True),
    Line("Ines", "“Nobody” waves from stop 12. 👋", 3, 38, up=7),
    Line(
        "李伟",
        "在我的城市，夜间电车已经开了三年。刚开始车厢是空的，现在周末常常没有座位。给它一点时间吧。",
        minutes=64,
        up=6,
    ),
    Line(
        "ليلى",
        "أعيش بجانب المحطة الأخيرة، وأخيراً سأستطيع العودة من العمل دون انتظار ساعتين. شكراً لكل "
        "من كتب إلى البلدية.",
        minutes=72,
        up=8,
    ),
    Line("Jon", "Same for my neighbour, she told the whole staircase 😄", 6, 80, up=1),
    Line(
        "Pauline (city desk)",
        "The timetable is at https://example.org/night-tram and the hearing is on the 14th. We "
        "will update the article when the *final* stops are out.",
        minutes=95,
        up=9,
        moderator=True,
    ),
    Line(
        "Ruben", "One car an hour. My coffee machine has better service.", minutes=110, up=2, down=2
    ),
    Line(
        "Oskar",
        "> past the depot where the trams were sleeping\n\nWhat a sentence.",
        0,
        130,
        up=3,
        website="https://example.com/oskar",
    ),
)


def is_there(session: Session, key: str = THREAD) -> bool:
    return threads.find(session, key).id is not None


def first_comment(session: Session, key: str) -> int | None:
    """The oldest published comment of a thread, for somebody to answer."""
    of_thread = select(Comment.id).join(Thread, Thread.id == Comment.thread_id)
    first = of_thread.where(Thread.key == key, Comment.status == Status.PUBLISHED)
    return session.scalar(first.order_by(Comment.id).limit(1))


def seed(session: Session, settings: Settings, *, now: datetime, url: str | None = None) -> None:
    """Play the script into a new thread, as if its last comment were twenty minutes old."""
    settings = replace(settings, hold="none", edit_minutes=60 * 24, guest_votes_per_address=10_000)
    began = now - timedelta(minutes=SCRIPT[-1].minutes + 20)
    ids: list[int] = []
    for number, line in enumerate(SCRIPT):
        moment = began + timedelta(minutes=line.minutes)
        author = _author(line)
        draft = Draft(
            thread_key=THREAD,
            thread_title=TITLE,
            thread_url=url,
            body=line.body,
            parent=None if line.answers is None else ids[line.answers],
            name=line.name,
            website=line.website,
        )
        comment = posting.post(session, author, draft, settings=settings, now=moment).comment
        ids.append(comment.id)
        for voter in range(line.up + line.down):
            guest = Author(id=f"guest:demo-voter-{number}-{voter}", kind=AuthorKind.GUEST)
            value = 1 if voter < line.up else -1
            posting.vote(session, guest, comment.id, value, settings=settings, now=moment)
    for comment_id, line in zip(ids, SCRIPT, strict=True):
        if line.removed:
            posting.delete(session, _author(line), comment_id, settings=settings, now=now)


def _author(line: Line) -> Author:
    if line.moderator:
        return identity.from_identity(Identity(id="demo", name=line.name, is_moderator=True))
    return Author(id=f"guest:demo-{line.name}", kind=AuthorKind.GUEST)

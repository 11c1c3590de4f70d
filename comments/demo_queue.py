"""A queue to try the moderation on: mixed comments that wait, are spam or were reported.

Made only where ``COMMENTS_DEMO_QUEUE`` asks for it; the texts are ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle, islice

from sqlalchemy.orm import Session

from comments import demo, moderation, posting
from comments.config import Settings
from comments.draft import Draft
from comments.identity import Author
from comments.models import AuthorKind, Status

ARTICLES = (
    (demo.THREAD, demo.TITLE),
    ("demo-market-hall", "What the market hall could become"),
    ("demo-river-path", "Who owns the river path?"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry: who, what, where it stands and why, and what readers reported."""

    name: str
    bodies: tuple[str, ...]
    status: Status = Status.PENDING
    reason: str = "a guest's first comment"
    risk: float = 0.05
    network: str | None = None
    reports: tuple[tuple[str, str], ...] = ()
    earlier: str | None = None
    answers: bool = False

    def body(self, round: int) -> str:
        """What they write when it is their turn again; a fifth time it is numbered."""
        times, place = divmod(round, len(self.bodies))
        return self.bodies[place] + (f"\n\n({times + 1})" if times else "")


KINDS = (
    Kind("Hedda", (
        "Does the last car still wait for the late train? That was the point.",
        "My shift ends at two. I would pay double for a seat and a heater.",
        "Please not only on weekends. Bread is baked on Tuesdays too.",
        "Thank you for asking the drivers as well.",
    )),
    Kind("BestDeals24", (
        "Cheap watches, 90 % off, click https://deals.example/w now!!!",
        "Cheap bags, 90 % off, click https://deals.example/b now!!!",
        "CHEAP SHOES 90 % off >> https://deals.example/s",
        "Last day! Watches, bags, shoes: https://deals.example/all",
    ), risk=0.97, network="mill", reason='reads like spam (97 %): "cheap", "click", a link'),
    Kind("Tomasz", (
        "I measured it: nine minutes from the depot to the hall.",
        "Twelve if the bridge is up, and it is up at eight.",
        "The old timetable had four minutes for that. Nobody ever made it.",
        "I can send the numbers to whoever plans this.",
    ), answers=True),
    Kind("Gretchen", (
        "What a load of nonsense, people who write this should be ashamed.",
        "You are all paid for this, admit it.",
        "Only an idiot would take a tram at night.",
        "Delete your article.",
    ), Status.PUBLISHED, "passed every screen", 0.2,
        reports=(("abuse", "Third time today."), ("abuse", ""))),
    Kind("casino_anna", (
        "Win big tonight at https://casino.example — bonus for new players",
        "I won 900 in an hour, ask me how: https://casino.example/anna",
        "Free bonus, no deposit: https://casino.example/free",
        "Tonight only: double bonus at https://casino.example",
    ), Status.SPAM, 'reads like spam (99 %): "bonus", "win", a link', 0.99, network="mill"),
    Kind("سلمى", (
        "هل سيكون الدخول مجانياً للأطفال كما كان في السابق؟",
        "وأين ستقف العربة الأخيرة بعد منتصف الليل؟",
        "شكراً على الخريطة، ساعدتني كثيراً.",
        "أتمنى أن تُنشر المواعيد بالعربية أيضاً.",
    ), answers=True),
    Kind("Nico", (
        "Nice article. Visit my page https://nico.example for more like this.",
        "Great read! I wrote about it too: https://nico.example/tram",
        "Love this. More pictures on https://nico.example",
        "Interesting point. See also https://nico.example/market",
    ), risk=0.62, reason="contains a link", network="mill"),
    Kind("Old Bo", (
        "In '84 we rode it all night for one ticket.\n\n> last stop, everybody out\n\n"
        "Those were the words, every time.",
        "The seats were wood. Nobody fell asleep on wood.",
        "My brother met his wife at stop 12. They still argue about who spoke first.",
        "One more thing: the bell. Bring back the bell.",
    ), risk=0.02),
    Kind("Kaya", (
        "The map in the article is from **2019**; the path was moved since.",
        "The second photo shows the other bank.",
        "The hearing was moved to the 16th, says the notice at the door.",
        "It is called Mill Lane, not Mill Street.",
    ), Status.PUBLISHED, "passed every screen", reports=(("off_topic", "Wrong article?"),)),
    Kind("陈晨", (
        "夜里两点还有车，这对上夜班的人来说太重要了。",
        "希望周末也一样。",
        "请问终点站附近有自行车停放处吗？",
        "谢谢记者，写得很清楚。",
    ), risk=0.03),
    Kind("Dora", (
        "I wrote this in anger first, sorry. The plan is fine, the timetable is not.",
        "Mended my last comment: it is stop 9, of course.",
        "On reflection: they did ask us, in spring.",
        "I take back the part about the mayor.",
    ), reason="held for a moderator", risk=0.1, earlier="The plan is rubbish and so are you!!"),
    Kind("xX_free_Xx", (
        "FREE FREE FREE\n\nhttps://a.example https://b.example https://c.example",
        "free coins https://a.example https://b.example https://d.example",
        "GIFT CARDS https://b.example https://c.example https://e.example",
        "claim yours https://a.example https://c.example https://f.example",
    ), risk=0.91, reason="contains 3 links", network="mill"),
    Kind("Lotte", (
        "Could somebody explain what “until further notice” means here?",
        "Is the ticket from the afternoon still good at night?",
        "Who do I write to about the missing bench?",
        "Does anybody know if dogs are allowed in the hall?",
    ), answers=True),
)  # fmt: skip


def seed(session: Session, settings: Settings, number: int, *, now: datetime) -> None:
    """Put *number* entries into the queue, the last of them a few minutes old."""
    settings = replace(settings, hold="all", reports_to_hold=0, edit_minutes=60 * 24)
    for place, kind in enumerate(islice(cycle(KINDS), number)):
        moment = now - timedelta(minutes=7 * (number - place) + 3)
        key, title = ARTICLES[place % len(ARTICLES)]
        _play(
            session,
            settings,
            kind,
            place,
            Draft(thread_key=key, thread_title=title, body=""),
            moment,
        )


def _play(
    session: Session, settings: Settings, kind: Kind, place: int, draft: Draft, now: datetime
) -> None:
    # The same people come back: their history is what a moderator looks at.
    author = Author(id=f"guest:demo-queue-{kind.name}", kind=AuthorKind.GUEST, address=kind.network)
    body = kind.body(place // len(KINDS))
    written = replace(
        draft, body=kind.earlier or body, name=kind.name, parent=_answered(session, draft, kind)
    )
    comment = posting.post(session, author, written, settings=settings, now=now).comment
    if kind.earlier:
        later = now + timedelta(minutes=1)
        posting.edit(session, author, comment.id, body, settings=settings, now=later)
    thread, comment = moderation.locked(session, comment.id)
    moderation.set_status(
        session, thread, comment, kind.status, by="screen", reason=kind.reason, now=now
    )
    thread.title = draft.thread_title
    comment.risk = kind.risk
    comment.address_hash = comment.address_hash or kind.network
    for reporter, (reason, note) in zip(_readers(), kind.reports, strict=False):
        posting.report(session, reporter, comment.id, reason, note, settings=settings, now=now)


def _answered(session: Session, draft: Draft, kind: Kind) -> int | None:
    if not kind.answers:
        return None
    return demo.first_comment(session, draft.thread_key)


def _readers() -> Iterator[Author]:
    for number in range(9):
        yield Author(
            id=f"guest:demo-reader-{number}", kind=AuthorKind.GUEST, address=f"net {number}"
        )

"""Plain functions that make what a test needs.

The cast: alice writes, bob moderates, carol is a stranger. ``noise`` is what else stands in a
database, and no test about a thread may see anything of it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from comments import learning, moderation, posting, text, threads
from comments.config import Settings
from comments.database import is_sqlite
from comments.draft import Draft
from comments.identity import Author, Identity, from_identity
from comments.keys import Keys
from comments.models import (
    AuthorKind,
    Ban,
    Comment,
    ListedWord,
    Person,
    Scope,
    Status,
    Subscriber,
    Subscription,
    Thread,
)
from comments.screening import SCREENS, Arrival, Screen, Submitted

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = Keys("a secret of the tests, long enough to be one")
#: Everything shows at once; what is held is the business of the tests about holding.
SETTINGS = Settings(hold="none")
ARTICLE = "article"

_names = itertools.count()


def guest(name: str, address: str | None = None) -> Author:
    return Author(id=f"guest:{name}", kind=AuthorKind.GUEST, address=address)


def member(name: str, **facts: Any) -> Author:
    return from_identity(Identity(id=name.lower(), name=name, **facts))


ALICE = guest("alice")
CAROL = guest("carol")
BOB = member("Bob", is_moderator=True)


def minutes(number: float) -> datetime:
    """That many minutes after noon."""
    return NOON + timedelta(minutes=number)


def draft(body: str = "Hello", *, thread: str = ARTICLE, name: str = "Alice", **more: Any) -> Draft:
    return Draft(thread_key=thread, body=body, name=name, **more)


def post(
    session: Session,
    author: Author = ALICE,
    body: str = "Hello",
    *,
    to: Comment | int | None = None,
    now: datetime = NOON,
    settings: Settings = SETTINGS,
    key: str | None = None,
    arrival: Arrival | None = None,
    screens: Sequence[Screen] = SCREENS,
    **more: Any,
) -> Comment:
    """A comment of *author*, under *to* when that is given."""
    parent = to.id if isinstance(to, Comment) else to
    written = draft(body, parent=parent, **more)
    return posting.post(
        session,
        author,
        written,
        settings=settings,
        now=now,
        idempotency_hash=key,
        arrival=arrival,
        screens=screens,
    ).comment


def vote(
    session: Session,
    comment: Comment | int,
    value: int = 1,
    *,
    by: Author = CAROL,
    now: datetime = NOON,
    settings: Settings = SETTINGS,
    toggle: bool = False,
) -> posting.Ballot:
    comment_id = comment if isinstance(comment, int) else comment.id
    return posting.vote(session, by, comment_id, value, settings=settings, now=now, toggle=toggle)


def vote_often(session: Session, comment: Comment | int, score: int) -> None:
    """*score* votes of strangers, down-votes when it is negative."""
    for _ in range(abs(score)):
        vote(session, comment, 1 if score > 0 else -1, by=stranger())


def stranger() -> Author:
    """A guest nobody has met before."""
    return guest(f"stranger-{next(_names)}")


def action(at: float = 0, **facts: Any) -> moderation.Action:
    """Bob presses a button."""
    who = {"by": BOB.id, "name": "Bob", "now": minutes(at)}
    return moderation.Action(**(who | facts))


def decide(session: Session, comment: Comment | int, status: Status) -> None:
    """Bob decides on a comment."""
    comment_id = comment if isinstance(comment, int) else comment.id
    moderation.decide(session, comment_id, status, action())


def delete(session: Session, comment: Comment, by: Author = ALICE) -> None:
    posting.delete(session, by, comment.id, settings=SETTINGS, now=NOON)


def pin(session: Session, comment: Comment | int, *, pinned: bool = True, at: float = 0) -> None:
    comment_id = comment if isinstance(comment, int) else comment.id
    moderation.pin(session, comment_id, action(at), pinned=pinned)


def ban(session: Session, target: str, *, at: datetime = NOON, **facts: Any) -> Ban:
    """Bob shows somebody the door: an author's id, ``email:HASH`` or ``network:HASH``."""
    banned = Ban(target=target, created_by=BOB.id, created_at=at, **facts)
    session.add(banned)
    session.flush()
    return banned


def trust(session: Session, author: Author) -> None:
    session.add(Person(author_id=author.id, trusted_at=NOON, created_at=NOON))
    session.flush()


def listed_word(session: Session, word: str, which: str = "hold") -> ListedWord:
    listed = ListedWord(list=which, word=word, created_by=BOB.id, created_at=NOON)
    session.add(listed)
    session.flush()
    return listed


def teach(session: Session) -> None:
    """The filter has seen enough of either kind to judge."""
    kinds = (("Win free crypto coins at my casino %s", True), ("The harbour was cold %s", False))
    for pattern, as_spam in kinds:
        texts = [pattern % number for number in range(learning.LEAST_OF_EACH)]
        learning.learn(session, texts, as_spam=as_spam)


def submitted(
    session: Session, author: Author = ALICE, body: str = "Hello", **facts: Any
) -> Submitted:
    """A comment of *author* as the screens see it, from nowhere in particular."""
    settings = facts.pop("settings", SETTINGS)
    given = {"thread_key": ARTICLE, "name": "Alice", "now": NOON} | facts
    return Submitted(
        session=session,
        author=author,
        text=body,
        html=text.render(body),
        settings=settings,
        **given,
    )


def with_settings(**changes: Any) -> Settings:
    return replace(SETTINGS, **changes)


def thread(session: Session, key: str = ARTICLE) -> Thread:
    """The thread's row as it is in the database now."""
    query = select(Thread).where(Thread.key == key)
    return session.execute(query, execution_options={"populate_existing": True}).scalar_one()


def fresh(session: Session, comment: Comment | int) -> Comment:
    """The comment's row as it is in the database now."""
    comment_id = comment if isinstance(comment, int) else comment.id
    return session.get_one(Comment, comment_id, populate_existing=True)


def noise(session: Session, key: str = "another article") -> Thread:
    """Somebody else's discussion: replies, votes, a pinned, a waiting and a deleted comment."""
    first = post(session, CAROL, "noise", thread=key, name="Carol")
    reply = post(session, ALICE, "noise", thread=key, to=first)
    post(session, CAROL, "noise", thread=key, to=reply, name="Carol")
    vote(session, first, by=ALICE)
    pin(session, first)
    delete(session, post(session, ALICE, "noise", thread=key))
    post(session, CAROL, "noise", thread=key, name="Carol", settings=with_settings(hold="all"))
    return thread(session, key)


# ── readers who want mail ────────────────────────────────────────────────────────────────


def subscribe(
    session: Session,
    name: str = "dave",
    scope: Scope = Scope.ALL,
    *,
    thread: str = ARTICLE,
    author: Author | None = None,
    comment: Comment | int = 0,
    confirmed: bool = True,
    **facts: Any,
) -> Subscription:
    """``name@example.org`` asks to be told; *facts* are those of the subscriber."""
    email = f"{name}@example.org"
    subscriber = session.scalar(select(Subscriber).where(Subscriber.email == email))
    if subscriber is None:
        subscriber = Subscriber(
            **{"email": email, "base_url": "https://blog.example/comments", "created_at": NOON}
            | facts
        )
        session.add(subscriber)
        session.flush()
    wish = Subscription(
        subscriber_id=subscriber.id,
        thread_id=threads.lock_or_create(session, thread, now=NOON).id,
        scope=scope,
        author_id=author.id if author else "",
        comment_id=comment if isinstance(comment, int) else comment.id,
        created_at=NOON,
        confirmed_at=NOON if confirmed else None,
    )
    session.add(wish)
    session.flush()
    return wish


def subscribers(session: Session, count: int, key: str = ARTICLE) -> list[str]:
    """*count* readers who follow a thread; gives their addresses."""
    thread_id = threads.lock_or_create(session, key, now=NOON).id
    emails = [f"reader{number}.{thread_id}@example.org" for number in range(count)]
    base = {"base_url": "https://blog.example/comments", "created_at": NOON}
    if not count:
        return emails
    session.execute(insert(Subscriber), [{"email": email} | base for email in emails])
    ids = session.scalars(select(Subscriber.id).where(Subscriber.email.in_(emails))).all()
    wish = {"thread_id": thread_id, "scope": Scope.ALL, "created_at": NOON, "confirmed_at": NOON}
    session.execute(insert(Subscription), [{"subscriber_id": id} | wish for id in ids])
    return emails


# ── many rows at once ────────────────────────────────────────────────────────────────────────


def rows(
    session: Session,
    count: int,
    *,
    key: str = ARTICLE,
    parents: Sequence[int | None] = (None,),
    now: datetime = NOON,
) -> list[int]:
    """*count* published comments put straight into the tables, a second apart; gives their ids.

    They come in families like *parents*: each names the place of its parent in the family.
    Their scores are told, not voted.
    """
    threads.lock_or_create(session, key, now=now)
    at = thread(session, key)
    last = session.scalar(select(Comment.id).order_by(Comment.id.desc()).limit(1)) or 0
    ids = [last + 1 + number for number in range(count)]
    made: list[dict[str, Any]] = []
    for number in range(count):
        family, place = divmod(number, len(parents))
        parent = parents[place]
        above = None if parent is None else made[family * len(parents) + parent]
        made.append(_row(ids[number], at.id, above, now + timedelta(seconds=number)))
    for row in reversed(made):
        if row["parent_id"] is not None:
            made[row["parent_id"] - ids[0]]["replies_count"] += row["replies_count"] + 1
    session.execute(insert(Comment), made)
    if not is_sqlite(session):
        session.execute(select(func.setval("comments_comments_id_seq", ids[-1])))
    at.count += count
    at.revision += 1
    session.flush()
    return ids


def _row(id: int, thread_id: int, above: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    return {
        "id": id,
        "thread_id": thread_id,
        "parent_id": above and above["id"],
        "root_id": above and (above["root_id"] or above["id"]),
        "depth": above["depth"] + 1 if above else 0,
        "path": ".".join(filter(None, (above["path"], str(above["id"])))) if above else "",
        "status": Status.PUBLISHED,
        "listed": True,
        "published_revision": 1,
        "author_id": ALICE.id,
        "author_kind": AuthorKind.GUEST,
        "author_name": "Alice",
        "body": f"Comment {id}",
        "html": f"<p>Comment {id}</p>\n",
        "renderer_version": text.RENDERER_VERSION,
        "created_at": now,
        "up": id % 7,
        "down": 0,
        "score": id % 7,
        "vote_rank": -(id % 7),
        "replies_count": 0,
    }

"""Search, people and bans go through indexes and read little, however much there is."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session

from comments import people
from comments.identity import Author
from comments.models import (
    AuthorKind,
    Ban,
    Comment,
    Decision,
    Mention,
    Person,
    Report,
    Scope,
    Status,
    Subscriber,
    Subscription,
    Thread,
    Vote,
)
from comments.moderation import bans, search
from comments.moderation import people as known
from comments.moderation.search import Query
from comments.screening.bans import found as found_ban
from tests import factories as make
from tests.factories import ALICE, KEYS, NOON
from tests.large import made
from tests.test_plans import _reads_a_table, _touched, plans

MANY = 8_000
#: Somebody with a dozen comments among those of all others.
SOMEBODY = "guest:somebody"
HOUSEHOLD = {"address_hash": "n7", "email_hash": "e7"}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def large(request) -> Iterator[Engine]:
    yield from made(request, _fill)


def _fill(session: Session) -> None:
    ids = make.rows(session, MANY, parents=(None, 0, 0, None))
    make.rows(session, 500, key="another")
    session.execute(
        insert(Thread), [{"key": f"quiet {n}", "created_at": NOON} for n in range(3_000)]
    )
    quiet = {"synchronize_session": False}
    for change, few in (
        ({"author_id": SOMEBODY, "author_name": "Somebody"}, 600),
        (HOUSEHOLD, 400),
        ({"status": Status.SPAM}, 300),
    ):
        some = update(Comment).where(Comment.id.in_(ids[::few])).values(**change)
        session.execute(some, execution_options=quiet)
    at = {"created_by": "host:1", "created_at": NOON}
    session.execute(insert(Ban), [{"target": f"guest:{n}", **at} for n in range(3_000)])
    session.execute(
        insert(Person), [{"author_id": f"guest:{n}", "created_at": NOON} for n in range(3_000)]
    )
    report = {"reason": "spam", "note": "", "created_at": NOON}
    decision = {"actor": "screen", "created_at": NOON, "after": "published"}
    session.execute(
        insert(Report),
        [{"comment_id": id, "reporter_id": f"guest:{id}", **report} for id in ids[:3_000]],
    )
    session.execute(insert(Decision), [{"comment_id": id, **decision} for id in ids])
    session.execute(
        insert(Vote),
        [
            {"comment_id": id, "voter_id": f"guest:{id}", "value": 1, "created_at": NOON}
            for id in ids[:3_000]
        ],
    )
    session.execute(
        insert(Mention),
        [
            {"comment_id": id, "name": "Bob", "target_id": ids[0], "author_id": f"guest:{id}"}
            for id in ids[:3_000]
        ],
    )
    session.execute(
        insert(Subscriber),
        [{"email": f"{n}@example.org", "created_at": NOON} for n in range(3_000)],
    )
    [thread_id] = session.scalars(select(Thread.id).order_by(Thread.id).limit(1))
    wish = {"thread_id": thread_id, "scope": Scope.REPLIES, "created_at": NOON}
    session.execute(
        insert(Subscription),
        [
            {"subscriber_id": id, "author_id": f"guest:{id}", **wish}
            for id in session.scalars(select(Subscriber.id)).all()
        ],
    )
    for _ in search.reindex(session):
        pass


def _find(**query: Any) -> Callable[[Session], Any]:
    return lambda session: search.find(session, Query(**query), sites=None, limit=25)


def _met(session: Session) -> Any:
    author = Author(
        id="guest:7", kind=AuthorKind.GUEST, address=HOUSEHOLD["address_hash"], email_hash="e"
    )
    return found_ban(session, author, NOON)


READS: dict[str, Callable[[Session], Any]] = {
    "everything": _find(),
    "a rare word": _find(text="comment 4321"),
    "a word of all": _find(text="comment"),
    "a beginning": _find(text="43"),
    "a phrase": _find(text='"comment 4321"'),
    "a name": _find(author="somebody"),
    "a name's word": _find(author="somebody", text="comment"),
    "an id": _find(author=SOMEBODY),
    "a state": _find(status=Status.SPAM),
    "a day": _find(since=NOON, until=NOON + timedelta(minutes=1)),
    "find by name": lambda session: known.find(session, KEYS, "someb"),
    "find by network": lambda session: known.find(session, KEYS, "network:n7"),
    "profile": lambda session: known.profile(session, SOMEBODY, now=NOON),
    "a ban that is met": _met,
    "bans": lambda session: known.bans(session, now=NOON, in_force=True, limit=25),
}
WRITES: dict[str, Callable[[Session], Any]] = {
    "ban": lambda session: bans.ban(session, SOMEBODY, make.action()),
    "trust": lambda session: bans.trust(session, SOMEBODY, make.action(), trusted=True),
}

#: As in tests/test_plans.py; a name in the search is looked for among its last 500 comments.
FEW = {"sqlite": 20_000, "postgresql": 1_500}


#: What few of the newest say is looked up. PostgreSQL looks up every match before it sorts them,
#: and in a table as small as this one may as well read all of it beside. What must not be read
#: through is the index itself.
WORDS = ("a rare word", "a beginning", "a phrase", "a name", "a name's word", "find by name")
#: Steps for each of the newest comments, whose words SQLite compares first.
STEPS = 40


@pytest.mark.parametrize("name", READS | WRITES)
def test_every_query_goes_through_an_index(large, name):
    for statement, steps in plans(large, (READS | WRITES)[name]):
        read = [step for step in steps if _reads_a_table(step) and not _own(step)]
        if name in WORDS and large.dialect.name != "sqlite":
            read = [step for step in read if step["Relation Name"] != "comments_comments"]
        assert read == [], statement


def _own(step: Any) -> bool:
    """FTS5 calls its own look-up a scan, and the newest rows come by the key of the table."""
    return isinstance(step, str) and ("VIRTUAL TABLE INDEX" in step or _is_by_key(step))


def _is_by_key(step: str) -> bool:
    return step in ("SCAN comments_comments", "SCAN comments_bans")


@pytest.mark.parametrize("name", READS | WRITES)
def test_nothing_looks_at_more_rows_than_it_needs(large, name):
    few = FEW[large.dialect.name]
    if name in WORDS and large.dialect.name == "sqlite":
        few += STEPS * search.NEWEST
    elif name in WORDS:
        few = 3 * MANY  # the matches, and at most all comments and threads once
    assert _touched(large, (READS | WRITES)[name]) <= few


def test_erasing_somebody_reads_no_table_of_others_but_the_small_ones(large):
    """Words, names, links and counters are few, or gone within days."""
    # Nobody but a moderator has made a ban or listed a word.
    small = (
        "bans SET created_by",
        "words",
        "reserved_names",
        "links",
        "limit_counters",
        "submissions",
        "outbox",
        "edits",
    )

    def erase(session: Session) -> None:
        people.erase(session, people.subject_of(session, KEYS, SOMEBODY), now=NOON)

    for statement, steps in plans(large, erase):
        if not any(f"comments_{name}" in statement for name in small):
            found = [step for step in steps if _reads_a_table(step) and not _own(step)]
            assert found == [], statement


def test_alice_is_most_of_it(large):
    """Or the others would prove nothing."""
    with Session(large) as session:
        assert known.profile(session, ALICE.id, now=NOON).counts[Status.PUBLISHED] > MANY / 2

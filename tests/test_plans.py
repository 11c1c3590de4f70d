"""Every query goes through an index and touches no more rows than it shows."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, text, update
from sqlalchemy.orm import Session

from comments import moderation, notify, posting, screening, subscriptions, threads, upkeep
from comments.accounts import duty
from comments.database import is_sqlite
from comments.models import (
    Account,
    Ban,
    Comment,
    Decision,
    Edit,
    LearnedFeature,
    Letter,
    ListedWord,
    MailedLink,
    Mention,
    Notice,
    Pace,
    Person,
    Report,
    ReservedName,
    Scope,
    ScoreStep,
    SignIn,
    Spent,
    Status,
    Submission,
    Subscriber,
    Subscription,
    Thread,
    Vote,
)
from comments.moderation import figures, log, threadlist
from comments.moderation.log import Asked
from comments.notify import delivery, digests, messages
from comments.screening import Arrival, attack
from comments.subscriptions import Mailing, Wish
from comments.threads import Listing
from tests import factories as make
from tests.factories import ARTICLE, CAROL, KEYS, NOON
from tests.large import made
from tests.reading import SORTS, page, replies, statements

MANY = 20_000
BUSY_PARENT = 1
LATE_ROOT = 24_000
READER = duty.Reader("ann@example.org", Pace.HOURLY, None, "en", "https://c.example")

#: A process remembers what it counted: each look is at another time.
_later = itertools.count()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def large(request) -> Iterator[Engine]:
    """One comment with 20,000 replies among 5,000 others, two more threads, votes and steps.

    The tests of this file only read, or roll back.
    """
    yield from made(request, _fill)


def _fill(session: Session) -> None:
    make.rows(session, 1 + MANY, parents=(None, *[0] * MANY))
    make.rows(session, 5_000, parents=(None, 0, 1, None, None))
    for key in ("another article", "a third"):
        make.rows(session, 2_000, key=key, parents=(None, 0))
    session.execute(
        insert(Thread),
        [
            {"key": f"quiet {number}", "created_at": NOON - timedelta(days=30)}
            for number in range(3_000)
        ],
    )
    session.execute(
        insert(Vote),
        [
            {
                "comment_id": 1 + number % 9_000,
                "voter_id": f"guest:{number}",
                "value": 1,
                # Most are old, and their networks were forgotten long ago.
                "created_at": NOON if number < 2_000 else NOON - timedelta(days=90),
                "address_hash": f"network {number % 500}" if number < 2_000 else None,
            }
            for number in range(18_000)
        ],
    )
    # One top-level comment in ten is on a passage.
    session.execute(
        update(Comment)
        .where(Comment.id % 10 == 1, Comment.parent_id.is_(None))
        .values(anchor='{"selector":[{"type":"TextQuoteSelector","exact":"x"}]}', passage="x")
    )
    thread = make.thread(session)
    moderation.alias(session, thread.id, "an old key", make.action())
    session.execute(insert(Decision), [_decision(number) for number in range(20_000)])
    session.execute(
        insert(ScoreStep),
        [
            {
                "thread_id": thread.id,
                "revision": thread.revision + number,
                "comment_id": 1 + number % 20_000,
                "rank_before": 0,
                "created_at": NOON,
            }
            for number in range(1, 10_001)
        ],
    )
    thread.revision += 10_000
    session.execute(
        insert(ReservedName),
        [
            {"folded": f"name {number}", "author_id": make.BOB.id, "created_at": NOON}
            for number in range(3_000)
        ],
    )
    session.execute(
        insert(Submission),
        [
            {"key_hash": f"key {number}", "body_hash": "", "created_at": NOON}
            for number in range(3_000)
        ],
    )

    session.execute(
        insert(Mention),
        [
            {"comment_id": 1 + number, "name": "Bob", "target_id": 1, "author_id": make.BOB.id}
            for number in range(3_000)
        ],
    )
    _fill_peace(session)
    _fill_people(session)
    _fill_returning(session)
    # Every comment is in the index of the search; PostgreSQL reads a small table through.
    if not is_sqlite(session):
        indexed = "SELECT id, array_to_tsvector(ARRAY['t' || id]) FROM comments_comments"
        session.execute(text(f"INSERT INTO comments_search (comment_id, terms) {indexed}"))


def _fill_people(session: Session) -> None:
    """A site at which people sign in every day."""
    session.add(Account(id=1, name="Ann", created_at=NOON))
    session.flush()
    later = NOON + timedelta(days=20)
    numbers = range(3_000)
    keys = [{"token_hash": f"{number}", "created_at": NOON} for number in numbers]
    ends = {"seen_at": NOON, "expires_at": later, "account_id": 1}
    session.execute(insert(SignIn), [key | ends for key in keys])
    asked = {"purpose": "sign_in", "email": "ann@example.org", "expires_at": later}
    session.execute(insert(MailedLink), [key | asked for key in keys])
    sent = {"recipient": "", "subject": "", "text": "", "attempts": 1, "sent_at": NOON}
    session.execute(insert(Letter), [sent | {"created_at": NOON}] * len(numbers))
    readers = [{"id": 1 + n, "created_at": NOON} for n in range(1, 3_001)]
    session.execute(insert(Account), readers)


def _fill_returning(session: Session) -> None:
    """Three thousand who are told of other threads, and a letter about this one to the first."""
    numbers = range(1, 3_001)
    session.execute(
        insert(Subscriber),
        [{"id": n, "email": f"{n}@example.org", "created_at": NOON} for n in numbers],
    )
    wish = {"author_id": "", "created_at": NOON, "confirmed_at": NOON}
    first = session.scalars(select(Thread.id).where(Thread.key == "quiet 0")).one()
    wishes = [
        {"subscriber_id": n, "thread_id": 1 if n < 4 else first + n % 2_000, "scope": "all"}
        for n in numbers
    ]
    wishes += [{"subscriber_id": n, "thread_id": 1, "scope": "replies"} for n in range(1, 4)]
    session.execute(insert(Subscription), [one | wish for one in wishes])
    notice = {"why": "all", "created_at": NOON, "due_at": NOON}
    told = {"told_at": NOON, "letter_id": 2}
    session.execute(
        insert(Notice),
        [{"subscriber_id": n, "comment_id": 1 + n} | notice | told for n in numbers],
    )
    session.execute(
        insert(Notice),
        [
            {"subscriber_id": 1, "comment_id": LATE_ROOT - n, "letter_id": 1} | notice
            for n in range(1, 4)
        ],
    )


def _fill_peace(session: Session) -> None:
    """What keeps the peace on a site that has run for years."""
    # Thrown out lately, long ago and to be emptied, and long ago and empty since.
    for ids, status, at in (
        (range(20_002, 20_492), Status.SPAM, NOON),
        (range(20_492, 20_502), Status.SPAM, NOON - timedelta(days=90)),
        (range(20_502, 22_002), Status.REJECTED, None),
    ):
        session.execute(
            update(Comment)
            .where(Comment.id.in_(ids))
            .values(status=status, status_at=at, listed=False, address_hash="network 7")
        )
    at, by = NOON, make.BOB.id
    many = range(3_000)
    words = [{"list": "hold", "word": f"zz{n}", "created_by": by, "created_at": at} for n in many]
    session.execute(insert(ListedWord), words[:300])
    session.execute(
        insert(Ban), [{"target": f"guest:{n}", "created_by": by, "created_at": at} for n in many]
    )
    soon = {"created_by": by, "created_at": at, "until": NOON + timedelta(days=9)}
    session.execute(insert(Ban), [{"target": f"network:{n}", **soon} for n in many])
    ended = soon | {"until": NOON - timedelta(days=9)}
    session.execute(insert(Ban), [{"target": f"network:over {n}", **ended} for n in range(10)])
    session.execute(insert(Person), [{"author_id": f"guest:{n}", "created_at": at} for n in many])
    session.execute(insert(Spent), [{"key_hash": f"{n}", "expires_at": at} for n in many])
    session.execute(
        insert(LearnedFeature),
        [{"feature": f"word:{n}", "spam": 1, "ham": 1} for n in range(20_000)],
    )
    session.execute(insert(LearnedFeature), [{"feature": "*", "spam": 99, "ham": 99}])
    edits = [{"comment_id": 1 + n, "version": 1, "body": "", "created_at": at} for n in many]
    session.execute(insert(Edit), edits)
    session.execute(
        insert(Report),
        [
            {"comment_id": 1 + n, "reporter_id": f"guest:{n}", "reason": "spam", "created_at": at}
            for n in many
        ],
    )


def _decision(number: int) -> dict[str, Any]:
    """Most are the screens'; people close a thread now and then."""
    by_people = number % 10 == 0
    closes = number % 1000 == 0
    return {
        "action": "close" if closes else "status",
        "batch": f"batch {number}" if by_people else "",
        "comment_id": None if closes else 1 + number,
        "thread_id": 2 if closes else 1,
        "before": "pending",
        "after": "spam",
        "actor": f"host:{number % 3}" if by_people else "screen",
        "created_at": NOON + timedelta(minutes=number),
    }


# ── what is asked ────────────────────────────────────────────────────────────────────────────


def _a_while_ago(listing: Listing) -> str:
    """The cursor of somebody who began before the last hundred votes."""
    assert listing.next
    return replace(listing.next, revision=listing.thread.revision - 100).seal(KEYS)


def _later_page(session: Session, sort: str) -> None:
    page(session, sort, after=_a_while_ago(page(session, sort)))


def _later_inline_page(session: Session, sort: str) -> None:
    first = page(session, sort, only="inline")
    page(session, sort, after=_a_while_ago(first), only="inline")


def _a_passage(session: Session) -> None:
    thread = threads.find(session, ARTICLE)
    threads.on_passage(session, thread, "x")
    threads.has_inline(session, thread)


def _later_replies(session: Session, sort: str) -> None:
    after = _a_while_ago(replies(session, BUSY_PARENT, sort))
    replies(session, BUSY_PARENT, sort, after=after)


def _permalink(session: Session) -> None:
    comment = threads.visible(session, LATE_ROOT)
    threads.ancestors(session, comment)
    listing = page(session, start_at=threads.get(session, comment.root_id or comment.id))
    threads.open_way_to(session, listing, comment)


def _pulse(session: Session) -> None:
    thread = threads.find(session, ARTICLE)
    threads.new_since(session, thread, thread.revision - 1)
    threads.changed_at(session, thread)


def _news(session: Session) -> None:
    thread = threads.find(session, ARTICLE)
    threads.news(session, thread, thread.revision - 1)


def _screen(session: Session) -> None:
    settings = make.with_settings(hold="first")
    author = make.guest("carol", address="network 3")
    body = "This very sentence is longer than forty characters."
    given = make.submitted(session, author, body, settings=settings, arrival=Arrival())
    screening.explain(given)
    attack.bits(session, NOON + timedelta(days=next(_later)))


def _undo(session: Session) -> None:
    moderation.undo(session, "batch 18010", make.action(18_030))


def _vote(session: Session) -> None:
    make.vote(session, LATE_ROOT, by=make.guest("carol", address="network 3"))


Read = Callable[[Session], Any]


def _in_each_order(name: str, read: Callable[[Session, str], Any]) -> dict[str, Read]:
    return {f"{name}, {sort}": partial(read, sort=sort) for sort in SORTS}


def _feed_below(session: Session, comment_id: int) -> Any:
    top = threads.visible(session, comment_id)
    return threads.latest_below(session, top, threads.by_id(session, top.thread_id))


def _subscribe(session: Session) -> None:
    """A stranger asks, ends it again, and signs in."""
    mailing = Mailing(base_url="https://blog.example/comments", language="en")
    given: dict[str, Any] = {"keys": make.KEYS, "mailing": mailing, "now": NOON}
    thread = threads.lock_or_create(session, ARTICLE, now=NOON)
    wish = Wish(email="9@example.org", scope=Scope.ALL)
    subscriptions.ask(session, CAROL, wish, thread, **given)
    subscriptions.leave(session, CAROL, "9@example.org", thread.id, **given)
    subscriptions.moving.to_author(session, CAROL.id, "member:1")


def _look_at_subscriptions(session: Session) -> None:
    subscriptions.wanted(session, 1)
    subscriptions.scope_of(session, CAROL.id, 1)


LISTS: dict[str, Read] = {
    **_in_each_order("page", page),
    **_in_each_order("later page", _later_page),
    **_in_each_order("replies", lambda session, sort: replies(session, BUSY_PARENT, sort)),
    **_in_each_order("later replies", _later_replies),
    **_in_each_order("inline page", partial(page, only="inline")),
    **_in_each_order("later inline page", _later_inline_page),
    "passages": lambda session: threads.passages(session, threads.find(session, ARTICLE)),
    "a passage": _a_passage,
    "permalink": _permalink,
    "counts": lambda session: threads.counts(session, [ARTICLE, "a third", "nobody"]),
    "pulse": _pulse,
    "news": _news,
    "feed": lambda session: threads.latest_in(session, threads.find(session, ARTICLE)),
    "feed of a reply": lambda session: _feed_below(session, LATE_ROOT),
    "feed of a busy parent": lambda session: _feed_below(session, BUSY_PARENT),
    "feed of the site": threads.latest_everywhere,
    "an old key": lambda session: threads.find(session, "an old key"),
    "page under an old key": lambda session: page(session, key="an old key"),
}
#: What moderators read from the end of an index, which SQLite calls a scan; that it stops soon is
#: in the number of rows.
FROM_THE_END: dict[str, Read] = {
    "threads by activity": lambda session: threadlist.listed(session, None),
    "threads by number": lambda session: threadlist.listed(session, None, order="count"),
    "log": lambda session: log.page(session, Asked()),
    "later log": lambda session: log.page(session, Asked(), below=9_000),
    "log with the screens": lambda session: log.page(session, Asked(everything=True)),
    "log of a person": lambda session: log.page(session, Asked(person="host:1")),
    "log of a name": lambda session: log.page(session, Asked(person="bob")),
    "log of a kind": lambda session: log.page(session, Asked(action="close")),
    "log of a comment": lambda session: log.page(session, Asked(comment_id=77)),
    "log of a day": lambda session: log.page(
        session, Asked(since=NOON + timedelta(days=3), until=NOON + timedelta(days=4))
    ),
    "log of a thread": lambda session: log.of_thread(session, 2),
}
LISTS |= FROM_THE_END
WRITES: dict[str, Read] = {
    "announce": lambda session: notify.announce(session, [LATE_ROOT], NOON),
    "letters that are due": lambda session: [
        session.execute(statement).all()
        for statement in (
            digests.due(make.SETTINGS, NOON + timedelta(days=1)).limit(1),
            delivery.due("mail", NOON + timedelta(days=1)),
            delivery.interrupted(NOON + timedelta(days=1)),
        )
    ],
    "what a letter says": lambda session: session.execute(
        digests.told(Letter(id=1, subscriber_id=1, created_at=NOON), "a hash")
    ).all(),
    "messages that wait": lambda session: [
        messages.page(session, "waiting", NOON),
        messages.overdue(session, ["mail"], NOON + timedelta(days=1)),
    ],
    "webhooks that are due": lambda session: session.execute(
        delivery.due("webhook", NOON, Letter.recipient == "https://hooks.example/")
    ).all(),
    "what waits for a moderator": lambda session: [
        session.execute(select(Comment.id).where(*which).limit(1)).all()
        for which in duty.news(READER, NOON + timedelta(days=9), NOON + timedelta(days=10))
    ],
    "who is mailed what waits": lambda session: duty.gather(session, make.SETTINGS, NOON),
    "subscribe": _subscribe,
    "a reader's subscriptions": _look_at_subscriptions,
    "end what a reader is mailed": lambda session: subscriptions.end(session, 9, now=NOON),
    "post": lambda session: make.post(session, to=LATE_ROOT, key="a key"),
    "post with names": lambda session: make.post(session, body="@Alice and @ALICE with @nobody"),
    "screen": _screen,
    "vote": _vote,
    "report": lambda session: posting.report(
        session, CAROL, LATE_ROOT, "spam", "", settings=make.SETTINGS, now=NOON
    ),
    "sweep": lambda session: upkeep.sweep(session, NOON),
    "undo": _undo,
    "teaching": lambda session: moderation.set_status_of_many(
        session, [LATE_ROOT], Status.SPAM, make.action()
    ),
}


def asked(engine: Engine, read: Callable[[Session], Any]) -> list[tuple[str, Any]]:
    """The statements of *read* that look for rows; what they changed is rolled back."""
    with Session(engine) as session, statements(engine) as sent:
        read(session)
        session.flush()
        session.rollback()
    looked = [it for it in sent if re.match("SELECT|WITH|UPDATE|DELETE", it[0])]
    assert looked
    return looked


def plans(engine: Engine, read: Read) -> Iterator[tuple[str, list[Any]]]:
    """Each statement of *read* with the steps of its plan."""
    plan = _sqlite_plan if engine.dialect.name == "sqlite" else _postgres_plan
    for statement, parameters in asked(engine, read):
        with engine.connect() as connection:
            yield statement, plan(connection, statement, parameters)


def _sqlite_plan(connection: Connection, statement: str, parameters: Any) -> list[str]:
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return [row.detail for row in rows]


def _postgres_plan(connection: Connection, statement: str, parameters: Any) -> list[dict[str, Any]]:
    """The nodes of the plan as it ran."""
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {statement}"
    nodes = [connection.exec_driver_sql(explain, parameters).scalar_one()[0]["Plan"]]
    for node in nodes:
        nodes += node.get("Plans", [])
    return nodes


# ── through an index ─────────────────────────────────────────────────────────────────────────

#: Not a table, but what the statement has made of a few rows.
OF_ITS_OWN = re.compile(
    r"SCAN (step|stayed|moved|anon_\d+|CONSTANT ROW|\(subquery-\d+\)"
    # The texts that are searched, looked up by their number.
    r"|comments_search VIRTUAL TABLE INDEX 0:="
    # An index that holds nothing but what is not sent.
    r"|comments_outbox USING INDEX ix_comments_outbox_unsent)"
)
#: The owner's words are a list of some hundred, counted to see whether it has changed.
IS_SMALL = "comments_words"


@pytest.mark.parametrize("name", LISTS | WRITES)
def test_every_query_goes_through_an_index(large, name):
    for statement, steps in plans(large, (LISTS | WRITES)[name]):
        read = [step for step in steps if _reads_a_table(step)]
        assert [step for step in read if not _walks(name, step)] == [], statement


def _walks(name: str, step: Any) -> bool:
    return name in FROM_THE_END and isinstance(step, str) and not _sorts(step)


def _reads_a_table(step: Any) -> bool:
    if isinstance(step, str):
        return step.startswith("SCAN") and not OF_ITS_OWN.match(step) and IS_SMALL not in step
    return step["Node Type"] == "Seq Scan" and step["Relation Name"] != IS_SMALL


# What was voted on since a reader began has to be sorted: it stands nowhere in that order.
# The few of a thread or of a comment are sorted as well, and what waits is grouped by thread.
IN_ORDER = LISTS.keys() - {
    "later page, most_voted",
    "later inline page, most_voted",
    # Passages are counted, and then the latest come first.
    "passages",
    "later replies, most_voted",
    "log of a comment",
    "log of a thread",
    "threads by activity",
    "threads by number",
}


@pytest.mark.parametrize("name", sorted(IN_ORDER))
def test_every_list_comes_out_of_its_index_in_order(large, name):
    for statement, steps in plans(large, LISTS[name]):
        if "pinned_at IS NOT NULL" not in statement:  # five at most
            assert [step for step in steps if _sorts(step)] == [], statement


def _sorts(step: Any) -> bool:
    return "TEMP B-TREE" in step if isinstance(step, str) else "Sort" in step["Node Type"]


FIGURES: dict[str, Callable[[Session, Any], Any]] = {
    "per day": figures.per_day,
    "busiest": figures.busiest,
    "waited": figures.waited,
    "workload": figures.workload,
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_figures_of_a_window_read_no_more_than_it_holds(large, name):
    """Nothing was written since."""
    window = figures.Window.of(30, NOON + timedelta(days=100))

    def read(session: Session) -> None:
        FIGURES[name](session, window)

    for statement, steps in plans(large, read):
        assert [step for step in steps if _reads_a_table(step)] == [], statement
    assert _touched(large, read) <= FEW[large.dialect.name]


# ── few rows ─────────────────────────────────────────────────────────────────────────────────

#: Instructions of SQLite's machine, of which a look at 20,000 rows takes 60,000 and more; and
#: rows that PostgreSQL read: two pages of 26, what hangs below them, and a hundred votes.
FEW = {"sqlite": 20_000, "postgresql": 700}


@pytest.mark.parametrize("name", LISTS | WRITES)
def test_nothing_looks_at_more_rows_than_it_needs_however_many_there_are(large, name):
    read = (LISTS | WRITES)[name]
    asked(large, read)  # what a process reads once, as the owner's words, it knows from here on
    assert _touched(large, read) <= FEW[large.dialect.name]


def _touched(engine: Engine, read: Read) -> int:
    if engine.dialect.name == "sqlite":
        return _instructions(engine, read)
    return sum(_rows(step) for _, steps in plans(engine, read) for step in steps)


def _instructions(engine: Engine, read: Read) -> int:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1

    with Session(engine) as session:
        raw = session.connection().connection.dbapi_connection
        raw.set_progress_handler(count, 1)
        read(session)
        session.rollback()
        raw.set_progress_handler(None, 0)
    return done


def _rows(node: dict[str, Any]) -> int:
    if "Relation Name" not in node:
        return 0
    each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(each * node["Actual Loops"])

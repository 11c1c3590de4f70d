"""Who is owed a mail about a comment: whoever asked, once, and never its author."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import moderation, notify, upkeep
from comments.models import (
    Comment,
    Letter,
    Notice,
    Pace,
    Scope,
    Status,
    Subscriber,
)
from comments.notify.notices import NEWS
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, NOON, minutes, with_settings
from tests.reading import statements


@pytest.fixture
def first(session: Session) -> Comment:
    """Alice's comment, under which the thread goes on."""
    comment = make.post(session, ALICE, "Is the harbour open?")
    make.noise(session)
    return comment


def owed(session: Session) -> dict[str, str]:
    """Who is owed a mail, and why."""
    rows = session.execute(
        select(Subscriber.email, Notice.why).join(Notice, Notice.subscriber_id == Subscriber.id)
    )
    return {email.partition("@")[0]: why for email, why in rows}


# ── who ──────────────────────────────────────────────────────────────────────────────────────


def test_who_follows_a_thread_is_told_of_everything_in_it(session, first):
    make.subscribe(session, "dave")
    make.post(session, CAROL, "Yes.")
    assert owed(session) == {"dave": "all"}


def test_nobody_is_told_of_another_thread(session, first):
    make.subscribe(session, "dave")
    make.post(session, CAROL, "Elsewhere", thread="another article")
    assert owed(session) == {}


def test_who_asked_for_replies_is_told_of_all_that_is_below_their_comments(session, first):
    make.subscribe(session, "alice", Scope.REPLIES, author=ALICE)
    make.post(session, CAROL, "Not below")
    assert owed(session) == {}
    reply = make.post(session, CAROL, "Yes.", to=first)
    make.post(session, BOB, "No.", to=reply)
    told = session.scalars(select(Notice.comment_id).order_by(Notice.comment_id)).all()
    assert told == [reply.id, reply.id + 1]


def test_who_follows_a_comment_is_told_of_what_is_below_it_alone(session, first):
    other = make.post(session, CAROL, "Something else")
    make.subscribe(session, "dave", Scope.COMMENT, comment=first)
    make.post(session, CAROL, "Yes.", to=other)
    assert owed(session) == {}
    make.post(session, CAROL, "Yes.", to=first)
    assert owed(session) == {"dave": "comment"}


def test_an_id_that_only_looks_like_one_above_is_none(session):
    # 1, 11 and 111 have no more to do with each other than their digits.
    ids = make.rows(session, 112)
    assert ids[0] == 1
    make.subscribe(session, "dave", Scope.COMMENT, comment=1)
    make.subscribe(session, "erin", Scope.COMMENT, comment=ids[10])
    make.post(session, CAROL, "Yes.", to=ids[110])
    assert owed(session) == {}


def test_who_is_named_is_told_if_they_take_part(session, first):
    dave = make.guest("dave")
    make.post(session, dave, "Hello", name="Dave")
    make.subscribe(session, "alice", Scope.REPLIES, author=ALICE)
    make.subscribe(session, "dave", Scope.COMMENT, comment=first, author=dave)
    make.post(session, CAROL, "@Alice @Dave look", name="Carol")
    assert owed(session) == {"alice": "mention"}


def test_of_several_reasons_the_nearest_is_told(session, first):
    make.subscribe(session, "alice", Scope.ALL, author=ALICE)
    make.subscribe(session, "alice", Scope.REPLIES, author=ALICE)
    make.post(session, CAROL, "Yes.", to=first)
    assert owed(session) == {"alice": "replies"}


@pytest.mark.parametrize(
    "wish",
    [
        {"confirmed": False},
        {"pace": Pace.NEVER},
        {"author": CAROL},
    ],
    ids=["not confirmed", "wants none", "wrote it"],
)
def test_some_are_not_told(session, first, wish):
    make.subscribe(session, "dave", **wish)
    make.post(session, CAROL, "Yes.")
    assert owed(session) == {}


def test_nobody_makes_a_comment_that_of_another_by_asking_in_their_name(session, first):
    make.subscribe(session, "dave")
    make.subscribe(session, "dave", Scope.REPLIES, author=CAROL, confirmed=False)
    make.post(session, CAROL, "Yes.")
    assert owed(session) == {"dave": "all"}


# ── when ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pace", "after"),
    [(Pace.IMMEDIATE, 0), (Pace.HOURLY, 60), (Pace.DAILY, 24 * 60)],
)
def test_the_mail_is_due_when_its_reader_wants_it(session, first, pace, after):
    make.subscribe(session, "dave", pace=pace)
    make.post(session, CAROL, "Yes.", now=minutes(5))
    assert session.scalars(select(Notice.due_at)).one() == minutes(5 + after)


def test_nobody_is_told_before_a_moderator_lets_it_through(session, first):
    make.subscribe(session, "dave")
    held = make.post(session, CAROL, "Hm", settings=with_settings(hold="all"))
    assert owed(session) == {}
    make.decide(session, held, Status.PUBLISHED)
    assert owed(session) == {"dave": "all"}


def test_of_a_shadow_nobody_is_told(session, first):
    make.subscribe(session, "dave")
    make.ban(session, CAROL.id, shadow=True)
    make.post(session, CAROL, "Psst")
    assert owed(session) == {}


def test_what_comes_back_is_told_once(session, first):
    make.subscribe(session, "dave")
    comment = make.post(session, CAROL, "Yes.")
    make.decide(session, comment, Status.SPAM)
    make.decide(session, comment, Status.PUBLISHED)
    assert session.scalars(select(Notice.comment_id)).all() == [comment.id]


def test_of_what_is_old_nobody_is_told(session, first):
    make.subscribe(session, "dave")
    held = make.post(session, CAROL, "Hm", settings=with_settings(hold="all"))
    late = make.action(now=NOON + NEWS)
    moderation.decide(session, held.id, Status.PUBLISHED, late)
    assert owed(session) == {}


def test_what_is_rolled_back_owes_nothing(session, first):
    make.subscribe(session, "dave")
    session.commit()
    make.post(session, CAROL, "Yes.")
    session.rollback()
    assert owed(session) == {}


# ── many ─────────────────────────────────────────────────────────────────────────────────────


def test_a_comment_costs_as_many_statements_for_a_thousand_subscribers_as_for_one(session, engine):
    counts = {}
    for others in (0, 1, 1_000):
        key = f"{others} follow"
        first = make.post(session, ALICE, "first", thread=key)
        make.subscribers(session, others, key)
        session.commit()
        with statements(engine) as sent:
            make.post(session, CAROL, "Yes.", thread=key, to=first)
        counts[others] = len(sent)
        told = select(Notice.subscriber_id).join(Comment).where(Comment.author_id == CAROL.id)
        assert len(session.scalars(told.where(Comment.thread_id == first.thread_id)).all()) == (
            others
        )
    # Where nobody asked, the statement that writes the thread has said so.
    assert counts == {0: counts[1] - 3, 1: counts[1], 1_000: counts[1]}


def test_many_that_are_approved_at_once_are_announced_in_a_few_statements(session, engine):
    counts = []
    for many in (3, 30):
        key = f"{many} wait"
        first = make.post(session, ALICE, "first", thread=key)
        make.subscribe(session, "alice", Scope.REPLIES, author=ALICE, thread=key)
        held = with_settings(hold="all")
        ids = [
            make.post(session, CAROL, f"Yes {n}", thread=key, to=first, settings=held).id
            for n in range(many)
        ]
        session.commit()
        with statements(engine) as sent:
            moderation.set_status_of_many(session, ids, Status.PUBLISHED, make.action())
        counts.append(len(sent))
        told = session.scalars(select(Notice.comment_id).where(Notice.comment_id.in_(ids))).all()
        assert sorted(told) == ids
    assert counts[0] == counts[1]


def test_a_chain_deeper_than_a_statement_has_room_for_is_told_to_its_root(
    session, first, monkeypatch
):
    monkeypatch.setattr("comments.notify.notices._MOST_ABOVE", 2)
    make.subscribe(session, "alice", Scope.REPLIES, author=ALICE)
    make.subscribe(session, "erin", Scope.COMMENT, comment=first)
    last = first
    for _ in range(6):
        last = make.post(session, make.stranger(), "and", to=last)
    told = session.scalars(select(Notice.comment_id).where(Notice.comment_id == last.id)).all()
    assert len(told) == 2


# ── forgetting ───────────────────────────────────────────────────────────────────────────────


def test_of_a_subscriber_who_leaves_nothing_stays(session, first):
    dave = make.subscribe(session, "dave")
    make.subscribe(session, "erin")
    make.post(session, CAROL, "Yes.")
    notify.write(session, "", "Is it you?", "A link", NOON, subscriber_id=dave.subscriber_id)
    notify.forget(session, dave.subscriber_id)
    session.delete(dave)
    session.flush()
    session.delete(session.get_one(Subscriber, dave.subscriber_id))
    session.flush()
    assert owed(session) == {"erin": "all"}
    assert session.scalars(select(Letter.id)).all() == []


def test_notices_are_kept_longer_than_a_comment_is_news_and_then_go(session, first):
    make.subscribe(session, "dave")
    make.subscribe(session, "erin")
    make.post(session, CAROL, "Yes.")
    told = session.scalars(select(Notice).order_by(Notice.subscriber_id)).all()
    told[0].told_at = minutes(1)
    session.flush()
    assert NEWS < upkeep.KEEP_NOTICES
    upkeep.sweep(session, NOON + upkeep.KEEP_NOTICES)
    assert len(owed(session)) == 2
    upkeep.sweep(session, minutes(2) + upkeep.KEEP_NOTICES)
    assert owed(session) == {}

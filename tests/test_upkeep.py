"""What is thrown away, and when."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from comments import people, posting, upkeep
from comments.identity import erased_target
from comments.models import (
    Ban,
    Decision,
    Edit,
    Report,
    ScoreStep,
    Spent,
    Status,
    Submission,
    Vote,
)
from comments.moderation import bans
from comments.upkeep import KEEP_ADDRESSES, KEEP_REJECTED, KEEP_SCORE_STEPS, KEEP_SUBMISSIONS
from tests import factories as make
from tests.factories import BOB, NOON, guest
from tests.test_concurrency import until_somebody_waits

MOMENT = timedelta(seconds=1)


@pytest.fixture
def voted(session):
    """A comment that was posted with a key and voted on from a network."""
    comment = make.post(session, key="a key")
    make.vote(session, comment, by=guest("carol", address="a network"))
    return comment


def left(session) -> dict[str, int]:
    session.expire_all()
    return {
        "keys": len(session.scalars(select(Submission.key_hash)).all()),
        "steps": len(session.scalars(select(ScoreStep.revision)).all()),
        "networks": len(session.scalars(select(Vote).where(Vote.address_hash.is_not(None))).all()),
        "votes": len(session.scalars(select(Vote)).all()),
    }


@pytest.fixture
def postgres_engine(migrated_postgres_uri):
    """SQLite has one writer at a time, and none of these troubles."""
    engine = create_engine(migrated_postgres_uri)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("what", "after"),
    [("keys", KEEP_SUBMISSIONS), ("steps", KEEP_SCORE_STEPS), ("networks", KEEP_ADDRESSES)],
)
def test_each_thing_is_kept_for_its_time_and_dropped_after_it(session, voted, what, after):
    upkeep.sweep(session, NOON + after)
    assert left(session)[what] == 1
    upkeep.sweep(session, NOON + after + MOMENT)
    assert left(session)[what] == 0


def test_votes_and_comments_stay_for_good(session, voted):
    upkeep.sweep(session, NOON + timedelta(days=10_000))
    assert left(session)["votes"] == 1
    row = make.fresh(session, voted)
    assert (row.body, row.score) == ("Hello", 1)


def test_what_is_younger_stays_beside_what_goes(session, voted):
    later = NOON + KEEP_SUBMISSIONS
    make.post(session, key="another key", now=later)
    make.vote(session, voted, by=BOB, now=later)
    upkeep.sweep(session, later + MOMENT)
    assert (left(session)["keys"], left(session)["steps"]) == (1, 1)


# ── what was thrown out ──────────────────────────────────────────────────────────────────────

ADDRESSED = replace(guest("alice", address="a network"), email_hash="a mailbox")
#: What is left of a comment that is purged.
NOTHING = ("", "", "", None, None, None, None, "", [])


def kept(session, comment) -> tuple:
    row = make.fresh(session, comment)
    edits = session.scalars(select(Edit).where(Edit.comment_id == row.id)).all()
    return (
        row.body,
        row.html,
        row.author_name,
        row.author_website,
        row.author_avatar,
        row.address_hash,
        row.email_hash,
        row.status_reason,
        edits,
    )


@pytest.fixture
def written(session):
    """A comment with all that can be kept of one."""
    comment = make.post(session, ADDRESSED, website="https://a.example")
    posting.edit(session, ADDRESSED, comment.id, "Better", settings=make.SETTINGS, now=NOON)
    return comment


@pytest.mark.parametrize("status", [Status.SPAM, Status.REJECTED, Status.DELETED])
def test_what_was_thrown_out_can_be_rescued_for_a_month_and_then_is_gone(session, written, status):
    make.decide(session, written, status)
    upkeep.sweep(session, NOON + KEEP_REJECTED)
    assert kept(session, written)[:3] == ("Better", "<p>Better</p>", "Alice")
    upkeep.sweep(session, NOON + KEEP_REJECTED + MOMENT)
    assert kept(session, written) == NOTHING
    assert make.fresh(session, written).status is status


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.PENDING])
def test_what_is_published_or_waits_is_kept(session, written, status):
    if status is Status.PENDING:
        written = make.post(session, settings=make.with_settings(hold="all"))
    upkeep.sweep(session, NOON + timedelta(days=10_000))
    assert make.fresh(session, written).body


def test_what_a_moderator_is_rescuing_right_now_is_left_alone(postgres_engine):
    """SQLite has one writer at a time."""
    late = NOON + KEEP_REJECTED + timedelta(days=1)
    with Session(postgres_engine) as session:
        comment = make.post(session, body="Worth keeping.").id
        make.decide(session, comment, Status.SPAM)
        session.commit()
    with Session(postgres_engine) as rescuing, Session(postgres_engine) as sweeping:
        make.decide(rescuing, comment, Status.PUBLISHED)
        upkeep.sweep(sweeping, late)
        sweeping.commit()
        rescuing.commit()
        assert make.fresh(sweeping, comment).body == "Worth keeping."


def test_an_owner_chooses_how_long(session, written):
    make.decide(session, written, Status.SPAM)
    settings = make.with_settings(keep_rejected_days=2)
    make.post(session, now=NOON + timedelta(days=2) + MOMENT, settings=settings)
    assert kept(session, written) == NOTHING


def test_it_is_looked_at_once_and_a_bounded_number_at_a_time(session):
    for _ in range(3):
        make.decide(session, make.post(session), Status.SPAM)
    swept = [upkeep.sweep(session, NOON + timedelta(days=31), most=2) for _ in range(3)]
    assert swept == [2, 1, 0]


def test_a_comments_network_is_forgotten_after_a_month(session, written):
    upkeep.sweep(session, NOON + KEEP_ADDRESSES)
    assert make.fresh(session, written).address_hash == "a network"
    upkeep.sweep(session, NOON + KEEP_ADDRESSES + MOMENT)
    row = make.fresh(session, written)
    assert (row.address_hash, row.email_hash) == (None, "a mailbox")


def test_what_was_used_once_is_remembered_until_it_expires(session):
    session.add(Spent(key_hash="a proof", expires_at=NOON))
    upkeep.sweep(session, NOON)
    assert session.scalars(select(Spent.key_hash)).all() == ["a proof"]
    upkeep.sweep(session, NOON + MOMENT)
    assert session.scalars(select(Spent)).all() == []


LATE = NOON + timedelta(days=60)


def test_the_first_write_after_an_hour_tidies_up(session, voted):
    make.post(session, now=LATE)
    assert left(session)["keys"] == 0


def test_a_vote_tidies_up_too(session, voted):
    make.vote(session, voted, by=BOB, now=LATE)
    assert left(session)["keys"] == 0


def test_a_busy_hour_tidies_up_with_every_so_many_writes(session, voted, monkeypatch):
    make.post(session, now=NOON + KEEP_SUBMISSIONS)
    monkeypatch.setattr(upkeep, "EVERY", 3)
    for _ in range(2):
        make.post(session, now=NOON + KEEP_SUBMISSIONS + MOMENT)
    assert left(session)["keys"] == 1
    make.post(session, now=NOON + KEEP_SUBMISSIONS + MOMENT)
    assert left(session)["keys"] == 0


def test_a_sweep_takes_a_bounded_number_of_rows(session, voted):
    make.post(session, key="another key")
    upkeep.sweep(session, LATE, most=1)
    assert left(session)["keys"] == 1


def test_two_that_sweep_at_once_do_not_block_each_other(postgres_engine):
    """One has changed a vote that the other would sweep, and then wants to sweep what it has."""
    with Session(postgres_engine) as session:
        voted = make.post(session, key="a key").id
        make.vote(session, voted, by=guest("carol", address="a network"))
        session.commit()

    def sweep() -> None:
        with Session(postgres_engine) as other:
            upkeep.sweep(other, LATE)
            other.commit()

    with Session(postgres_engine) as one, ThreadPoolExecutor(1) as pool:
        make.vote(one, voted, -1, by=guest("carol"))
        sweeping = pool.submit(sweep)
        until_somebody_waits(postgres_engine)
        upkeep.sweep(one, LATE)
        one.commit()
        sweeping.result(timeout=30)
    with Session(postgres_engine) as session:
        assert left(session)["keys"] == 0


def test_what_is_purged_leaves_no_note_of_its_reports(session):
    comment = make.post(session, settings=make.with_settings(hold="none"))
    reader = make.guest("reader")
    told = "it says: my number is 555"
    posting.report(session, reader, comment.id, "abuse", told, settings=make.SETTINGS, now=NOON)
    make.decide(session, comment, Status.SPAM)
    upkeep.sweep(session, NOON + timedelta(days=60))
    session.expire_all()
    assert session.scalars(select(Report.note)).all() == [""]


def targets_of(session, table, *which) -> list[str]:
    session.expire_all()
    return sorted(session.scalars(select(table.target).where(*which)))


def test_a_ban_of_a_network_that_is_over_keeps_no_trace_of_it(session):
    late = NOON + timedelta(days=40)
    for target in ("network:old", "network:again", "guest:someone"):
        bans.ban(session, target, make.action(), until=NOON + timedelta(days=2))
    bans.ban(session, "network:again", replace(make.action(), now=late))
    upkeep.sweep(session, late)
    kept = ["guest:someone", "network:", "network:again", "network:again"]
    assert targets_of(session, Ban) == kept
    assert targets_of(session, Decision, Decision.action == "ban") == kept
    assert upkeep.sweep(session, late) == 0


def test_a_lifted_ban_of_a_network_is_forgotten_within_thirty_days(session):
    lifted = bans.ban(session, "network:old", make.action())
    bans.lift(session, lifted.id, make.action(1))
    upkeep.sweep(session, NOON + timedelta(hours=2))
    assert targets_of(session, Ban) == ["network:old"]
    upkeep.sweep(session, NOON + bans.LONGEST_OF_A_NETWORK + MOMENT)
    assert targets_of(session, Ban) + targets_of(session, Decision) == ["network:"] * 3


def test_so_is_one_whose_person_has_erased_what_is_theirs(session):
    network = guest("carol", address="a network")
    make.post(session, network)
    bans.ban(session, "network:a network", make.action())
    bans.ban(session, network.id, make.action())
    people.erase(session, people.subject_of(session, make.KEYS, network.id), now=NOON)
    upkeep.sweep(session, NOON + bans.LONGEST_OF_A_NETWORK + MOMENT)
    for_good = erased_target(network.id)
    assert targets_of(session, Ban) == sorted(["erased:", for_good])
    logged = targets_of(session, Decision, Decision.action == "ban")
    assert logged == sorted(["erased:", for_good])

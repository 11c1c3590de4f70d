"""Votes: exact, undoable, not on one's own comment, and only so many from one network."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from comments.errors import CommentsError
from comments.models import ScoreStep, Status, Vote
from comments.posting import Ballot
from comments.upkeep import KEEP_ADDRESSES, sweep
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, NOON, guest, member, with_settings


@pytest.fixture
def comment(session):
    """Alice's; and there is noise."""
    make.noise(session)
    return make.post(session)


def stored(session, comment) -> tuple[int, int, int, int]:
    row = make.fresh(session, comment)
    return row.up, row.down, row.score, row.vote_rank


def votes_on(session, comment) -> int:
    query = select(func.count()).select_from(Vote).where(Vote.comment_id == comment.id)
    return session.execute(query).scalar_one()


# ── what a vote does ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "ballot", "row"),
    [(1, Ballot(1, 0, 1, 1), (1, 0, 1, -1)), (-1, Ballot(0, 1, -1, -1), (0, 1, -1, 1))],
)
def test_a_vote_counts(session, comment, value, ballot, row):
    assert make.vote(session, comment, value) == ballot
    assert stored(session, comment) == row


def test_votes_of_several_people_add_up(session, comment):
    make.vote(session, comment, 1, by=CAROL)
    make.vote(session, comment, 1, by=BOB)
    assert make.vote(session, comment, -1, by=member("Dora")) == Ballot(2, 1, 1, -1)


def test_saying_the_same_again_changes_nothing_and_no_revision(session, comment):
    make.vote(session, comment)
    before = make.thread(session).revision
    assert make.vote(session, comment) == Ballot(1, 0, 1, 1)
    assert make.thread(session).revision == before


def test_a_vote_can_be_turned_round(session, comment):
    make.vote(session, comment, 1)
    assert make.vote(session, comment, -1) == Ballot(0, 1, -1, -1)
    assert votes_on(session, comment) == 1


def test_a_vote_can_be_taken_back_and_leaves_no_row(session, comment):
    make.vote(session, comment, -1)
    assert make.vote(session, comment, 0) == Ballot(0, 0, 0, 0)
    assert votes_on(session, comment) == 0


def test_taking_back_what_was_never_said_changes_nothing(session, comment):
    before = make.thread(session).revision
    assert make.vote(session, comment, 0) == Ballot(0, 0, 0, 0)
    assert make.thread(session).revision == before


@pytest.mark.parametrize("value", [1, -1])
def test_a_form_that_says_the_same_again_takes_it_back(session, comment, value):
    make.vote(session, comment, value, toggle=True)
    assert make.vote(session, comment, value, toggle=True) == Ballot(0, 0, 0, 0)
    assert make.vote(session, comment, value, toggle=True).value == value


def test_a_form_that_says_the_other_thing_turns_the_vote_round(session, comment):
    make.vote(session, comment, 1, toggle=True)
    assert make.vote(session, comment, -1, toggle=True) == Ballot(0, 1, -1, -1)


def test_a_vote_is_a_visible_change_and_leaves_the_count(session, comment):
    before = make.thread(session).revision
    make.vote(session, comment)
    thread = make.thread(session)
    assert (thread.revision, thread.count) == (before + 1, 1)


def test_the_score_before_each_change_is_kept_for_readers_on_their_way(session, comment):
    for voter in (CAROL, BOB):
        make.vote(session, comment, by=voter)
    steps = session.execute(
        select(ScoreStep.revision, ScoreStep.rank_before)
        .where(ScoreStep.comment_id == comment.id)
        .order_by(ScoreStep.revision)
    )
    revision = make.thread(session).revision
    assert [tuple(step) for step in steps] == [(revision - 1, 0), (revision, -1)]


# ── whose, and on what ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", [1, -1, 0])
def test_nobody_votes_on_their_own_comment(session, comment, value):
    with pytest.raises(CommentsError) as refused:
        make.vote(session, comment, value, by=ALICE)
    assert refused.value.code == "own_comment"
    assert stored(session, comment) == (0, 0, 0, 0)


@pytest.mark.parametrize("status", [Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED])
def test_only_a_published_comment_takes_votes(session, comment, status):
    make.post(session, to=comment)
    make.decide(session, comment, status)
    with pytest.raises(CommentsError) as refused:
        make.vote(session, comment)
    assert refused.value.code == "no_such_comment"


def test_a_comment_that_is_not_there_takes_no_vote(session):
    with pytest.raises(CommentsError) as refused:
        make.vote(session, 999_999)
    assert refused.value.code == "no_such_comment"


def test_votes_survive_a_decision_and_its_undoing(session, comment):
    make.vote(session, comment)
    make.decide(session, comment, Status.SPAM)
    make.decide(session, comment, Status.PUBLISHED)
    assert stored(session, comment) == (1, 0, 1, -1)


# ── the ceiling of a network ─────────────────────────────────────────────────────────────────

TWO = with_settings(guest_votes_per_address=2)


def neighbour(name: str):
    return guest(name, address="the street's network")


@pytest.fixture
def full(session, comment):
    """Two neighbours have voted, and no more may."""
    for name in ("one", "two"):
        make.vote(session, comment, by=neighbour(name), settings=TWO)
    return comment


@pytest.mark.parametrize("value", [1, -1])
def test_one_guest_more_than_the_ceiling_is_refused_and_told_why(session, full, value):
    with pytest.raises(CommentsError) as refused:
        make.vote(session, full, value, by=neighbour("three"), settings=TWO)
    assert refused.value.code == "vote_ceiling"
    assert "Sign in" in str(refused.value)
    assert stored(session, full) == (2, 0, 2, -2)


def test_the_ceiling_holds_whatever_the_rate_limits_say(session, full):
    with pytest.raises(CommentsError, match="network"):
        make.vote(
            session,
            full,
            by=neighbour("three"),
            settings=with_settings(guest_votes_per_address=2, rate_limits="off"),
        )


def test_those_who_have_voted_may_still_change_their_mind(session, full):
    assert make.vote(session, full, -1, by=neighbour("one"), settings=TWO).score == 0
    assert make.vote(session, full, 0, by=neighbour("one"), settings=TWO).score == 1


def test_a_vote_taken_back_leaves_its_place_to_a_neighbour(session, full):
    make.vote(session, full, 0, by=neighbour("one"), settings=TWO)
    assert make.vote(session, full, by=neighbour("three"), settings=TWO).up == 2


def test_the_ceiling_is_for_each_comment(session, full):
    another = make.post(session)
    assert make.vote(session, another, by=neighbour("three"), settings=TWO).up == 1


@pytest.mark.parametrize(
    "voter", [guest("x", address="another network"), guest("x"), member("Dora"), BOB], ids=str
)
def test_others_are_not_counted_with_the_neighbours(session, full, voter):
    assert make.vote(session, full, by=voter, settings=TWO).up == 3


def test_the_network_of_somebody_signed_in_is_not_kept(session, comment):
    make.vote(session, comment, by=BOB)
    make.vote(session, comment, by=neighbour("one"))
    kept = select(Vote.voter_id, Vote.address_hash).where(Vote.comment_id == comment.id)
    assert dict(session.execute(kept).all()) == {
        BOB.id: None,
        "guest:one": "the street's network",
    }


def test_a_network_is_forgotten_after_thirty_days_and_the_vote_stays(session, full):
    sweep(session, NOON + KEEP_ADDRESSES + timedelta(seconds=1))
    assert make.vote(session, full, by=neighbour("three"), settings=TWO).up == 3

"""Proof of work: the small sum that a guest's browser does."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments.errors import CommentsError
from comments.keys import Keys
from comments.models import Comment, Spent, Status
from comments.screening import Arrival, attack, work
from tests import factories as make
from tests.factories import ARTICLE, KEYS, NOON, minutes, with_settings
from tests.test_concurrency import PEOPLE, at_once

BITS = 8
#: Nobody is too fast here.
FIRST = with_settings(hold="links", rate_limits="off")


def challenge(thread: str = ARTICLE, bits: int = BITS, keys: Keys = KEYS) -> str:
    return work.challenge(keys, thread, bits, NOON)


def proof(at: float = 1) -> work.Proof:
    given = challenge()
    found = work.check(KEYS, given, work.solve(given, BITS), ARTICLE, minutes(at))
    assert found is not None
    return found


def test_a_sum_that_is_done_proves_it():
    assert (proof().issued_at, proof().expires_at) == (NOON, minutes(60))


def test_a_challenge_and_its_colon_fill_a_block():
    assert len(challenge()) == 63


def test_no_two_challenges_are_alike():
    assert challenge() != challenge()


@pytest.mark.parametrize("at", [0, 59.9])
def test_it_is_good_for_an_hour(at):
    assert proof(at)


GIVEN = challenge()
NONCE = work.solve(GIVEN, BITS)
FORGED = GIVEN[:-2] + ("AA" if GIVEN[-2:] != "AA" else "BB")
ELSEWHERE = challenge(keys=Keys("another secret, long enough to be one"))
GUEST = KEYS.seal("guest", b"0" * 31)
SHORT = KEYS.seal("work", b"0")


@pytest.mark.parametrize(
    ("given", "nonce", "thread", "at"),
    [
        (GIVEN, NONCE, "another article", 1),
        (GIVEN, NONCE, ARTICLE, 60),
        (GIVEN, NONCE, ARTICLE, -1),
        (GIVEN, "no solution", ARTICLE, 1),
        (GIVEN, "", ARTICLE, 1),
        (GIVEN, "9" * 10_000, ARTICLE, 1),
        (GIVEN, "\ud800", ARTICLE, 1),
        (FORGED, work.solve(FORGED, BITS), ARTICLE, 1),
        (ELSEWHERE, work.solve(ELSEWHERE, BITS), ARTICLE, 1),
        (GUEST, work.solve(GUEST, BITS), ARTICLE, 1),
        (SHORT, "0", ARTICLE, 1),
        ("", "", ARTICLE, 1),
        ("ß", "0", ARTICLE, 1),
    ],
    # By number: a challenge is another one each time.
    ids=range(13),
)
def test_it_proves_nothing(given, nonce, thread, at):
    assert work.check(KEYS, given, nonce, thread, minutes(at)) is None


def test_it_is_good_once(session):
    once = Arrival(proof=proof())
    make.post(session, make.stranger(), settings=FIRST, arrival=once)
    again = make.post(session, make.stranger(), settings=FIRST, arrival=once)
    assert again.status_reason == "sent without the small sum that the page computes"


def test_a_member_uses_none_up(session):
    once = Arrival(proof=proof())
    make.post(session, make.member("Dora"), settings=FIRST, arrival=once)
    assert session.scalars(select(Spent)).all() == []
    assert make.post(session, settings=FIRST, arrival=once).status is Status.PUBLISHED


def test_a_comment_that_was_refused_uses_none_up(session):
    once = Arrival(proof=proof())
    session.commit()
    with pytest.raises(CommentsError):
        make.post(session, to=999, settings=FIRST, arrival=once)
    session.rollback()
    assert make.post(session, settings=FIRST, arrival=once).status is Status.PUBLISHED


def test_of_eight_at_once_with_one_proof_one_counts(engine):
    once = Arrival(proof=proof())

    def post(session: Session) -> None:
        make.post(session, make.stranger(), settings=FIRST, arrival=once)

    at_once(engine, *[post] * PEOPLE)
    with Session(engine) as session:
        found = list(session.scalars(select(Comment.status)))
    assert sorted(found) == [Status.PENDING] * (PEOPLE - 1) + [Status.PUBLISHED]


# ── an attack ────────────────────────────────────────────────────────────────────────────────


def held(session, count: int) -> None:
    for _ in range(count):
        make.post(session, make.stranger(), settings=with_settings(hold="all"))


def test_the_sum_grows_with_what_is_held(session, monkeypatch):
    monkeypatch.setattr(attack, "LEVELS", ((6, 20), (4, 18), (2, 16), (0, 14)))
    monkeypatch.setattr(attack, "REMEMBERED", timedelta(0))
    grown = []
    for number in range(8):
        grown.append(attack.bits(session, NOON + timedelta(milliseconds=number)))
        held(session, 1)
    assert grown == [14, 14, 16, 16, 18, 18, 20, 20]
    assert attack.bits(session, minutes(10)) == 14


def test_what_members_write_and_what_is_published_is_no_attack(session):
    for _ in range(attack.ATTACK):
        make.post(session, make.member("Dora"), settings=with_settings(hold="all"))
        make.post(session)
    assert not attack.is_on(session, NOON)


def test_a_process_looks_again_after_some_seconds(session):
    assert not attack.is_on(session, NOON)
    held(session, attack.ATTACK)
    assert not attack.is_on(session, NOON + attack.REMEMBERED)
    assert attack.is_on(session, NOON + attack.REMEMBERED + timedelta(seconds=1))

"""Reports: counted once for each person, enough of them hold a comment, a *keep* settles them."""

from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments import moderation, posting, upkeep
from comments.models import Comment, Report, Status
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, NOON, guest, member, minutes
from tests.test_concurrency import at_once

THREE = make.with_settings(reports_to_hold=3)


def report(session: Session, comment: int, by, at: float = 0, settings=THREE) -> None:
    posting.report(session, by, comment, "spam", "", settings=settings, now=minutes(at))


def stands(session: Session, comment: int) -> tuple[Status, int]:
    row = make.fresh(session, comment)
    return row.status, row.open_reports


@pytest.fixture
def comment(session) -> int:
    make.noise(session)
    return make.post(session).id


def people(number: int) -> list:
    """Guests on networks of their own."""
    return [guest(f"reader {n}", f"network {n}") for n in range(number)]


def test_enough_different_people_hold_a_comment(session, comment):
    for reader in people(2):
        report(session, comment, reader)
    assert stands(session, comment) == (Status.PUBLISHED, 2)
    report(session, comment, member("Dave"))
    assert stands(session, comment) == (Status.PENDING, 3)
    assert make.fresh(session, comment).status_reason == "reported by 3 readers"


def test_the_same_person_counts_once(session, comment):
    for _ in range(5):
        report(session, comment, CAROL)
    assert stands(session, comment) == (Status.PUBLISHED, 1)


def test_guests_on_one_network_are_one_person_as_far_as_holding_goes(session, comment):
    """Who throws the token away between two reports is a new guest each time."""
    for number in range(5):
        report(session, comment, guest(f"guest {number}", "one network"))
    assert stands(session, comment) == (Status.PUBLISHED, 5)
    for reader in (guest("elsewhere", "another"), member("Dave")):
        report(session, comment, reader)
    assert stands(session, comment)[0] is Status.PENDING


@pytest.mark.parametrize("enough", [0, 9])
def test_how_many_are_enough_is_a_setting(session, comment, enough):
    for reader in people(4):
        report(session, comment, reader, settings=make.with_settings(reports_to_hold=enough))
    assert stands(session, comment) == (Status.PUBLISHED, 4)


def test_a_moderators_own_comment_is_never_held_by_reports(session):
    comment = make.post(session, BOB).id
    for reader in people(4):
        report(session, comment, reader)
    assert stands(session, comment) == (Status.PUBLISHED, 4)


# ── settled ──────────────────────────────────────────────────────────────────────────────────


def test_a_keep_settles_them_and_opens_nothing_again(session, comment):
    for reader in people(2):
        report(session, comment, reader)
    moderation.keep(session, comment, make.action(1))
    for reader in people(9):
        report(session, comment, reader, at=2)
    assert stands(session, comment) == (Status.PUBLISHED, 0)
    # They are counted all the same.
    assert session.scalar(select(func.count()).where(Report.comment_id == comment)) == 9


def test_approving_what_reports_had_held_keeps_it(session, comment):
    for reader in people(3):
        report(session, comment, reader)
    make.decide(session, comment, Status.PUBLISHED)
    for number in range(3, 9):
        report(session, comment, guest(f"late {number}", f"late {number}"), at=2)
    assert stands(session, comment) == (Status.PUBLISHED, 0)


def test_another_text_may_be_reported_again_by_the_same_people(session, comment):
    for reader in people(2):
        report(session, comment, reader)
    moderation.keep(session, comment, make.action(1))
    posting.edit(session, ALICE, comment, "Worse", settings=make.SETTINGS, now=minutes(2))
    for _ in range(2):
        report(session, comment, people(1)[0], at=3)
    assert stands(session, comment) == (Status.PUBLISHED, 1)
    for reader in people(3):
        report(session, comment, reader, at=4)
    assert stands(session, comment) == (Status.PENDING, 3)


def test_an_edit_alone_does_not_let_one_count_twice(session, comment):
    report(session, comment, CAROL)
    posting.edit(session, ALICE, comment, "Other", settings=make.SETTINGS, now=minutes(2))
    report(session, comment, CAROL, at=3)
    assert stands(session, comment) == (Status.PUBLISHED, 1)


def test_who_deletes_a_comment_leaves_nothing_to_look_at(session, comment):
    report(session, comment, CAROL)
    make.delete(session, make.fresh(session, comment))
    assert stands(session, comment) == (Status.DELETED, 0)


def test_networks_are_forgotten_after_thirty_days(session, comment):
    report(session, comment, people(1)[0])
    upkeep.sweep(session, NOON + upkeep.KEEP_ADDRESSES)
    assert session.scalar(select(Report.address_hash)) == "network 0"
    upkeep.sweep(session, minutes(1) + upkeep.KEEP_ADDRESSES)
    assert session.scalar(select(Report.address_hash)) is None


# ── at once ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("who", "counted"), [(people(6), 6), ([CAROL] * 6, 1)])
def test_reports_at_once_are_counted_exactly(engine, who, counted):
    with Session(engine) as session:
        comment = make.post(session).id
        session.commit()
    many = make.with_settings(reports_to_hold=0)
    acts = [partial(report, comment=comment, by=reader, settings=many) for reader in who]
    at_once(engine, *acts)
    with Session(engine) as session:
        assert session.get_one(Comment, comment).open_reports == counted


def test_of_reports_at_once_one_holds_it_and_the_late_ones_find_nothing(engine):
    with Session(engine) as session:
        comment = make.post(session).id
        session.commit()
    answers = at_once(
        engine, *(partial(report, comment=comment, by=reader) for reader in people(6))
    )
    assert answers.count("no_such_comment") == 3
    with Session(engine) as session:
        assert stands(session, comment) == (Status.PENDING, 3)
        assert make.thread(session).count == 0

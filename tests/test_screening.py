"""What happens to a comment before anyone sees it."""

import pytest

from comments import screening
from comments.models import Status
from comments.screening import SCREENS, Submitted, screen
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, with_settings

DORA = make.member("Dora")
LINK = '<p><a href="https://a.example" rel="nofollow ugc noopener">a</a></p>'


def verdict(session, hold: str, author=ALICE, html: str = "<p>Hello</p>") -> screening.Verdict:
    return screen(Submitted(session, author, html, with_settings(hold=hold)))


@pytest.mark.parametrize(
    ("hold", "author", "html", "status"),
    [
        ("none", ALICE, LINK, Status.PUBLISHED),
        ("all", ALICE, "<p>Hello</p>", Status.PENDING),
        ("all", DORA, "<p>Hello</p>", Status.PENDING),
        ("links", ALICE, "<p>Hello</p>", Status.PUBLISHED),
        ("links", ALICE, LINK, Status.PENDING),
        ("links", DORA, LINK, Status.PENDING),
        ("links", ALICE, "<p>&lt;a href=x&gt;</p>", Status.PUBLISHED),
        ("first", ALICE, "<p>Hello</p>", Status.PENDING),
        ("first", DORA, LINK, Status.PUBLISHED),
    ],
)
def test_who_waits_for_a_moderator(session, hold, author, html, status):
    make.noise(session)
    assert verdict(session, hold, make.stranger() if author is ALICE else author, html).status is (
        status
    )


@pytest.mark.parametrize("hold", ["none", "links", "first", "all"])
def test_a_moderator_never_waits(session, hold):
    assert verdict(session, hold, BOB, LINK).status is Status.PUBLISHED


@pytest.mark.parametrize(
    ("hold", "reason"),
    [
        ("none", "passed every screen"),
        ("links", "it contains a link"),
        ("first", "it is this guest's first comment"),
        ("all", "every comment waits for a moderator"),
    ],
)
def test_every_verdict_has_a_reason_a_person_understands(session, hold, reason):
    assert verdict(session, hold, html=LINK).reason == reason


def test_a_guest_with_a_published_comment_anywhere_is_no_stranger(session):
    make.post(session, ALICE, thread="another article")
    assert verdict(session, "first", ALICE).status is Status.PUBLISHED
    assert verdict(session, "first", CAROL).status is Status.PENDING


@pytest.mark.parametrize("status", [Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED])
def test_a_comment_that_was_never_approved_opens_no_door(session, status):
    make.decide(session, make.post(session, ALICE), status)
    assert verdict(session, "first", ALICE).status is Status.PENDING


def test_a_guests_second_comment_waits_as_long_as_the_first_does(session):
    hold = with_settings(hold="first")
    first = make.post(session, settings=hold)
    assert make.post(session, settings=hold).status is Status.PENDING
    make.decide(session, first, Status.PUBLISHED)
    assert make.post(session, settings=hold).status is Status.PUBLISHED


def test_the_first_verdict_counts(session):
    assert SCREENS[0] is screening.moderators_pass
    assert verdict(session, "all", BOB).reason == "written by a moderator"

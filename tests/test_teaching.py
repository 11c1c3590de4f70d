"""What the learned filter is taught by moderators' decisions."""

import pytest
from sqlalchemy import select

from comments import learning, moderation, posting
from comments.models import LearnedFeature, Status
from tests import factories as make
from tests.factories import ALICE, action, minutes, with_settings

HELD = with_settings(hold="all")
PENDING, PUBLISHED = Status.PENDING, Status.PUBLISHED
SPAM, REJECTED, DELETED = Status.SPAM, Status.REJECTED, Status.DELETED


def learned(session) -> tuple[int, int]:
    return tuple(learning.learned(session))


def decide(session, comment, status: Status, batch: str = "b", at: float = 0) -> None:
    moderation.decide(session, comment.id, status, action(at, batch=batch))


@pytest.mark.parametrize(
    ("decisions", "counts", "remembered"),
    [
        ([PUBLISHED], (0, 1), "ham"),
        ([SPAM], (1, 0), "spam"),
        ([SPAM, SPAM], (1, 0), "spam"),
        ([REJECTED], (0, 0), None),
        ([DELETED], (0, 0), None),
        ([SPAM, PUBLISHED], (0, 1), "ham"),
        ([PUBLISHED, SPAM], (1, 0), "spam"),
        ([PUBLISHED, REJECTED], (0, 0), None),
        ([SPAM, PUBLISHED, SPAM, REJECTED, PUBLISHED], (0, 1), "ham"),
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_it_learns_from_the_last_decision(session, decisions, counts, remembered, many):
    comment = make.post(session, settings=HELD)
    for status in decisions:
        if many:
            moderation.set_status_of_many(session, [comment.id], status, action())
        else:
            decide(session, comment, status)
    assert learned(session) == counts
    assert make.fresh(session, comment).learned_as == remembered


def test_it_learns_nothing_from_what_the_screens_say(session):
    make.listed_word(session, "herring", "reject")
    make.post(session)
    make.post(session, body="herring")
    assert learned(session) == (0, 0)


def test_it_learns_nothing_from_a_decision_that_changes_nothing(session):
    decide(session, make.post(session), PUBLISHED)
    assert learned(session) == (0, 0)


@pytest.mark.parametrize(
    ("approved_first", "before"), [(False, (0, 0)), (True, (0, 1))], ids=["by itself", "by bob"]
)
def test_what_is_taken_back_is_as_it_was(session, approved_first, before):
    comment = make.post(session, settings=HELD if approved_first else make.SETTINGS)
    if approved_first:
        decide(session, comment, PUBLISHED)
    decide(session, comment, SPAM, batch="a mistake")
    assert learned(session) == (1, 0)
    moderation.undo(session, "a mistake", action(1))
    assert make.fresh(session, comment).status is PUBLISHED
    assert learned(session) == before


def test_many_taken_back_are_as_they_were(session):
    many = [make.post(session, body=f"crypto {n}", settings=HELD).id for n in range(5)]
    moderation.set_status_of_many(session, many, SPAM, action(batch="many"))
    assert learned(session) == (5, 0)
    moderation.undo(session, "many", action(1))
    assert learned(session) == (0, 0)
    assert {make.fresh(session, id).learned_as for id in many} == {None}


def test_a_wave_is_learned_from_in_part_and_forgotten_whole(session, monkeypatch):
    monkeypatch.setattr("comments.moderation.teaching.MOST_EXAMPLES", 3)
    texts = ["crypto"] * 3 + [f"coin {number}" for number in range(5)]
    wave = [make.post(session, body=text, settings=HELD).id for text in texts]
    moderation.set_status_of_many(session, wave, SPAM, action(batch="wave"))
    assert learned(session) == (3, 0)
    assert [make.fresh(session, id).learned_as for id in wave].count("spam") == 3
    moderation.undo(session, "wave", action(1))
    assert learned(session) == (0, 0)


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_what_its_author_takes_away_is_no_example_any_more(session, change):
    comment = make.post(session, body="The harbour was cold", settings=HELD)
    decide(session, comment, PUBLISHED)
    if change == "edit":
        posting.edit(session, ALICE, comment.id, "Warm", settings=HELD, now=minutes(1))
    else:
        posting.delete(session, ALICE, comment.id, settings=HELD, now=minutes(1))
    assert session.scalars(select(LearnedFeature)).all() == []
    moderation.undo(session, "b", action(2))
    assert session.scalars(select(LearnedFeature)).all() == []


def test_a_text_that_nobody_approved_does_not_become_an_example_by_an_undo(session):
    comment = make.post(session, settings=HELD)
    decide(session, comment, PUBLISHED)
    posting.edit(session, ALICE, comment.id, "Crypto", settings=make.SETTINGS, now=minutes(1))
    decide(session, comment, SPAM, batch="a mistake", at=2)
    moderation.undo(session, "a mistake", action(3))
    assert learned(session) == (0, 0)


def test_what_it_has_learned_it_applies(session):
    make.teach(session)
    assert make.post(session, body="Win crypto coins at my casino").status is PENDING
    assert make.post(session, ALICE, "The harbour was cold", now=minutes(1)).status is PUBLISHED

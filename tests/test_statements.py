"""What a write costs: a number of statements, the same in a thread of any size."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comments.models import Comment, Status
from tests import factories as make
from tests.factories import guest, with_settings
from tests.reading import statements

#: Is there a ban; the thread, held; the comment, what they say of it and what their network does.
#: Then the vote, the comment, where it stood, the thread. SQLite is told to begin.
OF_A_VOTE = 8
#: What is known of its author and of listed words; the thread, the key; what was learned, repeats,
#: the first comment. Then the comment, the thread, the log, the index of the search, and the key
#: again. SQLite is told to begin.
OF_A_POST = 12
#: The ancestors are counted in one more, and the parent is read.
OF_A_REPLY = OF_A_POST + 2

OF_THE_SAME_AGAIN = 6

SIZES = (3, 300)
LONG = "This very sentence is longer than forty characters."


@pytest.fixture(params=SIZES)
def story(engine: Engine, request: pytest.FixtureRequest) -> list[int]:
    """A thread of some size, each comment an answer to the one before; its comments."""
    with Session(engine) as session:
        make.noise(session)
        make.teach(session)
        ids = make.rows(session, request.param, parents=(None, *range(request.param - 1)))
        # What a process does once is done.
        make.vote(session, ids[0], by=guest("the first"))
        make.decide(session, post(session, key="the first"), Status.PUBLISHED)
        session.commit()
    return ids


def post(session: Session, key: str, to: int | None = None) -> Comment:
    """A comment of somebody who has one already, so that it is published."""
    settings, author = with_settings(hold="first"), guest("erin", address="a network")
    return make.post(session, author, LONG, to=to, key=key, settings=settings)


def sent_by(engine: Engine, act: Callable[[Session], Any]) -> list[str]:
    with Session(engine) as session, statements(engine) as sent:
        act(session)
        session.commit()
    return [statement for statement, _ in sent]


@pytest.mark.parametrize("value", [1, -1])
def test_a_vote(engine: Engine, story: list[int], value: int) -> None:
    voter = guest("carol", address="a network")
    sent = sent_by(engine, lambda session: make.vote(session, story[0], value, by=voter))
    assert len(sent) <= OF_A_VOTE, "\n".join(sent)


@pytest.mark.parametrize("value", [0, -1])
def test_a_vote_that_is_changed_or_taken_back(engine: Engine, story: list[int], value: int) -> None:
    voter = guest("the first")
    sent = sent_by(engine, lambda session: make.vote(session, story[0], value, by=voter))
    assert len(sent) <= OF_A_VOTE, "\n".join(sent)


def test_a_comment(engine: Engine, story: list[int]) -> None:
    sent = sent_by(engine, lambda session: post(session, "a key"))
    assert len(sent) <= OF_A_POST, "\n".join(sent)


def test_a_reply_however_many_stand_above_it(engine: Engine, story: list[int]) -> None:
    sent = sent_by(engine, lambda session: post(session, "a key", to=story[-1]))
    assert len(sent) <= OF_A_REPLY, "\n".join(sent)


def test_the_same_comment_again_is_looked_up(engine: Engine, story: list[int]) -> None:
    sent = sent_by(engine, lambda session: post(session, "the first"))
    assert len(sent) <= OF_THE_SAME_AGAIN, "\n".join(sent)


def test_a_members_comment_keeps_their_name(engine: Engine, story: list[int]) -> None:
    member = make.member("Dora")
    sent = sent_by(engine, lambda session: make.post(session, member, LONG))
    assert len(sent) <= OF_A_POST, "\n".join(sent)

"""A reader goes from page to page while others write: every comment comes exactly once."""

from itertools import count, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from comments.errors import CommentsError
from comments.models import Comment, Status
from tests import factories as make
from tests.reading import SORTS, before_each_statement, walk, walk_everything, walk_replies

LIMITS = (1, 2, 3, 100)

_numbers = count()


class Discussion:
    """A thread and what people do in it, one transaction for each thing.

    It knows which of its comments were listed all the while, and which ever were.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.key = f"discussion {next(_numbers)}"  # one database serves many of them
        with Session(engine) as session:
            first = make.post(session, thread=self.key)
            self._mine = Comment.thread_id == first.thread_id
            session.commit()
        self.watch()

    def watch(self) -> None:
        """Forget what was listed before now."""
        self.always = self.ever = set(self.listed())

    def listed(self, *which) -> list[Comment]:
        with Session(self.engine) as session:
            found = select(Comment.id).where(self._mine, Comment.listed, *which)
            return list(session.scalars(found.order_by(Comment.id)))

    def happens(self, kind: str, pick: int) -> None:
        """Somebody does something to some comment; what is refused does not happen."""
        with Session(self.engine) as session:
            known = session.scalars(select(Comment.id).where(self._mine).order_by(Comment.id)).all()
            try:
                self._do(session, kind, known[pick % len(known)], pick)
                session.commit()
            except CommentsError:
                session.rollback()
        listed = set(self.listed())
        self.always, self.ever = self.always & listed, self.ever | listed

    def _do(self, session: Session, kind: str, it: int, pick: int) -> None:
        if kind in ("post", "reply"):
            # There are three moments only: many comments share one.
            parent = it if kind == "reply" else None
            make.post(session, thread=self.key, to=parent, now=make.minutes(pick % 3))
        elif kind == "vote":
            make.vote_often(session, it, pick % 7 - 3)
        elif kind == "pin":
            make.pin(session, it, pinned=pick % 3 > 0, at=pick % 3)
        else:
            make.decide(session, it, Status(kind))


def check(discussion: Discussion, shown: list[int]) -> None:
    assert sorted(shown) == sorted(set(shown)), "some came twice"
    assert discussion.always <= set(shown), "some were left out"
    assert set(shown) <= discussion.ever, "some were never listed"


# ── in peace ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def discussion(engine) -> Discussion:
    """Nine comments of three moments and several scores, some equal in both; and noise."""
    discussion = Discussion(engine)
    with Session(engine) as session:
        make.noise(session)
        for number, score in enumerate((2, 0, 2, -1, 3, 0, 2, -1)):
            comment = make.post(session, thread=discussion.key, now=make.minutes(number % 3))
            make.vote_often(session, comment, score)
        session.commit()
    discussion.watch()
    return discussion


IN_ORDER = {
    "oldest": lambda row: (row.created_at, row.id),
    "newest": lambda row: (-row.created_at.timestamp(), -row.id),
    "most_voted": lambda row: (-row.score, row.created_at, row.id),
}


@pytest.mark.parametrize("sort", SORTS)
def test_the_top_level_is_shown_in_order_in_pages_of_any_size(discussion, engine, sort):
    with Session(engine) as session:
        rows = [session.get_one(Comment, id) for id in discussion.listed()]
    in_order = [row.id for row in sorted(rows, key=IN_ORDER[sort])]

    for limit in LIMITS:
        assert walk(engine, sort, limit, key=discussion.key) == in_order


@pytest.mark.parametrize("sort", SORTS)
def test_replies_are_shown_in_order_in_pages_of_any_size(discussion, engine, sort):
    parent = discussion.listed()[0]
    with Session(engine) as session:
        for number in range(7):
            reply = make.post(
                session, to=parent, now=make.minutes(number % 2), thread=discussion.key
            )
            make.vote_often(session, reply, number % 3 - 1)
        session.commit()
        rows = session.scalars(select(Comment).where(Comment.parent_id == parent)).all()
    in_order = [row.id for row in sorted(rows, key=IN_ORDER[sort])]

    for limit in LIMITS:
        assert walk_replies(engine, parent, sort, limit) == in_order


# ── between two pages ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["post", "vote", "pin", "deleted", "pending", "reply"])
@pytest.mark.parametrize("sort", SORTS)
def test_what_stays_listed_keeps_the_order_the_reader_began_with(discussion, engine, sort, kind):
    began = walk(engine, sort, 100, key=discussion.key)
    picks = iter(range(100))

    shown = walk(
        engine,
        sort,
        2,
        between=lambda: discussion.happens(kind, next(picks)),
        key=discussion.key,
    )

    check(discussion, [id for id in shown if id in discussion.always])
    assert [id for id in shown if id in began] == [id for id in began if id in shown]


def test_a_comment_voted_to_the_top_while_it_was_ahead_still_comes(discussion, engine):
    last = walk(engine, "most_voted", 100, key=discussion.key)[-1]

    def cheer() -> None:
        with Session(engine) as session:
            make.vote_often(session, last, 5)
            session.commit()

    shown = walk(engine, "most_voted", 3, between=cheer, key=discussion.key)

    assert shown[-1] == last
    check(discussion, shown)


def test_a_comment_voted_down_after_it_was_shown_does_not_come_again(discussion, engine):
    first = walk(engine, "most_voted", 100, key=discussion.key)[0]

    def boo() -> None:
        with Session(engine) as session:
            make.vote_often(session, first, -9)
            session.commit()

    shown = walk(engine, "most_voted", 3, between=boo, key=discussion.key)

    assert shown[0] == first
    check(discussion, shown)


def test_a_comment_pinned_while_it_was_ahead_comes_in_its_place(discussion, engine):
    began = walk(engine, "oldest", 100, key=discussion.key)

    def pin() -> None:
        with Session(engine) as session:
            make.pin(session, began[-1])
            session.commit()

    assert walk(engine, "oldest", 3, between=pin, key=discussion.key) == began


@pytest.mark.parametrize("sort", SORTS)
def test_a_pinned_comment_that_is_unpinned_meanwhile_does_not_come_again(discussion, engine, sort):
    pinned = discussion.listed()[4]

    def pin(really: bool) -> None:
        with Session(engine) as session:
            make.pin(session, pinned, pinned=really)
            session.commit()

    pin(True)
    shown = walk(engine, sort, 2, between=lambda: pin(False), key=discussion.key)

    assert shown[0] == pinned
    check(discussion, shown)


# ── between two statements ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("score", [3, -3])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_vote_between_any_two_statements_neither_hides_nor_repeats(engine, place, score):
    statement = 0
    interfered = True
    while interfered:
        interfered = _walk_with_votes_before(engine, statement, place, score)
        statement += 1
    assert statement > 6


def _walk_with_votes_before(engine: Engine, statement: int, place: int, score: int) -> bool:
    """Tells whether the reader needed that many statements."""
    discussion = Discussion(engine)
    for number in range(1, 5):
        discussion.happens("post", number)
    discussion.watch()
    countdown = iter(range(statement, -1, -1))

    def interfere() -> None:
        if next(countdown, None) == 0:
            with Session(engine) as session:
                make.vote_often(session, discussion.listed()[place], score)
                session.commit()

    with before_each_statement(engine, interfere):
        shown = walk(engine, "most_voted", 2, key=discussion.key)
    check(discussion, shown)
    return next(countdown, None) is None


KINDS = ("post", "reply", "vote", "vote", "pin", "published", "pending", "deleted", "spam")
happenings = st.tuples(st.sampled_from(KINDS), st.integers(0, 99))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 4),
    before=st.lists(happenings, min_size=3, max_size=12),
    meanwhile=st.lists(happenings, max_size=20),
)
def test_every_level_shows_each_comment_once_whatever_happens_between_two_statements(
    engine, sort, limit, before, meanwhile
):
    discussion = Discussion(engine)
    for kind, pick in before:
        discussion.happens(kind, pick)
    discussion.watch()
    todo = iter(meanwhile)

    def interfere() -> None:
        for kind, pick in islice(todo, 1):
            discussion.happens(kind, pick)

    with before_each_statement(engine, interfere):
        shown = walk_everything(engine, sort, limit, key=discussion.key)
    check(discussion, shown)

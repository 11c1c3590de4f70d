"""The benchmark measures real threads: the same ones every time, with nothing wrong in them."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from comments import threads
from comments.models import Comment, Vote
from tests import factories as make
from tests.bench import data, told
from tests.bench.section import Run
from tests.factories import ALICE
from tests.reading import SORTS, walk, wrong_counters

pytestmark = pytest.mark.again

SHAPES = {"conversation": data.conversation(300), "pile": data.pile(60)}


def test_a_shape_is_the_same_every_time():
    assert data.conversation(300) == SHAPES["conversation"]
    assert data.pile(60) == SHAPES["pile"]
    assert data.bodies() == data.bodies()


def test_a_conversation_goes_deep_and_has_gaps():
    plan = SHAPES["conversation"]

    assert max(len(planned.path) for planned in plan) > 5
    assert any(planned.removed and planned.published_below for planned in plan)
    assert any(planned.removed and not planned.published_below for planned in plan)


def test_everybody_answers_the_first_of_a_pile():
    parents = Counter(planned.parent for planned in SHAPES["pile"])

    assert parents == {None: 1, 0: 60}


def test_bodies_are_as_long_as_people_write():
    lengths = [len(body.encode()) for body, _ in data.bodies()]

    assert 250 < min(lengths) <= max(lengths) < 320


@pytest.fixture(params=SHAPES)
def shape(request):
    return SHAPES[request.param]


def test_nothing_is_wrong_with_the_counters(session, shape):
    data.load(session, "loaded", shape)
    data.load(session, "another", SHAPES["pile"])

    assert wrong_counters(session) == {"threads": [], "comments": []}


def test_every_vote_is_a_row(session, shape):
    data.load(session, "loaded", shape)

    votes = session.scalar(select(func.count()).select_from(Vote))
    assert votes == session.scalar(select(func.sum(Comment.up + Comment.down)))


def test_paths_lead_from_the_root_to_the_parent(session, shape):
    data.load(session, "another", SHAPES["pile"])
    data.load(session, "loaded", shape)

    for comment in session.scalars(select(Comment)):
        above = threads.rows(session, comment.ancestor_ids)
        assert comment.depth == len(above)
        assert comment.parent_id == (comment.ancestor_ids or [None])[-1]
        assert comment.root_id == (comment.ancestor_ids or [None])[0]
        assert {row.thread_id for row in above.values()} <= {comment.thread_id}


@pytest.mark.parametrize("sort", SORTS)
def test_all_that_is_listed_is_read_page_by_page(engine, session, sort):
    data.load(session, "loaded", SHAPES["conversation"])

    shown = walk(engine, sort, 25, key="loaded")

    top = select(Comment.id).where(Comment.parent_id.is_(None), Comment.listed)
    assert sorted(shown) == sorted(session.scalars(top))


def test_posting_goes_on_where_loading_stopped(session):
    first_id = data.load(session, "loaded", SHAPES["pile"])

    comment = make.post(session, ALICE, thread="loaded", to=first_id)

    assert comment.id == first_id + len(SHAPES["pile"])
    assert wrong_counters(session) == {"threads": [], "comments": []}


def test_what_telling_adds_to_a_post_is_measured(tmp_path, capsys):
    (goal,) = told.measure(Run(tmp_path), followers=30, posts=3)

    assert goal.measured.endswith(" ms")
    assert "30 letters written" in capsys.readouterr().out

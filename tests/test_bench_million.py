"""The site of a million comments is as the use-cases would have left it; here a small one is."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from comments import engines, schema
from comments.models import Comment, Decision, Report, Status, Vote
from comments.moderation import checking, search
from tests import factories as make
from tests.bench import million, site
from tests.factories import NOON

COMMENTS, THREADS = 1_500, 30


@pytest.fixture
def built(migrated_uri) -> Iterator[Engine]:
    engine = engines.create(migrated_uri)
    site.build(engine, COMMENTS, THREADS)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("comments", "threads"), [(1_000_000, 10_000), (100_000, 1_000), million.SMALL]
)
def test_a_site_has_as_many_comments_and_threads_as_it_says(comments, threads):
    sizes = site.sizes(comments, threads)
    assert (sum(sizes), len(sizes)) == (comments, threads)
    assert sizes[0] == comments // 10 == max(sizes)
    assert min(sizes) > 0
    assert million.ALIKE in sizes


def test_a_built_site_is_one_that_people_could_have_made(built):
    with Session(built) as session:
        stretches = list(checking.check(session, repair=False, now=NOON))
        assert sum(stretch.rows for stretch in stretches) == COMMENTS + THREADS
        assert not any(stretch.wrong for stretch in stretches)
        for table, least in ((Vote, COMMENTS), (Decision, COMMENTS), (Report, 1)):
            assert session.scalar(select(func.count()).select_from(table)) >= least
        waiting = select(func.count()).where(Comment.status == Status.PENDING)
        assert session.scalar(waiting) > 0
        (shown,) = search.find(session, search.Query(text="number 1234"), sites=None).rows
        assert shown.id == 1234
        assert make.post(session, thread="t1").id == COMMENTS + 1
    assert schema.differences(built) == []


def test_the_calls_that_are_measured_differ_between_readers_and_moderators():
    assert all("/admin/" in path for path in million.MODERATORS.values())
    assert not any("/admin/" in path for path in million.READERS.values())

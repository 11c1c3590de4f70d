"""The queue of a large site: every tab in every order touches about what it shows."""

from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import Engine, case, func, update
from sqlalchemy.orm import Session

from comments import moderation
from comments.models import Comment, Status
from comments.moderation import dossier, queue
from comments.moderation.queue import COUNTED, MOST_COUNTED, MOST_MATCHED, ORDERS, SHOWS, Filter
from tests import factories as make
from tests.factories import KEYS, NOON
from tests.large import made
from tests.test_plans import FEW, _touched

PUBLISHED, HIDDEN = 24_000, 6_000
#: Of each author, network and thread.
AUTHORS, NETWORKS, THREADS = 600, 1_000, 30


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def large(request) -> Iterator[Engine]:
    yield from made(request, _fill)


def _fill(session: Session) -> None:
    for number in range(THREADS):
        make.rows(session, (PUBLISHED + HIDDEN * 4) // THREADS, key=f"thread {number}")
    number = Comment.id
    stands = case(
        (number % 12 == 0, Status.PENDING.value),
        (number % 12 == 3, Status.SPAM.value),
        (number % 12 == 6, Status.REJECTED.value),
        (number % 12 == 9, Status.DELETED.value),
        else_=Status.PUBLISHED.value,
    )
    session.execute(
        update(Comment).values(
            status=stands,
            risk=(number % 97) / 100.0,
            open_reports=case((number % 400 == 1, number % 5 + 1), else_=0),
            author_id=func.concat("guest:", number % AUTHORS),
            address_hash=func.concat("network ", number % NETWORKS),
            published_revision=case((stands == Status.PUBLISHED.value, 1)),
        ),
        execution_options={"synchronize_session": False},
    )


def _page(session: Session, asked: Filter, after: str | None = None) -> queue.Page:
    return queue.page(session, KEYS, asked, None, now=NOON, after=after)


def _later_page(session: Session, asked: Filter) -> None:
    _page(session, asked, _page(session, asked).next)


ASKED = [Filter(show=show, order=order) for show in SHOWS for order in ORDERS]


# Two pages of 26 with thread and parent, and a few hundred reported ones that are sorted.
@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked.show}-{asked.order}")
def test_a_page_and_the_one_after_it_look_at_few_rows(large, asked):
    assert _touched(large, partial(_later_page, asked=asked)) <= FEW[large.dialect.name]


@pytest.mark.parametrize(
    "asked", [Filter(show="everything", author="guest:7"), Filter(show="everything", like=7)]
)
def test_what_else_an_author_or_a_network_wrote_comes_through_their_index(large, asked):
    assert _touched(large, partial(_page, asked=asked)) <= FEW[large.dialect.name]


def test_what_there_is_to_know_of_a_page_is_read_for_it_alone(large):
    with Session(large) as session:
        rows = _page(session, Filter()).rows
    read = partial(dossier.dossiers, rows=rows, sites=None)
    # Each of 25 authors has 80 comments, each network 48.
    assert _touched(large, read) <= {"sqlite": 120_000, "postgresql": 4_000}[large.dialect.name]


def test_the_tabs_stop_counting(large):
    read = partial(queue.counts, asked=Filter(), sites=None)
    most = (MOST_COUNTED + 1) * len(COUNTED)
    assert _touched(large, read) <= {"sqlite": most * 12, "postgresql": most}[large.dialect.name]


@pytest.mark.parametrize("show", SHOWS)
def test_all_that_match_are_counted_through_an_index_up_to_many(large, show):
    read = partial(queue.how_many, asked=Filter(show=show), sites=None)
    most = MOST_MATCHED + 1
    # What is published is met at every step: PostgreSQL needs no index to find enough of it.
    few = {"sqlite": most * 12, "postgresql": most * 2}[large.dialect.name]
    assert _touched(large, read) <= few


def test_recent_actions_are_found_without_reading_the_log(large):
    read = partial(moderation.recent, actor="host:1", now=NOON)
    assert _touched(large, read) <= FEW[large.dialect.name]

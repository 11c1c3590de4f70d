"""Every counter is held against the rows and mended, whoever writes meanwhile."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from comments import posting
from comments.models import Comment, Report, Status, Thread, Vote
from comments.moderation import checking
from comments.moderation.counters import OF_COMMENTS
from tests import factories as make
from tests.factories import ARTICLE, CAROL, NOON, SETTINGS, guest, minutes
from tests.reading import ids, next_page, page, statements
from tests.test_concurrency import at_once

#: What is wrong about a comment two levels down, of which there are two more below.
MISTAKES: dict[str, Any] = {
    "depth": 7,
    "path": "1.2",
    "root_id": None,
    "replies_count": 7,
    "listed": False,
    "up": 7,
    "down": 7,
    "score": 7,
    "vote_rank": 7,
    "open_reports": 7,
}


@pytest.fixture
def branch(session) -> list[int]:
    """A comment, an answer, an answer to that one and so on; some of everything around it."""
    make.noise(session)
    made: list[int] = []
    for _ in range(5):
        made.append(make.post(session, to=made[-1] if made else None).id)
    make.vote(session, made[2], by=CAROL)
    make.vote(session, made[2], -1, by=guest("dora"))
    posting.report(session, CAROL, made[2], "spam", "", settings=SETTINGS, now=NOON)
    session.commit()
    return made


def spoil(session: Session, comment_id: int, **mistakes: Any) -> None:
    session.execute(update(Comment).where(Comment.id == comment_id).values(mistakes))
    session.commit()


def checked(session: Session, *, repair: bool = False) -> list[tuple[int | None, str, Any, Any]]:
    """Which comment, what of it, what was stored and what is right."""
    stretches = list(checking.check(session, repair=repair, now=minutes(5)))
    assert sum(stretch.rows for stretch in stretches) == checking.total(session)
    wrong = (it for stretch in stretches for it in stretch.wrong)
    return [tuple(value[1:]) for it in wrong for value in it.values()]


def test_of_a_sound_site_nothing_is_wrong_and_nothing_is_locked(session, branch):
    make.decide(session, branch[2], Status.SPAM)
    make.delete(session, make.fresh(session, branch[4]))
    session.commit()
    with statements(session.get_bind()) as sent:
        assert checked(session) == []
    assert not any("FOR UPDATE" in one or "BEGIN IMMEDIATE" in one for one, _ in sent)


def test_there_is_a_mistake_for_every_counter():
    assert tuple(MISTAKES) == OF_COMMENTS


@pytest.mark.parametrize(("name", "mistake"), MISTAKES.items())
def test_a_wrong_value_of_a_comment_is_found_and_mended(session, branch, name, mistake):
    right = getattr(make.fresh(session, branch[2]), name)
    spoil(session, branch[2], **{name: mistake})
    found = (branch[2], name, mistake, right)
    assert checked(session) == [found]
    assert checked(session, repair=True) == [found]
    assert checked(session) == []
    assert getattr(make.fresh(session, branch[2]), name) == right


@pytest.mark.parametrize(
    ("name", "mistake"), [("count", 99), ("revision", 1)], ids=["count", "revision"]
)
def test_a_wrong_value_of_a_thread_is_found_and_mended(session, branch, name, mistake):
    right = getattr(make.thread(session), name)
    session.execute(update(Thread).where(Thread.key == ARTICLE).values({name: mistake}))
    session.commit()
    assert checked(session, repair=True) == [(None, name, mistake, right)]
    assert checked(session) == []


@pytest.mark.parametrize("table", [Vote, Report])
def test_rows_that_were_lost_are_no_longer_counted(session, branch, table):
    session.execute(delete(table).where(table.comment_id == branch[2]))
    session.commit()
    lost = {name for _, name, _, _ in checked(session, repair=True)}
    assert lost == ({"up", "down"} if table is Vote else {"open_reports"})
    assert checked(session) == []


def test_a_thread_in_which_all_is_wrong_is_mended_at_once(session, branch):
    session.execute(update(Comment).values(MISTAKES))
    session.execute(update(Thread).values(count=99))
    session.commit()
    checked(session, repair=True)
    assert checked(session) == []


def test_what_is_wrong_at_the_end_of_a_later_stretch_is_found(session, branch, monkeypatch):
    monkeypatch.setattr(checking, "STRETCH", 3)
    spoil(session, branch[-1], up=7)
    assert [name for _, name, _, _ in checked(session)] == ["up"]


def test_a_thread_that_is_mended_has_a_new_revision_and_others_keep_theirs(session, branch):
    before = dict(session.execute(select(Thread.key, Thread.revision)).all())
    spoil(session, branch[2], up=7)
    checked(session, repair=True)
    after = dict(session.execute(select(Thread.key, Thread.revision)).all())
    assert {key for key in after if after[key] > before[key]} == {ARTICLE}


def test_without_repair_nothing_is_changed(session, branch):
    spoil(session, branch[2], up=7)
    before = make.thread(session).revision
    checked(session)
    assert (make.fresh(session, branch[2]).up, make.thread(session).revision) == (7, before)


def test_a_comment_that_gets_its_place_back_is_told_as_a_change(session, branch):
    spoil(session, branch[2], listed=False)
    checked(session, repair=True)
    assert make.fresh(session, branch[2]).changed_revision == make.thread(session).revision


def test_whoever_reads_most_voted_meanwhile_misses_nothing(session):
    written = [make.post(session, now=minutes(number)).id for number in range(6)]
    session.commit()
    spoil(session, written[0], vote_rank=5)
    first = page(session, "most_voted", limit=3)
    checked(session, repair=True)
    rest = page(session, "most_voted", limit=9, after=next_page(first))
    assert ids(first) + ids(rest) == [*written[1:], written[0]]


# ── a whole site ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def site(session, branch, monkeypatch) -> list[str]:
    """The keys of threads of many sizes, of which all is wrong; some fit into one transaction."""
    monkeypatch.setattr(checking, "AT_ONCE", 12)
    keys = [f"thread {number}" for number in range(9)]
    for number, key in enumerate(keys):
        make.rows(session, 1 + number * 3, key=key, parents=(None, 0, 1))
    spoil_all(session)
    return keys


def spoil_all(session: Session) -> None:
    session.execute(update(Comment).values(MISTAKES))
    session.execute(update(Thread).values(count=99))
    session.commit()


def test_a_site_in_which_all_is_wrong_is_mended_once(session, site):
    wrong = checked(session)
    assert {name for _, name, _, _ in wrong} == {*OF_COMMENTS, "count"}
    assert checked(session, repair=True) == wrong
    revisions = session.scalars(select(Thread.revision).order_by(Thread.id)).all()
    assert checked(session, repair=True) == []
    assert session.scalars(select(Thread.revision).order_by(Thread.id)).all() == revisions


def test_what_was_mended_before_somebody_broke_it_off_stays_so(session, site, monkeypatch):
    monkeypatch.setattr(checking, "STRETCH", 20)
    wrong = len(checked(session))
    mending = checking.check(session, repair=True, now=NOON)
    first = next(mending)
    mending.close()
    mended = sum(len(it.names) for it in first.wrong)
    assert 0 < mended < wrong
    assert len(checked(session)) == wrong - mended
    checked(session, repair=True)
    assert checked(session) == []


def test_small_threads_are_counted_and_written_together(session, site):
    def sent_for(at_once: int) -> int:
        spoil_all(session)
        with pytest.MonkeyPatch.context() as patch, statements(session.get_bind()) as sent:
            patch.setattr(checking, "AT_ONCE", at_once)
            checked(session, repair=True)
        return len(sent)

    assert sent_for(10_000) < sent_for(1) / 3


def test_who_writes_anywhere_while_all_is_mended_is_counted(engine):
    keys = [f"thread {number}" for number in range(6)]
    with Session(engine) as session:
        roots = [make.post(session, thread=key).id for key in keys]
        spoil_all(session)

    def write(session: Session, first: int) -> None:
        person = guest(f"writer {first}")
        for at in (*range(first, 6), *range(first)):
            make.post(session, person, thread=keys[at], to=roots[at])
            make.vote(session, roots[at], by=person)
            session.commit()

    writers = (partial(write, first=number) for number in range(4))
    at_once(engine, *writers, checked_while_others_write)
    with Session(engine) as session:
        checked(session, repair=True)
        found = [make.fresh(session, root) for root in roots]
        assert {(it.up, it.vote_rank, it.replies_count) for it in found} == {(4, -4, 4)}
        assert set(session.scalars(select(Thread.count))) == {5}


def test_votes_and_comments_that_come_meanwhile_are_all_counted(engine):
    """Eight people vote and write while everything is spoilt and mended again and again."""
    with Session(engine) as session:
        comment = make.post(session).id
        session.commit()
    people = [guest(f"voter {number}") for number in range(6)]

    def vote(session: Session, person: Any) -> None:
        for value in (1, -1, 0, 1):
            make.vote(session, comment, value, by=person)
            make.post(session, person, f"{value}", to=comment)
            session.commit()

    def mend(session: Session) -> None:
        for _ in range(8):
            spoil(session, comment, up=50, score=-3)
            checked_while_others_write(session)

    at_once(engine, *(partial(vote, person=person) for person in people), mend, mend)
    with Session(engine) as session:
        checked(session, repair=True)
        row = make.fresh(session, comment)
        assert (row.up, row.down, row.score, row.replies_count) == (6, 0, 6, 24)
        assert checked(session) == []


def checked_while_others_write(session: Session) -> None:
    for _ in checking.check(session, repair=True, now=NOON):
        pass

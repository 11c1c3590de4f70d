"""Every action has a way back, once, and what somebody else has changed since stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from comments import moderation, posting, threads
from comments.errors import CommentsError
from comments.models import Comment, Report, Status, Thread
from comments.moderation import UNDO_FOR
from tests import factories as make
from tests.factories import BOB, NOON, SETTINGS, minutes
from tests.reading import statements, wrong_counters
from tests.test_concurrency import at_once

#: What a decision may change of a comment; when it was decided is history, not state.
KEPT = ("status", "listed", "shadowed", "pinned_at", "kept_at", "open_reports", "replies_count")
STATES = [status for status in Status if status is not Status.DELETED]


def picture(session: Session) -> dict[int, tuple[Any, ...]]:
    """Everything that an undo has to bring back."""
    session.expire_all()
    comments = session.scalars(select(Comment)).all()
    found = {c.id: tuple(getattr(c, name) for name in KEPT) for c in comments}
    found |= {-t.id: (t.count,) for t in session.scalars(select(Thread))}
    reports = select(Report.id).where(Report.settled_at.is_(None)).order_by(Report.id)
    return found | {0: tuple(session.scalars(reports))}


def is_exact(session: Session) -> bool:
    return wrong_counters(session) == {"threads": [], "comments": []}


def report(session: Session, comment: int, number: int = 0) -> None:
    reader = make.guest(f"reader {number}")
    posting.report(session, reader, comment, "spam", "", settings=SETTINGS, now=NOON)


@pytest.fixture
def busy(session) -> list[int]:
    """A pinned root with an answer, a reported one, a kept one, a shadowed one, one that waits."""
    make.noise(session)
    root = make.post(session)
    answer = make.post(session, to=root)
    reported, kept, shadowed = (make.post(session) for _ in range(3))
    waits = make.post(session, to=answer, settings=make.with_settings(hold="all"))
    make.pin(session, root, at=1)
    report(session, reported.id)
    report(session, kept.id)
    moderation.keep(session, kept.id, make.action(2))
    make.decide(session, shadowed, Status.SPAM)
    shadowed.shadowed = True
    session.flush()
    return [c.id for c in (root, answer, reported, kept, shadowed, waits)]


# ── one and many ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", list(Status))
def test_a_wave_is_taken_back_with_its_reports_pins_and_shadows(session, busy, status):
    before = picture(session)
    wave = make.action(5)
    moderation.decide_many(session, busy, status, wave)
    assert is_exact(session)
    assert picture(session) != before

    moderation.undo(session, wave.batch, make.action(6))
    assert picture(session) == before
    assert is_exact(session)


@pytest.mark.parametrize("status", list(Status))
def test_each_decision_alone_is_taken_back_as_well(session, busy, status):
    for comment in busy:
        before = picture(session)
        alone = make.action(5)
        moderation.decide(session, comment, status, alone)
        if picture(session) == before:
            continue
        moderation.undo(session, alone.batch, make.action(6))
        assert picture(session) == before


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_many_at_once_are_what_one_by_one_would_be(engine: Engine, data):
    starts = data.draw(st.lists(st.sampled_from(STATES), min_size=1, max_size=6))
    parents = [
        data.draw(st.none() | st.integers(0, n - 1)) if n else None for n in range(len(starts))
    ]
    reported = data.draw(st.sets(st.integers(0, len(starts) - 1)))
    pinned = data.draw(st.sets(st.integers(0, len(starts) - 1), max_size=2))
    chosen = data.draw(st.lists(st.integers(0, len(starts) - 1), min_size=1, unique=True))
    status = data.draw(st.sampled_from(list(Status)))

    def played(decide: Callable[[Session, list[int]], Any]) -> list[Any]:
        with Session(engine) as session:
            made: list[int] = []
            for parent in parents:
                made.append(make.post(session, to=None if parent is None else made[parent]).id)
            for n in pinned:
                if parents[n] is None:
                    make.pin(session, made[n])
            for n in reported:
                report(session, made[n])
            for id, start in zip(made, starts, strict=True):
                moderation.decide(session, id, start, make.action(1)) if start is not (
                    Status.PUBLISHED
                ) else None
            decide(session, [made[n] for n in chosen])
            assert is_exact(session)
            session.expire_all()
            rows = [session.get_one(Comment, id) for id in made]
            return [tuple(getattr(row, name) for name in KEPT) for row in rows]

    def one_by_one(session: Session, ids: list[int]) -> None:
        for id in ids:
            moderation.decide(session, id, status, make.action(5))

    def at_once_(session: Session, ids: list[int]) -> None:
        moderation.decide_many(session, ids, status, make.action(5))

    assert played(at_once_) == played(one_by_one)


def test_a_wave_takes_few_statements(engine: Engine):
    with Session(engine) as session:
        small, large = make.rows(session, 10), make.rows(session, 900)
        session.commit()
        counts = []
        for ids in (small, large):
            wave = make.action(5)
            with statements(engine) as sent:
                moderation.decide_many(session, ids, Status.SPAM, wave)
                moderation.undo(session, wave.batch, make.action(6))
            counts.append(len(sent))
            session.commit()
        assert counts[1] == counts[0] <= 50
        assert make.thread(session).count == 910


# ── once, in time, by whom it concerns ───────────────────────────────────────────────────────


def spam(session: Session, comment: int, at: float = 0, **facts: Any) -> str:
    action = make.action(at, **facts)
    moderation.decide(session, comment, Status.SPAM, action)
    return action.batch


def test_it_is_taken_back_once(session):
    batch = spam(session, make.post(session).id)
    moderation.undo(session, batch, make.action(1))
    with pytest.raises(CommentsError, match="already"):
        moderation.undo(session, batch, make.action(2))


def test_it_is_taken_back_for_an_hour(session):
    comment = make.post(session).id
    batch = spam(session, comment)
    late = UNDO_FOR.total_seconds() / 60 + 1
    with pytest.raises(CommentsError, match="too long ago"):
        moderation.undo(session, batch, make.action(late))
    moderation.undo(session, batch, make.action(late - 2))
    assert make.fresh(session, comment).status is Status.PUBLISHED


@pytest.mark.parametrize("batch", ["", "nothing"])
def test_what_nobody_did_is_not_taken_back(session, batch):
    make.post(session)
    with pytest.raises(CommentsError, match="nothing here"):
        moderation.undo(session, batch, make.action())


def test_what_somebody_else_has_decided_since_stays(session):
    first, second = make.post(session).id, make.post(session).id
    wave = make.action(1)
    moderation.decide_many(session, [first, second], Status.SPAM, wave)
    moderation.decide(session, first, Status.REJECTED, make.action(2, by="host:2", name="Eve"))

    assert moderation.undo(session, wave.batch, make.action(3)) == 1

    assert make.fresh(session, first).status is Status.REJECTED
    assert make.fresh(session, second).status is Status.PUBLISHED


def test_a_keep_is_taken_back_unless_it_was_kept_again(session):
    comment = make.post(session).id
    report(session, comment)
    keeps = [make.action(n) for n in (1, 2)]
    moderation.keep(session, comment, keeps[0])
    moderation.keep(session, comment, keeps[1])
    assert moderation.undo(session, keeps[0].batch, make.action(3)) == 0
    assert make.fresh(session, comment).kept_at == minutes(2)


def test_keeping_many_and_taking_it_back_costs_as_many_statements_as_for_a_few(engine):
    with Session(engine) as session:
        ids = [make.post(session).id for _ in range(24)]
        for number in range(48):
            report(session, ids[number % 24], number)
        session.commit()
        before = picture(session)

        def kept(some: list[int]) -> tuple[int, int]:
            wave = make.action(5)
            with statements(engine) as keeping:
                assert moderation.keep_many(session, some, wave) == some
            with statements(engine) as undoing:
                assert moderation.undo(session, wave.batch, make.action(6)) == len(some)
            # The next one takes the lock of its own.
            session.commit()
            return len(keeping), len(undoing)

        assert kept(ids[:4]) == kept(ids)
        assert picture(session) == before


def test_of_many_only_those_that_nobody_has_kept_again_are_taken_back(session):
    first, second = (make.post(session).id for _ in range(2))
    report(session, first)
    report(session, second)
    wave = make.action(1)
    assert moderation.keep_many(session, [first, second], wave) == [first, second]
    moderation.keep(session, second, make.action(2))
    assert moderation.undo(session, wave.batch, make.action(3)) == 1
    rows = [make.fresh(session, id) for id in (first, second)]
    assert [(row.open_reports, row.kept_at) for row in rows] == [(1, None), (0, minutes(2))]


def test_a_pin_is_taken_back(session):
    comment = make.post(session).id
    pin = make.action(1)
    moderation.pin(session, comment, pin, pinned=True)
    moderation.undo(session, pin.batch, make.action(2))
    assert make.fresh(session, comment).pinned_at is None


def test_a_pin_that_cannot_come_back_stays_away(session):
    comment = make.post(session).id
    make.pin(session, comment)
    off = make.action(1)
    moderation.pin(session, comment, off, pinned=False)
    make.decide(session, comment, Status.SPAM)
    assert moderation.undo(session, off.batch, make.action(2)) == 0
    assert make.fresh(session, comment).pinned_at is None


def test_what_came_to_the_same_state_by_somebody_else_stays(session):
    """A throws it out, B lets it in, C throws it out: A takes back what is theirs alone."""
    comment = make.post(session).id
    first = spam(session, comment, 1)
    moderation.decide(session, comment, Status.PUBLISHED, make.action(2))
    spam(session, comment, 3)
    assert moderation.undo(session, first, make.action(4)) == 0
    assert make.fresh(session, comment).status is Status.SPAM


def test_a_moderator_of_one_site_takes_back_what_is_theirs(session):
    comment = make.post(session).id
    make.thread(session).site = "https://mine.example"
    batch = spam(session, comment)
    for site, allowed in (("https://other.example", False), ("https://mine.example", True)):
        action = make.action(1, by="host:2", sites=frozenset({site}))
        if allowed:
            assert moderation.undo(session, batch, action) == 1
        else:
            with pytest.raises(CommentsError, match="nothing here"):
                moderation.undo(session, batch, action)


def test_what_is_about_no_thread_a_moderator_of_one_site_takes_back_if_it_is_their_own(session):
    theirs = make.action(0)
    moderation.note(session, theirs, "pin")
    stranger = make.action(1, by="host:2", sites=frozenset({"https://mine.example"}))
    with pytest.raises(CommentsError, match="nothing here"):
        moderation.undo(session, theirs.batch, stranger)


# ── what was done, for the notice ────────────────────────────────────────────────────────────


def test_the_log_tells_what_an_action_did(session):
    first, second = make.post(session), make.post(session)
    make.pin(session, first)
    wave = make.action(5)
    moderation.decide_many(session, [first.id, second.id], Status.SPAM, wave)
    done = moderation.done(session, wave.batch)
    assert done is not None
    assert (done.what, done.after, done.number, done.comment_id) == ("status", "spam", 2, None)
    assert done.undoable(minutes(6))
    assert not done.undoable(minutes(5) + UNDO_FOR * 2)
    assert moderation.done(session, "nothing") is None


def test_recent_actions_are_ones_own_the_newest_first(session):
    comments = [make.post(session).id for _ in range(3)]
    batches = [spam(session, id, at=n) for n, id in enumerate(comments)]
    moderation.decide(session, comments[0], Status.REJECTED, make.action(4, by="host:9"))
    moderation.undo(session, batches[2], make.action(5))
    found = moderation.recent(session, BOB.id, minutes(6))
    assert [done.batch for done in found[1:]] == batches[::-1]
    assert [done.undone for done in found] == [False, True, False, False]
    assert found[0].undoes == batches[2]
    assert moderation.recent(session, BOB.id, minutes(600)) == []


# ── two moderators at once ───────────────────────────────────────────────────────────────────


@pytest.fixture
def comments(engine) -> list[int]:
    with Session(engine) as session:
        root = make.post(session)
        made = [root.id, *(make.post(session, to=root).id for _ in range(5))]
        session.commit()
    return made


def test_of_two_who_decide_at_once_the_second_is_told(engine, comments):
    def decide(who: str, status: Status, session: Session) -> str:
        action = make.action(1, by=f"host:{who}", name=who)
        expected = Status.PUBLISHED
        moderation.decide(session, comments[1], status, action, expected=expected, version=1)
        return who

    acts = [partial(decide, who, status) for who, status in
            (("Ann", Status.SPAM), ("Eve", Status.REJECTED), ("Zoe", Status.DELETED))]  # fmt: skip
    answers = at_once(engine, *acts)

    assert answers.count("already_decided") == 2
    with Session(engine) as session:
        winner = {"Ann": Status.SPAM, "Eve": Status.REJECTED, "Zoe": Status.DELETED}
        first = next(answer for answer in answers if answer in winner)
        assert make.fresh(session, comments[1]).status is winner[first]
        assert make.thread(session).count == 5
        assert is_exact(session)


def test_waves_at_once_leave_exact_counters(engine, comments):
    def wave(status: Status, session: Session) -> int:
        return len(moderation.decide_many(session, comments, status, make.action(1)))

    at_once(engine, *(partial(wave, status) for status in (*STATES, *STATES)))
    with Session(engine) as session:
        assert is_exact(session)
        assert len({make.fresh(session, id).status for id in comments}) == 1


def test_of_two_who_undo_at_once_one_does(engine, comments):
    with Session(engine) as session:
        batch = spam(session, comments[0])
        session.commit()

    def undo(session: Session) -> int:
        return moderation.undo(session, batch, make.action(1))

    assert sorted(map(str, at_once(engine, undo, undo, undo))) == [
        "1",
        "already_undone",
        "already_undone",
    ]
    with Session(engine) as session:
        assert is_exact(session)


def _anybody_waits(engine: Engine) -> bool:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with engine.connect() as connection:  # a new one: within one the numbers stand still
        return connection.execute(waiting).scalar_one() > 0


def test_an_undo_holds_all_its_threads_before_it_changes_the_first(migrated_postgres_uri):
    """Two states are put back one after the other; nothing may be held while the second waits."""
    engine = create_engine(migrated_postgres_uri)
    with Session(engine) as session:
        first = make.post(session, thread="first")
        second = make.post(session, thread="second", settings=make.with_settings(hold="all"))
        earlier, later = first.thread_id, second.thread_id
        assert earlier < later
        # The state of the second thread's comment is the first to be put back.
        moderation.decide(session, second.id, Status.SPAM, make.action(batch="b"))
        moderation.decide(session, first.id, Status.SPAM, make.action(batch="b"))
        session.commit()
    with Session(engine) as holder, ThreadPoolExecutor(1) as pool:
        threads.lock(holder, earlier)
        undoing = pool.submit(at_once, engine, lambda s: moderation.undo(s, "b", make.action(1)))
        while not _anybody_waits(engine):
            assert not undoing.done()
        # Whoever decides about many would come to the second thread now.
        free = select(Thread.id).where(Thread.id == later).with_for_update(nowait=True)
        assert holder.scalar(free) == later
        holder.commit()
        assert undoing.result() == [2]
    engine.dispose()

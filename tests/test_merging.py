"""Two threads become one, old keys lead on, and both can be taken back."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from comments import moderation, posting, threads
from comments.errors import CommentsError
from comments.models import Comment, Decision, Status, Thread
from comments.moderation import merging
from tests import factories as make
from tests.factories import ALICE, ARTICLE, CAROL, NOON, SETTINGS, guest, minutes
from tests.reading import ids, next_page, page, replies, wrong_counters
from tests.test_concurrency import at_once, recount

OLD, NEW = "old", ARTICLE


def thread_id(session, key: str) -> int:
    return session.scalars(select(Thread.id).where(Thread.key == key)).one()


def merge(session, source: str = OLD, target: str = NEW, at: float = 0, **facts) -> str:
    """Gives the batch it can be undone by."""
    action = make.action(at, **facts)
    moderation.merge(session, thread_id(session, source), thread_id(session, target), action)
    return action.batch


def rows(session, count: int, key: str = NEW) -> list[int]:
    """Comments that nobody has voted on, so that every number can be held against the rows."""
    made = make.rows(session, count, key=key)
    session.execute(update(Comment).values(up=0, score=0, vote_rank=0))
    return made


def undo(session, batch: str) -> int:
    return moderation.undo(session, batch, make.action(1))


def exact(session) -> bool:
    session.flush()
    return wrong_counters(session) == {"threads": [], "comments": []}


@pytest.fixture
def two(session) -> dict[str, Comment]:
    """An old thread of three comments, a new one of two, and noise."""
    make.noise(session)
    root = make.post(session, thread=OLD, now=minutes(1))
    held = make.with_settings(hold="all")
    return {
        "root": root,
        "reply": make.post(session, CAROL, thread=OLD, to=root, now=minutes(3)),
        "waiting": make.post(session, thread=OLD, settings=held, now=minutes(4)),
        "first": make.post(session, now=minutes(0)),
        "second": make.post(session, now=minutes(2)),
    }


# ── together ─────────────────────────────────────────────────────────────────────────────────


def test_all_comments_are_in_one_thread_under_both_keys(session, two):
    merge(session)
    for key in (OLD, NEW):
        listing = page(session, key=key)
        assert ids(listing) == [two["first"].id, two["root"].id, two["second"].id]
        assert (listing.thread.key, listing.thread.count) == (NEW, 4)
    assert threads.counts(session, [OLD, NEW, "nobody"]) == {OLD: 4, NEW: 4, "nobody": 0}
    assert exact(session)


def test_the_revision_is_one_that_neither_has_had(session, two):
    was = {key: make.thread(session, key).revision for key in (OLD, NEW)}
    merge(session)
    revision = threads.find(session, OLD).revision
    assert revision == threads.find(session, NEW).revision > max(was.values())
    assert make.thread(session, OLD).revision == revision


def test_what_came_along_is_new_to_readers_of_the_thread(session, two):
    seen = threads.find(session, NEW)
    merge(session)
    assert threads.new_since(session, threads.find(session, NEW), seen.revision) == 2


def test_what_is_written_under_the_old_key_is_written_in_the_thread(session, two):
    merge(session)
    comment = make.post(session, thread=OLD, to=two["root"], now=minutes(5))
    assert comment.thread_id == thread_id(session, NEW)
    assert exact(session)


def test_pins_of_the_thread_that_goes_come_off_when_they_are_too_many(session):
    old, new = (make.rows(session, 4, key=key) for key in (OLD, NEW))
    for comment_id in (*old[:3], *new[:3]):
        make.pin(session, comment_id)
    batch = merge(session)
    pinned = select(Comment.id).where(Comment.pinned_at.is_not(None)).order_by(Comment.id)
    assert session.scalars(pinned).all() == new[:3]
    make.decide(session, old[0], Status.SPAM)
    undo(session, batch)
    assert session.scalars(pinned).all() == sorted([*old[1:3], *new[:3]])


def test_a_few_pins_stay(session):
    old, new = (make.rows(session, 2, key=key) for key in (OLD, NEW))
    make.pin(session, old[0])
    make.pin(session, new[0])
    merge(session)
    assert set(ids(page(session))[:2]) == {old[0], new[0]}


def test_there_are_no_chains(session, two):
    make.post(session, thread="newest")
    merge(session)
    merge(session, NEW, "newest")
    into = thread_id(session, "newest")
    led = session.scalars(select(Thread.merged_into_id).where(Thread.key.in_((OLD, NEW)))).all()
    assert led == [into, into]
    assert threads.find(session, OLD).count == 5


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [(OLD, OLD, "invalid"), (OLD, NEW, "changed_meanwhile"), (NEW, OLD, "changed_meanwhile")],
)
def test_what_cannot_be_merged(session, two, source, target, code):
    merge(session)
    with pytest.raises(CommentsError) as refused:
        merge(session, source, target)
    assert refused.value.code == code


def test_nothing_is_merged_with_a_thread_that_is_not_there(session, two):
    with pytest.raises(CommentsError, match="nothing here"):
        moderation.merge(session, thread_id(session, OLD), 999, make.action())


def test_nothing_is_merged_into_another_site(session):
    make.post(session, thread=OLD, site="https://one.example")
    make.post(session, thread=NEW, site="https://two.example")
    with pytest.raises(CommentsError, match="nothing here"):
        merge(session, sites=frozenset({"https://one.example"}))


def test_a_thread_that_became_a_part_of_another_is_decided_about_there(session, two):
    merge(session)
    with pytest.raises(CommentsError, match="part of another"):
        moderation.close(session, thread_id(session, OLD), make.action(), closed=True)


# ── readers who were on their way ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sort", ["oldest", "newest", "most_voted"])
def test_who_was_reading_reads_on_and_sees_nothing_twice(session, sort):
    old, _new = (make.rows(session, 6, key=key) for key in (OLD, NEW))
    first = page(session, sort, key=OLD, limit=2)
    merge(session)
    seen, after = ids(first), next_page(first)
    while after:
        listing = page(session, sort, key=OLD, limit=2, after=after)
        seen, after = seen + ids(listing), next_page(listing)
    assert len(seen) == len(set(seen))
    assert set(old) <= set(seen)


def test_who_was_reading_replies_reads_on(session):
    old = make.rows(session, 6, key=OLD, parents=(None, 0, 0, 0, 0, 0))
    make.post(session)
    first = replies(session, old[0], limit=2)
    merge(session)
    second = replies(session, old[0], limit=9, after=next_page(first))
    assert ids(first) + ids(second) == old[1:]


def test_a_cursor_of_an_unrelated_thread_is_still_refused(session, two):
    make.rows(session, 3, key="elsewhere")
    after = next_page(page(session, key="elsewhere", limit=1))
    merge(session)
    with pytest.raises(CommentsError, match="cursor"):
        page(session, key=NEW, after=after)


# ── and apart again ──────────────────────────────────────────────────────────────────────────


def test_undo_gives_back_what_was_moved_with_the_replies_it_got_since(session, two):
    batch = merge(session)
    answer = make.post(session, thread=NEW, to=two["reply"], now=minutes(6))
    later = make.post(session, thread=OLD, now=minutes(7))
    assert undo(session, batch) == 4
    assert ids(page(session, key=OLD)) == [two["root"].id]
    assert {make.fresh(session, it).thread_id for it in (answer, two["waiting"])} == {
        thread_id(session, OLD)
    }
    # What was written by itself after that was written in the thread as it was then.
    assert ids(page(session, key=NEW)) == [two["first"].id, two["second"].id, later.id]
    assert threads.counts(session, [OLD, NEW]) == {OLD: 3, NEW: 3}
    assert exact(session)


def test_after_an_undo_both_have_a_revision_that_was_never_shown(session, two):
    batch = merge(session)
    shown = threads.find(session, NEW).revision
    undo(session, batch)
    assert min(threads.find(session, key).revision for key in (OLD, NEW)) > shown


def test_two_mergers_are_undone_in_turn(session, two):
    make.post(session, thread="newest")
    first, second = merge(session), merge(session, NEW, "newest")
    assert undo(session, first) == 0
    assert threads.find(session, OLD).key == "newest"
    undo(session, second)
    assert [threads.find(session, key).key for key in (OLD, NEW)] == [NEW, NEW]
    assert exact(session)


def test_an_empty_thread_can_be_merged_and_parted(session):
    make.post(session)
    held = make.post(session, thread=OLD, settings=make.with_settings(hold="all"))
    posting.delete(session, ALICE, held.id, settings=SETTINGS, now=NOON)
    batch = merge(session)
    assert undo(session, batch) == 1
    assert make.fresh(session, held).thread_id == thread_id(session, OLD)


def test_many_are_moved_back_in_pieces(session, monkeypatch):
    monkeypatch.setattr(merging, "_CHUNK", 4)
    rows(session, 10, OLD)
    rows(session, 3)
    batch = merge(session)
    assert undo(session, batch) == 10
    assert threads.counts(session, [OLD, NEW]) == {OLD: 10, NEW: 3}
    assert exact(session)


@pytest.mark.parametrize(
    ("ids", "text"), [([], ""), ([3], "3"), ([1, 2, 3, 7, 9, 10], "1-3,7,9-10")]
)
def test_what_moved_is_remembered_in_few_words(ids, text):
    assert merging._as_ranges(ids) == text
    assert merging._from_ranges(text) == set(ids)


# ── other keys ───────────────────────────────────────────────────────────────────────────────


def alias(session, key: str, to: str = NEW) -> str:
    action = make.action()
    moderation.alias(session, thread_id(session, to), key, action)
    return action.batch


def test_an_alias_leads_to_the_thread_and_back_to_nothing(session, two):
    before = threads.find(session, NEW).revision
    batch = alias(session, "2019/old")
    assert threads.find(session, "2019/old").id == thread_id(session, NEW)
    assert make.thread(session, "2019/old").revision > before
    assert undo(session, batch) == 1
    empty = threads.find(session, "2019/old")
    assert (empty.key, empty.count) == ("2019/old", 0)
    assert empty.revision > before + 1


def test_an_old_key_can_be_let_go_and_taken_back(session, two):
    alias(session, "other")
    action = make.action()
    moderation.release(session, thread_id(session, "other"), action)
    assert threads.find(session, "other").count == 0
    assert undo(session, action.batch) == 1
    assert threads.find(session, "other").key == NEW


def test_undo_of_an_alias_spares_the_discussion_that_began_there(session, two):
    alias(session, "other")
    action = make.action()
    moderation.release(session, thread_id(session, "other"), action)
    make.post(session, thread="other")
    assert undo(session, action.batch) == 0
    assert threads.find(session, "other").key == "other"


@pytest.mark.parametrize("key", [NEW, OLD, "led elsewhere", " ", "x" * 300])
def test_a_key_that_means_something_else_cannot_be_an_alias(session, two, key):
    alias(session, "led elsewhere", to=OLD)
    with pytest.raises(CommentsError) as refused:
        alias(session, key)
    assert refused.value.code == "invalid"


def test_the_same_alias_twice_is_one_decision(session, two):
    alias(session, "other")
    alias(session, "other")
    entries = session.scalars(select(Decision).where(Decision.action == "alias")).all()
    assert len(entries) == 1


def test_an_alias_leads_to_a_thread_that_stands(session, two):
    merge(session)
    with pytest.raises(CommentsError, match="part of another"):
        alias(session, "other", to=OLD)
    with pytest.raises(CommentsError, match="nothing here"):
        moderation.release(session, thread_id(session, NEW), make.action())


# ── at once ──────────────────────────────────────────────────────────────────────────────────


def posting_often(key: str, number: int):
    me = guest(f"{key} {number}")

    def act(session: Session) -> None:
        for _ in range(5):
            make.post(session, me, thread=key)
            session.commit()

    return act


def test_nothing_is_lost_that_is_written_while_two_are_merged(engine):
    with Session(engine) as session:
        for key in (OLD, NEW):
            rows(session, 20, key)
        session.commit()
    writers = [posting_often(key, number) for key in (OLD, NEW) for number in range(3)]
    at_once(engine, merge, *writers)
    recount(engine)
    with Session(engine) as session:
        assert threads.counts(session, [OLD, NEW]) == {OLD: 70, NEW: 70}
        assert set(session.scalars(select(Comment.thread_id))) == {thread_id(session, NEW)}


def test_decisions_and_votes_meanwhile_are_counted_where_the_comment_is(engine):
    with Session(engine) as session:
        old, _new = (rows(session, 12, key) for key in (OLD, NEW))
        session.commit()

    def deciding(part: int):
        def act(session: Session) -> None:
            for comment_id in old[part::3]:
                make.vote(session, comment_id, by=guest(f"{part}"))
                make.decide(session, comment_id, Status.SPAM)
                session.commit()

        return act

    at_once(engine, merge, *map(deciding, range(3)))
    recount(engine)


def test_a_decision_about_many_finds_them_where_they_have_gone(engine):
    with Session(engine) as session:
        old, new = (rows(session, 12, key) for key in (OLD, NEW))
        session.commit()

    def clear(session: Session) -> int:
        action = make.action()
        return len(moderation.set_status_of_many(session, [*old, *new], Status.SPAM, action))

    for _ in range(2):
        at_once(engine, merge, clear)
        recount(engine)
    with Session(engine) as session:
        assert threads.counts(session, [OLD, NEW]) == {OLD: 0, NEW: 0}


@pytest.mark.parametrize("second", [(OLD, NEW), (NEW, OLD), (OLD, "third"), (NEW, "third")])
def test_of_two_mergers_at_once_none_loses_a_comment(engine, second):
    with Session(engine) as session:
        for key in (OLD, NEW, "third"):
            rows(session, 5, key)
        session.commit()
    at_once(engine, merge, lambda session: merge(session, *second))
    recount(engine)
    with Session(engine) as session:
        standing = session.scalars(select(Thread.id).where(Thread.merged_into_id.is_(None))).all()
        led = session.scalars(select(Thread.merged_into_id).where(Thread.merged_into_id > 0)).all()
        assert set(led) <= set(standing)
        assert set(session.scalars(select(Comment.thread_id))) <= set(standing)


def test_a_first_comment_and_an_alias_at_once_end_in_one_thread_or_two(engine):
    with Session(engine) as session:
        make.post(session)
        session.commit()
    answers = at_once(
        engine,
        lambda session: alias(session, "other"),
        lambda session: make.post(session, thread="other").thread_id,
    )
    recount(engine)
    with Session(engine) as session:
        leads = threads.find(session, "other").key
        assert leads == ("other" if answers[0] == "invalid" else NEW)
        assert threads.counts(session, ["other"])["other"] == (1 if leads == "other" else 2)

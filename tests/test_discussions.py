"""What moderators do with whole threads: close, hold, rename, and the way back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from comments import moderation, threads
from comments.errors import CommentsError
from comments.models import Comment, Decision, Thread
from comments.moderation import threadlist
from tests import factories as make
from tests.factories import ALICE, ARTICLE, BOB, CAROL, NOON, minutes
from tests.reading import ids, page

DAY = timedelta(days=1)


def last(session) -> Decision:
    return session.scalars(select(Decision).order_by(Decision.id.desc())).first()


def undo(session, at=1) -> int:
    return moderation.undo(session, last(session).batch, make.action(at))


# ── open and closed ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("days", "age", "closed"),
    [(0, 1000, False), (7, 6.9, False), (7, 7, True), (7, 30, True)],
)
def test_a_thread_closes_so_many_days_after_its_first_comment(session, days, age, closed):
    make.post(session, now=NOON)
    make.post(session, now=NOON + DAY)
    facts = threads.find(session, ARTICLE)
    assert threads.is_closed(facts, days, NOON + age * DAY) is closed


def test_nobody_has_written_so_nothing_closes(session):
    assert not threads.is_closed(threads.find(session, "nobody"), 1, NOON)


def test_who_asks_to_be_told_of_it_starts_no_clock(session):
    threads.lock_or_create(session, ARTICLE, now=NOON - 90 * DAY)
    settings = make.with_settings(close_days=7)
    make.post(session, settings=settings, now=NOON)
    assert make.post(session, CAROL, settings=settings, now=NOON + 6 * DAY).id
    assert threads.is_closed(threads.find(session, ARTICLE), 7, NOON + 7 * DAY)


def test_what_has_closed_by_itself_is_open_for_moderators_alone(session):
    make.post(session, now=NOON)
    settings = make.with_settings(close_days=7)
    late = NOON + 8 * DAY
    with pytest.raises(CommentsError) as refused:
        make.post(session, CAROL, settings=settings, now=late)
    assert refused.value.code == "closed"
    assert make.post(session, BOB, settings=settings, now=late).id


def test_what_a_moderator_opens_again_stays_open(session):
    make.post(session, now=NOON)
    thread = make.thread(session)
    late = make.action(8 * 24 * 60)
    moderation.close(session, thread.id, late, closed=False, close_days=7)
    assert not threads.is_closed(threads.find(session, ARTICLE), 7, NOON + 900 * DAY)
    assert make.post(session, settings=make.with_settings(close_days=7), now=NOON + 90 * DAY)


def test_opening_what_is_open_is_no_decision(session):
    make.post(session)
    thread = make.thread(session)
    moderation.close(session, thread.id, make.action(), closed=False, close_days=7)
    assert (thread.reopened_at, last(session).action) == (None, "status")


def test_an_opening_that_is_undone_lets_it_close_by_itself_again(session):
    make.post(session, now=NOON)
    thread = make.thread(session)
    moderation.close(session, thread.id, make.action(9 * 24 * 60), closed=False, close_days=7)
    assert undo(session, 9 * 24 * 60 + 1) == 1
    facts = threads.find(session, ARTICLE)
    assert facts.closed_at is None
    assert threads.is_closed(facts, 7, NOON + 9 * DAY)
    assert not threads.is_closed(facts, 0, NOON + 9 * DAY)


def test_undo_leaves_what_somebody_else_has_decided_since(session):
    make.post(session)
    thread = make.thread(session)
    first = make.action()
    moderation.close(session, thread.id, first, closed=True)
    moderation.close(session, thread.id, make.action(1), closed=False)
    assert moderation.undo(session, first.batch, make.action(2)) == 0
    assert not make.thread(session).closed


# ── hold everything ──────────────────────────────────────────────────────────────────────────


def test_a_thread_is_held_and_no_more_and_back(session):
    make.post(session)
    thread = make.thread(session)
    moderation.hold(session, thread.id, make.action(), held=True)
    assert make.thread(session).hold_all
    assert (last(session).action, last(session).thread_id) == ("hold", thread.id)
    assert undo(session) == 1
    assert not make.thread(session).hold_all
    written = last(session).id
    moderation.hold(session, thread.id, make.action(), held=False)
    assert last(session).id == written


# ── names ────────────────────────────────────────────────────────────────────────────────────


def test_a_renamed_thread_is_found_under_both_keys(session):
    comment = make.post(session)
    before = threads.find(session, ARTICLE)
    names = {"key": "new", "title": "A better title", "url": "https://blog.example/new"}
    moderation.rename(session, before.id, make.action(), names)
    found = threads.find(session, "new")
    assert (found.key, found.title, found.url) == tuple(names.values())
    assert found.revision > before.revision
    assert threads.find(session, ARTICLE) == found
    assert ids(page(session, key=ARTICLE)) == [comment.id]
    assert make.post(session).thread_id == found.id


def test_a_renaming_is_in_the_log_with_what_changed(session):
    make.post(session)
    thread = make.thread(session)
    moderation.rename(session, thread.id, make.action(), {"title": "New", "key": ARTICLE})
    entry = last(session)
    assert (moderation.facts(entry.before), moderation.facts(entry.after)) == (
        {"title": None},
        {"title": "New"},
    )
    moderation.rename(session, thread.id, make.action(), {"title": "New"})
    assert last(session) is entry


def test_another_threads_key_is_not_to_be_had(session):
    make.post(session)
    make.noise(session, "taken")
    with pytest.raises(CommentsError) as refused:
        moderation.rename(session, make.thread(session).id, make.action(), {"key": "taken"})
    assert "key" in refused.value.errors


def test_a_renaming_that_is_undone_leaves_the_new_key_to_nobody(session):
    make.post(session)
    thread = make.thread(session)
    moderation.rename(session, thread.id, make.action(), {"key": "new", "title": "T"})
    seen = threads.find(session, "new").revision
    assert undo(session) == 1
    assert threads.find(session, ARTICLE).key == ARTICLE
    assert threads.find(session, ARTICLE).title is None
    empty = threads.find(session, "new")
    assert (empty.key, empty.count) == ("new", 0)
    # Or a page that was kept under this key would be given out again.
    assert min(empty.revision, threads.find(session, ARTICLE).revision) > seen


def test_a_key_can_go_away_and_come_back(session):
    make.post(session)
    thread = make.thread(session)
    revisions = [thread.revision]
    for key in ("one", "two", ARTICLE, "one"):
        moderation.rename(session, thread.id, make.action(), {"key": key})
        revisions.append(threads.find(session, ARTICLE).revision)
    assert revisions == sorted(set(revisions))
    assert {threads.find(session, key).key for key in ("one", "two", ARTICLE)} == {"one"}
    assert len(threadlist.old_keys(session, thread.id)) == 2


def test_undo_of_a_renaming_keeps_what_was_renamed_again(session):
    make.post(session)
    thread = make.thread(session)
    first = make.action()
    moderation.rename(session, thread.id, first, {"title": "One", "url": "https://blog.example/1"})
    moderation.rename(session, thread.id, make.action(1), {"title": "Two"})
    assert moderation.undo(session, first.batch, make.action(2)) == 1
    assert (make.thread(session).title, make.thread(session).url) == ("Two", None)
    assert moderation.rename(session, thread.id, make.action(), {}).title == "Two"


def test_undo_finds_nothing_when_all_was_renamed_again(session):
    make.post(session)
    thread = make.thread(session)
    first = make.action()
    moderation.rename(session, thread.id, first, {"title": "One"})
    moderation.rename(session, thread.id, make.action(1), {"title": "Two"})
    assert moderation.undo(session, first.batch, make.action(2)) == 0


# ── whose ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "act",
    [
        lambda session, which, action: moderation.close(session, which, action, closed=True),
        lambda session, which, action: moderation.hold(session, which, action, held=True),
        lambda session, which, action: moderation.rename(session, which, action, {"title": "x"}),
        lambda session, which, action: moderation.alias(session, which, "old", action),
    ],
)
def test_a_thread_of_another_site_does_not_exist(session, act):
    make.post(session, site="https://one.example")
    action = make.action(sites=frozenset({"https://other.example"}))
    with pytest.raises(CommentsError) as refused:
        act(session, make.thread(session).id, action)
    assert refused.value.code == "not_found"


def test_nothing_can_be_done_with_a_thread_that_is_not_there(session):
    with pytest.raises(CommentsError, match="nothing here"):
        moderation.close(session, 999, make.action(), closed=True)


# ── the list ─────────────────────────────────────────────────────────────────────────────────


def listed(session, **asked) -> list[str]:
    return [thread.key for thread in threadlist.listed(session, None, **asked).threads]


def walk(session, **asked) -> list[str]:
    keys, after = [], None
    while True:
        found = threadlist.listed(session, None, after=after, limit=2, **asked)
        keys += [thread.key for thread in found.threads]
        after = found.next
        if after is None:
            return keys


@pytest.fixture
def four(session) -> None:
    for at, (key, number) in enumerate({"a": 1, "b": 3, "c": 2, "d_%": 1}.items()):
        for _ in range(number):
            make.post(session, ALICE, thread=key, now=minutes(at))
    make.post(session, thread="a", now=minutes(9), settings=make.with_settings(hold="all"))
    session.get_one(Thread, threads.find(session, "c").id).title = "The Night Tram"
    session.flush()


def test_threads_are_listed_by_activity_or_by_number(session, four):
    assert walk(session) == listed(session) == ["a", "d_%", "c", "b"]
    assert walk(session, order="count") == listed(session, order="count") == ["b", "c", "d_%", "a"]


def test_a_search_is_for_a_part_of_the_key_or_the_title(session, four):
    assert listed(session, search="night") == ["c"]
    assert listed(session, search="_") == ["d_%"]
    assert listed(session, search="%") == ["d_%"]
    assert listed(session, search="nothing") == []


def test_what_waits_is_counted_and_an_old_key_is_no_thread(session, four):
    a, b = (threads.find(session, key).id for key in "ab")
    moderation.merge(session, b, a, make.action())
    moderation.alias(session, a, "older", make.action())
    found = threadlist.listed(session, None, search="")
    assert [thread.key for thread in found.threads] == ["a", "d_%", "c"]
    assert found.waiting == {a: 1}


def test_a_site_has_a_list_of_its_own(session):
    make.post(session, thread="one", site="https://one.example")
    make.post(session, thread="two", site="https://two.example")
    sites = frozenset({"https://two.example"})
    assert [t.key for t in threadlist.listed(session, sites).threads] == ["two"]
    with pytest.raises(CommentsError):
        threadlist.one(session, sites, threads.find(session, "one").id)


@pytest.mark.parametrize("after", ["x", "1", "1.x", "9" * 30 + ".1"])
def test_a_page_begins_where_a_page_ended(session, after):
    with pytest.raises(CommentsError) as refused:
        threadlist.listed(session, None, after=after)
    assert refused.value.code == "bad_cursor"


def test_a_waiting_comment_is_activity_too(session):
    make.post(session, now=NOON)
    make.post(session, now=minutes(5), settings=make.with_settings(hold="all"))
    assert make.thread(session).active_at == minutes(5)
    assert session.scalars(select(Comment).order_by(Comment.id)).first().created_at == NOON


# ── who may take back ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("names", "refused"), [({"title": "T"}, False), ({"site": None}, True)])
def test_a_moderator_takes_no_site_back_that_an_owner_gave(session, names, refused):
    make.post(session, site="https://a.example")
    thread = make.thread(session)
    moderation.rename(session, thread.id, make.action(), names)
    batch, mine = last(session).batch, make.action(1, by_owner=False)
    if not refused:
        assert moderation.undo(session, batch, mine) == 1
        return
    with pytest.raises(CommentsError) as raised:
        moderation.undo(session, batch, mine)
    assert raised.value.code == "not_an_owner"

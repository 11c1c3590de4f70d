"""Finding threads, reading their trees, counts and the pulse."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import threads
from comments.errors import CommentsError
from comments.models import Comment, Status
from comments.threads import ThreadFacts
from comments.tree import MAX_NESTING, MOST_FIRST_REPLIES, ORDERS
from tests import factories as make
from tests.factories import ARTICLE, KEYS
from tests.reading import (
    SORTS,
    below,
    ids,
    next_page,
    page,
    replies,
    statements,
    walk,
    walk_everything,
    walk_replies,
)

# ── the thread itself ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["a", "2026/11/night-tram", "文章 7", "x" * 255, "👩‍🚀"[0]])
def test_a_key_is_what_the_owner_calls_the_article(key):
    assert threads.check_key(key) == key


@pytest.mark.parametrize(
    "key",
    [None, 7, b"a", [], "", "  ", "x" * 256, "a\0b", "a\nb", "a\u202eb", "\ud800", "a\u200bb"],
    ids=repr,
)
def test_a_key_that_names_nothing_is_refused_as_the_field_thread(key):
    with pytest.raises(CommentsError) as refused:
        threads.check_key(key)
    assert (refused.value.code, list(refused.value.errors)) == ("invalid", ["thread"])


def test_a_thread_nobody_has_written_in_is_empty_and_is_not_made_by_reading(session):
    make.noise(session)
    assert threads.find(session, ARTICLE) == ThreadFacts(ARTICLE)
    listing = page(session)
    assert (listing.nodes, listing.next, listing.thread.count) == ([], None, 0)
    assert threads.find(session, ARTICLE).id is None


def test_the_first_comment_makes_the_thread_and_later_ones_add_what_was_missing(session):
    make.post(session)
    make.post(session, thread_url="https://blog.example/a", thread_title="An article")
    make.post(session, thread_url="https://elsewhere.example", thread_title="Another")
    found = threads.find(session, ARTICLE)
    assert (found.url, found.title) == ("https://blog.example/a", "An article")


def test_a_thread_reads_the_same_by_its_key_and_by_its_id(session):
    make.noise(session)
    make.post(session)
    thread = make.thread(session)
    found = threads.find(session, ARTICLE)
    assert found == threads.by_id(session, thread.id)


# ── a page ───────────────────────────────────────────────────────────────────────────────────


def test_a_page_holds_as_many_top_level_comments_as_asked_and_says_where_it_goes_on(session):
    make.noise(session)
    three = make.rows(session, 3)
    first = page(session, limit=2)
    assert ids(first) == three[:2]
    second = page(session, limit=2, after=next_page(first))
    assert (ids(second), second.next) == (three[2:], None)


def test_a_full_last_page_has_no_next(session):
    make.rows(session, 4)
    assert page(session, limit=4).next is None


def test_the_first_replies_come_along_level_by_level(session):
    make.noise(session)
    one, two, three, four = make.rows(session, 4, parents=(None, 0, 1, 0))
    top = page(session).nodes[0]
    assert below(top) == [two, four]
    assert below(top.replies[0]) == [three]
    assert (top.row.id, top.more, top.replies[0].more) == (one, False, False)


def test_replies_are_sorted_as_the_page_is(session):
    first = make.post(session)
    earlier = make.post(session, to=first)
    later = make.post(session, to=first, now=make.minutes(1))
    make.vote(session, later, by=make.BOB)
    shown = {sort: below(page(session, sort).nodes[0]) for sort in SORTS}
    assert shown["oldest"] == [earlier.id, later.id]
    assert shown["newest"] == shown["most_voted"] == [later.id, earlier.id]


def test_of_many_replies_the_first_are_shown_and_a_cursor_gives_the_others(session):
    parent, *children = make.rows(session, 31, parents=(None, *[0] * 30))
    listing = page(session)
    node = listing.nodes[0]
    assert below(node) == children[:MOST_FIRST_REPLIES]
    cursor = threads.next_replies(listing.thread, listing.order, node)
    rest = replies(session, parent, after=cursor.seal(KEYS))
    assert ids(rest) == children[MOST_FIRST_REPLIES:]


def test_a_page_nests_six_levels_and_hands_the_rest_out_through_a_cursor(session):
    chain = make.rows(session, 10, parents=(None, *range(9)))
    listing = page(session)
    node = listing.nodes[0]
    levels = [node]
    while node.replies:
        node = node.replies[0]
        levels.append(node)
    assert len(levels) == MAX_NESTING
    cursor = threads.next_replies(listing.thread, listing.order, node)
    deeper = replies(session, node.row.id, after=cursor.seal(KEYS))
    assert ids(deeper) == [chain[MAX_NESTING]]


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_of_busy_comments_stays_small_and_leaves_nothing_out(engine, sort):
    with Session(engine) as session:
        all_ids = make.rows(session, 300, parents=(None, 0, 0, 1, 1, 2, 0, 3))
        listing = page(session, sort, limit=2)
        session.commit()
    nodes = list(listing.nodes)
    for node in nodes:
        nodes += node.replies
    assert len(nodes) <= 2 + 2 * 4
    assert sorted(walk_everything(engine, sort, 2)) == all_ids


def test_comments_of_one_instant_are_paged_like_all_others(engine):
    with Session(engine) as session:
        same = [make.post(session).id for _ in range(7)]
        session.commit()
    assert walk(engine, "oldest", 2) == same
    assert walk(engine, "newest", 2) == same[::-1]
    assert walk(engine, "most_voted", 2) == same


# ── cursors that are not for this list ───────────────────────────────────────────────────────


@pytest.fixture
def begun(session) -> str:
    """The cursor of a reader who has seen the first of some comments, oldest first."""
    make.rows(session, 5, parents=(None, None, 0, 0, 0))
    make.rows(session, 2, key="another article")
    cursor = next_page(page(session, limit=1))
    assert cursor is not None
    return cursor


@pytest.mark.parametrize("asked", [{"key": "another article"}, {"sort": "newest"}], ids=str)
def test_a_cursor_of_another_thread_or_sort_is_refused(session, begun, asked):
    with pytest.raises(CommentsError, match="not one that was given here"):
        page(session, after=begun, **asked)


def test_a_cursor_of_the_top_level_is_refused_for_replies_and_the_other_way(session, begun):
    parent = ids(page(session))[0]
    of_replies = next_page(replies(session, parent, limit=1))
    with pytest.raises(CommentsError, match="not one that was given here"):
        replies(session, parent, after=begun)
    with pytest.raises(CommentsError, match="not one that was given here"):
        page(session, after=of_replies)


def test_a_cursor_of_another_parent_is_refused(session, begun):
    one, other = ids(page(session))
    make.post(session, to=other)
    of_one = next_page(replies(session, one, limit=1))
    with pytest.raises(CommentsError, match="not one that was given here"):
        replies(session, other, after=of_one)


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "\0", "=", "a" * 5000])
def test_a_made_up_cursor_is_refused_even_for_a_thread_that_is_not_there(session, begun, cursor):
    for key in (ARTICLE, "nobody wrote here"):
        with pytest.raises(CommentsError, match="not one that was given here"):
            page(session, after=cursor, key=key)


# ── pinned ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("sort", SORTS)
def test_pinned_comments_come_first_and_never_twice(engine, sort, limit):
    with Session(engine) as session:
        make.noise(session)
        made = make.rows(session, 6)
        make.pin(session, made[3])
        session.commit()
    shown = walk(engine, sort, limit)
    assert shown[0] == made[3]
    assert sorted(shown) == made


def test_several_pinned_comments_stand_in_the_order_of_the_page(session):
    made = make.rows(session, 6)
    for at, number in enumerate((4, 1, 3)):
        make.pin(session, made[number], at=at)
    assert ids(page(session, "oldest"))[:3] == [made[1], made[3], made[4]]
    assert ids(page(session, "newest"))[:3] == [made[4], made[3], made[1]]


# ── a chain as deep as people go ─────────────────────────────────────────────────────────────


def test_a_chain_of_2000_replies_posts_reads_and_pages(engine):
    with Session(engine) as session:
        chain = make.rows(session, 1997, parents=(None, *range(1996)))
        for _ in range(3):
            chain.append(make.post(session, to=chain[-1]).id)
        session.commit()
        last = make.fresh(session, chain[-1])
        assert (last.depth, last.root_id) == (1999, chain[0])
        assert make.fresh(session, chain[0]).replies_count == 1999
        assert [row.id for row in threads.ancestors(session, last)] == chain[:-1]
    with statements(engine) as sent:
        assert sorted(walk_everything(engine, "oldest", 25)) == chain
    # Of each page: who the parent is, its thread, the siblings, five levels below.
    assert len(sent) <= 8 * (1 + 2000 / (MAX_NESTING - 1))


def test_the_way_to_the_end_of_a_chain_is_opened_in_one_query(engine):
    with Session(engine) as session:
        chain = make.rows(session, 2000, parents=(None, *range(1999)))
        last = make.fresh(session, chain[-1])
        listing = page(session, start_at=make.fresh(session, chain[0]))
        with statements(engine) as sent:
            threads.open_way_to(session, listing, last)
    assert len(sent) == 1
    node, way = listing.nodes[0], []
    while node:
        way.append(node.row.id)
        node = node.replies[-1] if node.replies else None
    assert way == chain


# ── permalinks ───────────────────────────────────────────────────────────────────────────────


def test_the_ancestors_come_from_the_root_to_the_parent(session):
    make.noise(session)
    one, two, _, three = make.rows(session, 4, parents=(None, 0, 0, 1))
    found = threads.ancestors(session, make.fresh(session, three))
    assert [row.id for row in found] == [one, two]
    assert threads.ancestors(session, make.fresh(session, one)) == []


@pytest.mark.parametrize("id", [0, -1, 999_999, 2**63 - 1, 2**63, 2**70, -(2**70)])
def test_an_id_that_names_no_comment_is_not_found(session, id):
    make.noise(session)
    for look in (threads.get, threads.visible):
        with pytest.raises(CommentsError) as refused:
            look(session, id)
        assert refused.value.code == "no_such_comment"


@pytest.mark.parametrize("status", [Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED])
def test_what_is_not_listed_is_not_visible(session, status):
    comment = make.post(session)
    make.decide(session, comment, status)
    with pytest.raises(CommentsError) as refused:
        threads.visible(session, comment.id)
    assert refused.value.code == "no_such_comment"


@pytest.mark.parametrize("sort", SORTS)
def test_a_page_can_begin_at_a_comment_and_goes_on_behind_it(session, sort):
    made = make.rows(session, 8)
    whole = ids(page(session, sort))
    start = make.fresh(session, made[4])
    place = whole.index(start.id)
    listing = page(session, sort, start_at=start, limit=2)
    after = page(session, sort, after=next_page(listing))
    assert ids(listing) + ids(after) == whole[place:]


def test_the_way_to_a_reply_beyond_the_first_ones_is_opened(session):
    parent, *children = make.rows(session, 40, parents=(None, *[0] * 39))
    wanted = make.post(session, to=children[-1])
    listing = page(session, start_at=make.fresh(session, parent))
    threads.open_way_to(session, listing, wanted)
    node = listing.nodes[0]
    assert below(node) == [*children[:MOST_FIRST_REPLIES], children[-1]]
    assert below(node.replies[-1]) == [wanted.id]
    cursor = threads.next_replies(listing.thread, listing.order, node)
    rest = replies(session, parent, after=cursor.seal(KEYS), limit=100)
    assert ids(rest) == children[MOST_FIRST_REPLIES:]


def test_the_way_to_what_is_shown_already_adds_nothing(session):
    parent, child = make.rows(session, 2, parents=(None, 0))
    listing = page(session)
    threads.open_way_to(session, listing, make.fresh(session, child))
    threads.open_way_to(session, listing, make.fresh(session, parent))
    assert below(listing.nodes[0]) == [child]


def test_a_branch_is_a_comment_with_what_is_below_it(session):
    _, top, child, _, grandchild = make.rows(session, 5, parents=(None, 0, 1, 0, 2))
    thread = threads.find(session, ARTICLE)
    listing = threads.branch(session, make.fresh(session, top), thread, ORDERS["oldest"])
    assert (ids(listing), below(listing.nodes[0])) == ([top], [child])
    assert below(listing.nodes[0].replies[0]) == [grandchild]


def test_a_later_page_of_a_branch_goes_on_where_the_first_one_stopped(session):
    parent, *children = make.rows(session, 16, parents=(None, *[0] * 15))
    thread, top, order = (
        threads.find(session, ARTICLE),
        make.fresh(session, parent),
        ORDERS["oldest"],
    )
    first = threads.branch(session, top, thread, order)
    cursor = threads.next_replies(thread, order, first.nodes[0])
    then = threads.branch_after(session, KEYS, top, thread, order, after=cursor.seal(KEYS), limit=3)
    assert below(then.nodes[0]) == children[MOST_FIRST_REPLIES : MOST_FIRST_REPLIES + 3]
    assert threads.next_replies(thread, order, then.nodes[0]).key[-1] == children[12]


# ── the number of statements ─────────────────────────────────────────────────────────────────

#: A chain deeper than a page nests, and then nineteen comments without an answer.
CHAIN_AMONG_OTHERS = (None, 0, 1, 2, 3, 4, 5, *[None] * 19)
#: A chain and a second reply, again and again: more than a page has room for.
BUSY = (None, 0, 1, 2, 3, 4, 5, 0)


@pytest.mark.parametrize("comments", [10, 1_000, 20_000])
def test_an_uncached_page_takes_eight_statements_however_large_the_thread(engine, comments):
    with Session(engine) as session:
        make.rows(session, comments, parents=CHAIN_AMONG_OTHERS)
        session.commit()
    for sort in SORTS:
        with Session(engine) as session, statements(engine) as sent:
            page(session, sort)
        # The thread, what is pinned, the siblings, and five levels below them.
        assert len(sent) == 8, sort


@pytest.mark.parametrize("limit", [1, 7, 25, 100])
def test_no_page_takes_more_than_eight(engine, limit):
    with Session(engine) as session:
        make.rows(session, 1_000, parents=BUSY)
        for sort in SORTS:
            with statements(engine) as sent:
                page(session, sort, limit=limit)
            assert 3 < len(sent) <= 8


@pytest.mark.parametrize("sort", SORTS)
def test_a_later_page_takes_one_statement_less_whatever_was_voted_meanwhile(engine, sort):
    with Session(engine) as session:
        made = make.rows(session, 260, parents=CHAIN_AMONG_OTHERS)
        after = next_page(page(session, sort, limit=21))
        for comment in made[::10]:
            make.vote(session, comment, by=make.BOB)
        with statements(engine) as sent:
            page(session, sort, limit=21, after=after)
    assert len(sent) == 7


# ── counts and the pulse ─────────────────────────────────────────────────────────────────────


def test_counts_are_told_for_every_key_in_one_statement(engine):
    with Session(engine) as session:
        first = make.post(session)
        make.post(session, to=first)
        make.decide(session, make.post(session), Status.PENDING)
        make.noise(session)
        session.commit()
        with statements(engine) as sent:
            found = threads.counts(session, ["nobody", ARTICLE, ARTICLE])
    assert found == {"nobody": 0, ARTICLE: 2}
    assert len(sent) == 1


def test_counts_of_nothing_are_nothing(session):
    assert threads.counts(session, []) == {}


@pytest.mark.parametrize("keys", [["a"] * 101, ["a", ""], ["a\0"]])
def test_too_many_keys_or_a_wrong_one_are_refused(session, keys):
    with pytest.raises(CommentsError) as refused:
        threads.counts(session, keys)
    assert list(refused.value.errors) == ["thread"]


def test_new_is_what_became_visible_after_a_revision(session):
    first = make.post(session)
    seen = threads.find(session, ARTICLE).revision
    make.post(session, to=first)
    held = make.post(session, settings=make.with_settings(hold="all"))
    make.vote(session, first)
    make.noise(session)
    now = threads.find(session, ARTICLE)
    assert threads.new_since(session, now, seen) == 1

    make.decide(session, held, Status.PUBLISHED)
    now = threads.find(session, ARTICLE)
    assert threads.new_since(session, now, seen) == 2
    assert threads.new_since(session, now, 0) == 3
    assert threads.new_since(session, now, now.revision) == 0


def test_what_was_new_and_is_gone_is_not_counted(session):
    comment = make.post(session)
    make.delete(session, comment)
    assert threads.new_since(session, threads.find(session, ARTICLE), 0) == 0


@pytest.mark.parametrize("revision", [10**6, 2**63, 2**70])
def test_a_revision_from_the_future_has_seen_everything(session, revision):
    make.post(session)
    assert threads.new_since(session, threads.find(session, ARTICLE), revision) == 0


def test_of_a_thread_that_is_not_there_nothing_is_new(session):
    assert threads.new_since(session, threads.find(session, "nobody"), 0) == 0


def test_new_comments_are_counted_up_to_a_thousand(session, monkeypatch):
    monkeypatch.setattr(threads.places, "MAX_NEW", 5)
    make.rows(session, 9)
    assert threads.new_since(session, threads.find(session, ARTICLE), 0) == 5


# ── places ───────────────────────────────────────────────────────────────────────────────────


def test_a_removed_comment_with_replies_keeps_its_place_and_one_without_is_gone(engine):
    with Session(engine) as session:
        one, reply, two = make.rows(session, 3, parents=(None, 0, None))
        for id in (one, two):
            make.decide(session, id, Status.DELETED)
        session.commit()
    assert walk(engine, "oldest", 25) == [one]
    assert walk_replies(engine, one, "oldest", 25) == [reply]


def test_a_place_tells_that_it_is_empty(session):
    one, _ = make.rows(session, 2, parents=(None, 0))
    make.decide(session, one, Status.PENDING)
    node = page(session).nodes[0]
    assert (node.row.status, node.row.replies_count) == (Status.PENDING, 1)


def test_ids_of_rows_are_found_at_once(session):
    made = make.rows(session, 3)
    assert sorted(threads.rows(session, [made[0], made[2], 10**9])) == [made[0], made[2]]


def test_a_lock_gives_the_thread_as_it_is_now(engine):
    with Session(engine) as session, Session(engine) as other:
        first = make.post(session)
        session.commit()
        stale = make.thread(session)
        session.commit()
        make.post(other, to=first.id)
        other.commit()
        assert threads.lock(session, stale.id).count == 2
        session.rollback()


def test_every_comment_of_the_noise_stays_out_of_sight(session):
    make.noise(session)
    made = make.rows(session, 2)
    assert ids(page(session)) == made
    others = session.scalars(select(Comment.id).where(Comment.id.not_in(made))).all()
    assert others

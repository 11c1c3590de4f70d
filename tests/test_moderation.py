"""The one door for visibility, what it moves, and counters held against the rows."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from comments import moderation
from comments.errors import CommentsError
from comments.models import Comment, Decision, Status, Thread, Vote
from tests import factories as make
from tests.factories import ARTICLE, BOB, CAROL, NOON, minutes
from tests.reading import ids, page, replies, wrong_counters

HIDDEN = (Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED)


def listed(session: Session) -> set[int]:
    return set(session.scalars(select(Comment.id).where(Comment.listed)))


def count_of(session: Session, comment) -> int:
    return make.fresh(session, comment).replies_count


def nothing_is_wrong(session: Session) -> bool:
    return wrong_counters(session) == {"threads": [], "comments": []}


@pytest.fixture
def branch(session) -> list[Comment]:
    """A root, a reply, a reply to that, and a second root."""
    root = make.post(session)
    reply = make.post(session, to=root)
    return [root, reply, make.post(session, to=reply), make.post(session)]


# ── tombstones ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", HIDDEN)
def test_a_hidden_comment_without_replies_is_gone(session, branch, status):
    root, reply, last, other = branch
    make.decide(session, last, status)
    assert listed(session) == {root.id, reply.id, other.id}
    assert make.thread(session).count == 3


@pytest.mark.parametrize("status", HIDDEN)
def test_a_hidden_comment_with_replies_is_an_empty_place(session, branch, status):
    root, reply, last, other = branch
    make.decide(session, reply, status)
    assert listed(session) == {root.id, reply.id, last.id, other.id}
    assert (count_of(session, root), count_of(session, reply)) == (1, 1)


def test_a_branch_of_empty_places_disappears_with_its_last_published_comment(session, branch):
    root, reply, last, other = branch
    make.decide(session, root, Status.DELETED)
    make.decide(session, reply, Status.PENDING)
    assert ids(page(session)) == [root.id, other.id]

    make.decide(session, last, Status.SPAM)
    assert listed(session) == {other.id}
    assert ids(page(session)) == [other.id]


def test_the_branch_comes_back_with_one_of_its_comments(session, branch):
    root, reply, last, other = branch
    for comment in (root, reply, last):
        make.decide(session, comment, Status.SPAM)
    make.decide(session, last, Status.PUBLISHED)
    assert listed(session) == {root.id, reply.id, last.id, other.id}
    assert (count_of(session, root), count_of(session, reply)) == (1, 1)
    assert ids(replies(session, root.id)) == [reply.id]


def test_an_empty_place_becomes_a_comment_again(session, branch):
    root, *_ = branch
    make.decide(session, root, Status.PENDING)
    make.decide(session, root, Status.PUBLISHED)
    row = make.fresh(session, root)
    assert (row.status, row.replies_count, row.body) == (Status.PUBLISHED, 2, "Hello")


# ── what a decision moves ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "after", "count", "revision"),
    [
        (Status.PENDING, Status.PUBLISHED, 1, 1),
        (Status.PUBLISHED, Status.SPAM, -1, 1),
        (Status.SPAM, Status.PUBLISHED, 1, 1),
        (Status.PENDING, Status.SPAM, 0, 0),
        (Status.SPAM, Status.REJECTED, 0, 0),
        (Status.PUBLISHED, Status.PUBLISHED, 0, 0),
        (Status.PENDING, Status.PENDING, 0, 0),
    ],
)
def test_count_and_revision_move_only_with_what_readers_see(
    session, before, after, count, revision
):
    make.post(session)
    comment = make.post(session)
    make.decide(session, comment, before)
    was = make.thread(session)
    told = (was.count, was.revision)
    make.decide(session, comment, after)
    now = make.thread(session)
    assert (now.count - told[0], now.revision - told[1]) == (count, revision)


def test_an_empty_place_that_changes_its_kind_is_a_visible_change(session, branch):
    root, *_ = branch
    make.decide(session, root, Status.PENDING)
    before = make.thread(session).revision
    make.decide(session, root, Status.DELETED)
    assert make.thread(session).revision == before + 1


def test_a_decision_is_in_the_log_with_who_when_and_why(session):
    comment = make.post(session)
    moderation.decide(session, comment.id, Status.SPAM, make.action(5, reason="sells shoes"))
    first, last = session.scalars(select(Decision).order_by(Decision.id))
    assert (first.before, first.after, first.actor) == (None, Status.PUBLISHED, "screen")
    assert first.reason == "passed every screen"
    assert (last.before, last.after, last.actor) == (Status.PUBLISHED, Status.SPAM, BOB.id)
    assert (last.reason, last.created_at, last.comment_id) == (
        "sells shoes",
        minutes(5),
        comment.id,
    )


def test_deciding_the_same_again_writes_no_second_line(session):
    comment = make.post(session)
    for _ in range(2):
        make.decide(session, comment, Status.SPAM)
    assert len(session.scalars(select(Decision)).all()) == 2


def test_a_decision_on_nothing_is_refused(session):
    with pytest.raises(CommentsError, match="no such comment"):
        make.decide(session, 999_999, Status.SPAM)


def test_a_moderators_deletion_can_be_undone(session):
    comment = make.post(session)
    make.decide(session, comment, Status.DELETED)
    make.decide(session, comment, Status.PUBLISHED)
    assert make.fresh(session, comment).body == "Hello"


def test_what_its_author_has_erased_cannot_be_published_again(session):
    comment = make.post(session)
    make.delete(session, comment)
    with pytest.raises(CommentsError, match="nothing left"):
        make.decide(session, comment, Status.PUBLISHED)
    assert make.fresh(session, comment).status is Status.DELETED


# ── pinning ──────────────────────────────────────────────────────────────────────────────────


def test_pinning_and_unpinning_are_visible_changes_once_each(session):
    comment = make.post(session)
    for pinned in (True, True, False, False):
        make.pin(session, comment, pinned=pinned)
    assert make.thread(session).revision == 3
    assert make.fresh(session, comment).pinned_at is None


def test_a_reply_or_a_hidden_comment_is_not_pinned(session, branch):
    root, reply, *_ = branch
    make.decide(session, root, Status.PENDING)
    for comment in (root, reply):
        with pytest.raises(CommentsError, match="Only a published top-level comment"):
            make.pin(session, comment)


def test_five_comments_can_be_pinned_in_a_thread(session):
    elsewhere = make.post(session, thread="another article")
    make.pin(session, elsewhere)
    six = [make.post(session) for _ in range(6)]
    for comment in six[:5]:
        make.pin(session, comment)
    with pytest.raises(CommentsError, match="At most 5"):
        make.pin(session, six[5])
    make.pin(session, six[0])  # it is pinned already
    make.pin(session, six[0], pinned=False)
    make.pin(session, six[5])


@pytest.mark.parametrize("status", HIDDEN)
def test_hiding_a_comment_unpins_it_for_good(session, status):
    comment = make.post(session)
    make.post(session, to=comment)
    make.pin(session, comment)
    make.decide(session, comment, status)
    make.decide(session, comment, Status.PUBLISHED)
    assert make.fresh(session, comment).pinned_at is None


# ── counters against the rows ────────────────────────────────────────────────────────────────


def test_of_a_sound_database_nothing_is_wrong(session, branch):
    make.noise(session)
    make.decide(session, branch[1], Status.SPAM)
    make.vote(session, branch[0], -1)
    assert nothing_is_wrong(session)


@pytest.mark.parametrize("column", ["up", "down", "score", "replies_count"])
def test_a_wrong_counter_of_a_comment_is_found(session, branch, column):
    session.execute(update(Comment).where(Comment.id == branch[0].id).values({column: 7}))
    should = 2 if column == "replies_count" else 0
    assert wrong_counters(session) == {
        "threads": [],
        "comments": [(branch[0].id, column, 7, should)],
    }


@pytest.mark.parametrize("key", [ARTICLE, "empty"])
def test_a_wrong_count_of_a_thread_is_found(session, branch, key):
    session.add(Thread(key="empty", created_at=NOON))
    session.flush()
    session.execute(update(Thread).where(Thread.key == key).values(count=9))
    should = 4 if key == ARTICLE else 0
    assert wrong_counters(session)["threads"] == [(key, 9, should)]


def test_a_vote_that_was_lost_is_found(session, branch):
    make.vote(session, branch[0], by=CAROL)
    session.delete(session.get_one(Vote, (branch[0].id, CAROL.id)))
    session.flush()
    wrong = wrong_counters(session)["comments"]
    assert {(column, is_, should) for _, column, is_, should in wrong} == {
        ("up", 1, 0),
        ("score", 1, 0),
        ("vote_rank", -1, 0),
    }


acts = st.tuples(st.sampled_from(["reply", "post", *Status, "vote"]), st.integers(0, 99))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(acts, max_size=25))
def test_after_any_history_counters_and_places_are_what_the_rows_say(session, history):
    made = [make.post(session).id]
    for act, pick in history:
        it = made[pick % len(made)]
        try:
            if act in ("post", "reply"):
                made.append(make.post(session, to=it if act == "reply" else None).id)
            elif act == "vote":
                make.vote(session, it, pick % 3 - 1, by=make.stranger())
            else:
                make.decide(session, it, act)
        except CommentsError:
            continue
    assert nothing_is_wrong(session)
    assert listed(session) == _with_published_below(session)
    session.rollback()


def _with_published_below(session: Session) -> set[int]:
    """Counted anew: the published comments and all that stand above one."""
    found: set[int] = set()
    published = select(Comment).where(Comment.status == Status.PUBLISHED)
    for comment in session.scalars(published):
        found |= {comment.id, *comment.ancestor_ids}
    return found

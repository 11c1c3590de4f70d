"""What everybody sees differently in a thread since a revision of it."""

import pytest

from comments import moderation, posting, threads
from comments.models import Status
from comments.threads import MOST_LATEST, MOST_NEWS, News
from tests import factories as make
from tests.factories import ALICE, ARTICLE, CAROL, NOON, SETTINGS


def news(session, since, key=ARTICLE):
    session.flush()
    return threads.news(session, threads.find(session, key), since)


def ids(rows):
    return [row.id for row in rows]


def revision(session, key=ARTICLE):
    return make.thread(session, key).revision


def told(found: News):
    """Who came, changed and went."""
    return ids(found.came), ids(found.changed), list(found.gone)


@pytest.fixture
def seen(session):
    """A comment with a reply, a lonely one, and the revision that a reader knows."""
    make.noise(session)
    first = make.post(session)
    reply = make.post(session, CAROL, to=first, name="Carol")
    lonely = make.post(session)
    return first, reply, lonely, revision(session)


def test_nothing_has_happened(session, seen):
    assert told(news(session, seen[3])) == ([], [], [])


def test_nobody_has_written(session):
    assert news(session, 0, "nothing here") == News()


def test_what_came_comes_in_the_order_in_which_it_did(session, seen):
    new = make.post(session)
    below = make.post(session, CAROL, to=new, name="Carol")
    deep = make.post(session, CAROL, to=below, name="Carol")
    found = news(session, seen[3])
    assert told(found) == ([new.id, below.id, deep.id], [], [])
    assert found.parents[below.id].author_name == "Carol"


def test_an_edit_is_a_change(session, seen):
    posting.edit(session, ALICE, seen[0].id, "In other words", settings=SETTINGS, now=NOON)
    found = news(session, seen[3])
    assert told(found) == ([], [seen[0].id], [])
    assert "In other words" in found.changed[0].html


def test_a_pin_is_a_change_and_a_vote_is_none(session, seen):
    make.vote(session, seen[0], by=CAROL)
    assert told(news(session, seen[3])) == ([], [], [])
    make.pin(session, seen[0])
    assert told(news(session, seen[3])) == ([], [seen[0].id], [])


@pytest.mark.parametrize("many", [False, True], ids=["one", "many at once"])
def test_what_is_removed_is_gone_or_an_empty_place(session, seen, many):
    first, reply, lonely, known = seen

    def remove(comment):
        if many:
            moderation.set_status_of_many(session, [comment.id], Status.SPAM, make.action())
        else:
            make.decide(session, comment, Status.SPAM)

    remove(first)
    remove(lonely)
    assert told(news(session, known)) == ([], [first.id], [lonely.id])
    # With its last reply an empty place goes as well.
    remove(reply)
    found = news(session, known)
    assert (ids(found.changed), sorted(found.gone)) == ([], [first.id, reply.id, lonely.id])


def test_an_empty_place_comes_back_with_a_reply(session, seen):
    first, reply, _lonely, _known = seen
    for comment in (first, reply):
        make.decide(session, comment, Status.SPAM)
    known = revision(session)
    make.decide(session, reply, Status.PUBLISHED)
    assert told(news(session, known)) == ([reply.id], [first.id], [])


def test_what_comes_back_is_new(session, seen):
    make.decide(session, seen[2], Status.SPAM)
    make.decide(session, seen[2], Status.PUBLISHED)
    assert told(news(session, seen[3])) == ([seen[2].id], [], [])


def test_what_was_never_there_does_not_go(session, seen):
    waiting = make.post(session, CAROL, name="Carol", settings=make.with_settings(hold="all"))
    make.decide(session, waiting, Status.REJECTED)
    moderation.set_status_of_many(session, [waiting.id], Status.SPAM, make.action())
    assert told(news(session, seen[3])) == ([], [], [])


def test_the_latest_are_told_with_when_they_came(session, seen):
    first, reply, lonely, known = seen
    make.decide(session, reply, Status.SPAM)
    assert news(session, known).latest == [
        (lonely.id, lonely.published_revision),
        (first.id, first.published_revision),
    ]


def test_an_answer_is_bounded(session):
    make.rows(session, 3 * MOST_LATEST)
    found = news(session, 0)
    assert (len(found.came), found.complete) == (MOST_NEWS, False)
    assert len(found.latest) == MOST_LATEST


def test_an_answer_with_too_many_changes_says_so(session):
    made = make.rows(session, MOST_NEWS + 1)
    known = revision(session)
    moderation.set_status_of_many(session, made, Status.SPAM, make.action())
    found = news(session, known)
    assert (len(found.gone), found.complete) == (MOST_NEWS, False)


def test_a_thread_that_was_merged_is_new_to_its_readers(session):
    make.post(session)
    there = make.post(session, ALICE, thread="another article")
    known = revision(session, "another article")
    moderation.merge(
        session, make.thread(session).id, make.thread(session, "another article").id, make.action()
    )
    found = news(session, known, "another article")
    assert there.id not in ids(found.came)
    assert len(found.came) == 1

"""The demo thread has the shape of a real one."""

import pytest
from sqlalchemy import select

from comments import demo, demo_queue, threads
from comments.config import Settings
from comments.demo import SCRIPT, THREAD
from comments.models import AuthorKind, Comment, Status
from tests import factories as make
from tests.factories import NOON, SETTINGS
from tests.reading import below, page, wrong_counters


@pytest.fixture
def comments(session) -> list[Comment]:
    """The demo's comments in the order of the script, posted under the strictest settings."""
    make.noise(session)
    strict = Settings(hold="all", edit_minutes=0, guest_votes_per_address=1)
    demo.seed(session, strict, now=NOON, url="https://comments.example/")
    of_demo = Comment.thread_id == make.thread(session, THREAD).id
    return list(session.scalars(select(Comment).where(of_demo).order_by(Comment.id)))


def test_every_line_of_the_script_is_posted(session, comments):
    names = ["" if line.removed else line.name for line in SCRIPT]
    assert [row.author_name for row in comments] == names
    thread = make.thread(session, THREAD)
    assert (thread.title, thread.url) == (demo.TITLE, "https://comments.example/")


def test_it_has_about_ten_comments_and_one_that_was_removed_with_replies(session, comments):
    assert make.thread(session, THREAD).count == 10
    removed = [row for row in comments if row.status is Status.DELETED]
    assert [(row.body, row.html, row.replies_count > 0) for row in removed] == [("", "", True)]


def test_it_has_replies_to_replies_and_a_moderator(comments):
    assert {row.depth for row in comments} >= {0, 1, 2}
    assert AuthorKind.MODERATOR in {row.author_kind for row in comments}


def test_it_has_one_long_text_several_short_ones_links_emoji_and_other_scripts(comments):
    bodies = [row.body for row in comments]
    assert sum(len(body) > 500 for body in bodies) == 1
    assert sum(len(body) < 200 for body in bodies) > 5
    assert any("href=" in row.html for row in comments)
    everything = "".join(bodies)
    for first, last in ("\u0600\u06ff", "\u4e00\u9fff", "\U0001f300\U0001faff"):
        assert any(first <= character <= last for character in everything)


def test_it_is_some_minutes_old_and_votes_are_what_the_script_says(comments):
    assert (NOON - max(row.created_at for row in comments)).total_seconds() == 20 * 60
    assert [(row.up, row.down) for row in comments] == [(line.up, line.down) for line in SCRIPT]


def test_its_numbers_are_sound_and_it_reads_as_a_thread(session, comments):
    assert wrong_counters(session) == {"threads": [], "comments": []}
    listing = page(session, key=THREAD)
    assert any(below(node) for node in listing.nodes)
    assert threads.counts(session, [THREAD]) == {THREAD: 10}


def test_it_is_there_once_it_was_played(session):
    assert not demo.is_there(session)
    demo.seed(session, Settings(), now=NOON)
    assert demo.is_there(session)


# ── a queue to try ───────────────────────────────────────────────────────────────────────────


def test_the_queue_holds_what_was_asked_for_and_nobody_repeats_themselves(session):
    demo_queue.seed(session, SETTINGS, 50, now=NOON)
    found = session.scalars(select(Comment)).all()
    assert len(found) == len({comment.body for comment in found}) == 50
    assert all(comment.status_reason for comment in found)
    states = {comment.status for comment in found}
    assert states == {Status.PENDING, Status.PUBLISHED, Status.SPAM}
    assert any(comment.open_reports for comment in found)
    assert wrong_counters(session) == {"threads": [], "comments": []}


def test_a_longer_queue_numbers_who_comes_back(session):
    demo_queue.seed(session, SETTINGS, 4 * len(demo_queue.KINDS) + 1, now=NOON)
    last = session.scalars(select(Comment).order_by(Comment.id.desc())).first()
    assert last.body.endswith("(2)")

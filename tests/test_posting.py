"""Posting, editing, deleting and reporting: what a visitor does."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments import moderation, posting, signals, text
from comments.errors import CommentsError
from comments.models import AuthorKind, Comment, Decision, Report, ReservedName, Status, Submission
from comments.upkeep import KEEP_SUBMISSIONS
from tests import factories as make
from tests.factories import (
    ALICE,
    ARTICLE,
    BOB,
    CAROL,
    KEYS,
    NOON,
    SETTINGS,
    minutes,
    with_settings,
)

HOLD_ALL = with_settings(hold="all")


def refusal(act, *args, **more) -> CommentsError:
    """What *act* is refused with."""
    with pytest.raises(CommentsError) as refused:
        act(*args, **more)
    return refused.value


def count(session: Session, model) -> int:
    return session.execute(select(func.count()).select_from(model)).scalar_one()


# ── posting ──────────────────────────────────────────────────────────────────────────────────


def test_a_comment_is_stored_as_it_was_written_and_as_it_is_shown(session):
    make.noise(session)
    comment = make.post(session, body="Hello *you*", website="https://alice.example/")
    row = make.fresh(session, comment)
    assert (row.body, row.html) == ("Hello *you*", text.render("Hello *you*"))
    assert (row.author_id, row.author_kind) == (ALICE.id, AuthorKind.GUEST)
    assert (row.author_name, row.author_website) == ("Alice", "https://alice.example/")
    assert (row.created_at, row.edited_at) == (NOON, None)
    assert row.renderer_version == text.RENDERER_VERSION


def test_a_top_level_comment_has_no_parent_and_no_path(session):
    comment = make.post(session)
    assert (comment.parent_id, comment.root_id, comment.depth, comment.path) == (None, None, 0, "")


def test_a_reply_knows_its_parent_its_root_and_the_way_between(session):
    root = make.post(session)
    middle = make.post(session, to=root)
    reply = make.post(session, CAROL, to=middle)
    assert (reply.parent_id, reply.root_id, reply.depth) == (middle.id, root.id, 2)
    assert reply.ancestor_ids == [root.id, middle.id]


def test_a_published_comment_counts_in_its_thread_and_in_all_above_it(session):
    root = make.post(session)
    reply = make.post(session, to=make.post(session, to=root))
    thread = make.thread(session)
    assert (thread.count, thread.revision) == (3, 3)
    above = [make.fresh(session, id).replies_count for id in reply.ancestor_ids]
    assert above == [2, 1]
    assert make.fresh(session, reply).published_revision == 3


def test_a_waiting_comment_counts_nowhere_and_changes_nothing_visible(session):
    root = make.post(session)
    waiting = make.post(session, CAROL, to=root, settings=HOLD_ALL)
    thread = make.thread(session)
    assert (waiting.status, waiting.listed) == (Status.PENDING, False)
    assert (thread.count, thread.revision) == (1, 1)
    assert make.fresh(session, root).replies_count == 0


def test_somebody_signed_in_is_shown_as_the_host_knows_them(session):
    dora = make.member("Dora", website="https://dora.example", avatar="/dora.png")
    comment = make.post(session, dora, name="Somebody else", website="https://x.example")
    assert (comment.author_id, comment.author_name) == ("host:dora", "Dora")
    assert comment.author_website == "https://dora.example"
    assert (comment.author_avatar, comment.author_kind) == ("/dora.png", AuthorKind.USER)


def test_a_guest_without_a_name_is_asked_for_one(session):
    assert list(refusal(make.post, session, name="").errors) == ["name"]


@pytest.mark.parametrize("body", ["\u200b", "***", "&nbsp;", "# ", "> ", "- "], ids=repr)
def test_a_text_of_which_nothing_would_show_is_refused(session, body):
    assert list(refusal(make.post, session, body=body).errors) == ["body"]
    assert count(session, Comment) == 0


def test_a_closed_thread_takes_comments_of_moderators_only(session):
    first = make.post(session)
    moderation.close(session, first.thread_id, make.action(), closed=True)
    assert refusal(make.post, session).code == "closed"
    assert refusal(make.post, session, make.member("Dora")).code == "closed"
    assert make.post(session, BOB).status is Status.PUBLISHED


def test_a_thread_can_be_opened_again(session):
    first = make.post(session)
    for closed in (True, True, False):
        moderation.close(session, first.thread_id, make.action(), closed=closed)
    assert make.post(session).status is Status.PUBLISHED
    assert make.thread(session).revision == 4


# ── the parent ───────────────────────────────────────────────────────────────────────────────


def test_a_parent_that_was_never_there_is_gone(session):
    assert refusal(make.post, session, to=999_999).code == "parent_gone"


@pytest.mark.parametrize("status", [Status.PENDING, Status.SPAM, Status.REJECTED, Status.DELETED])
def test_a_parent_that_is_not_published_is_gone_even_where_it_keeps_its_place(session, status):
    parent = make.post(session)
    make.post(session, to=parent)
    make.decide(session, parent, status)
    error = refusal(make.post, session, to=parent)
    assert (error.code, error.problem.status) == ("parent_gone", 409)


def test_a_parent_in_another_thread_is_a_wrong_field(session):
    elsewhere = make.post(session, thread="another article")
    error = refusal(make.post, session, to=elsewhere)
    assert (error.code, list(error.errors)) == ("invalid", ["parent"])


# ── the same again ───────────────────────────────────────────────────────────────────────────


def post_with_key(session: Session, **more) -> posting.Posted:
    author, now = more.pop("author", ALICE), more.pop("now", NOON)
    key = posting.idempotency_hash(KEYS, author.id, "a key of the client")
    return posting.post(
        session,
        author,
        make.draft(**more),
        settings=SETTINGS,
        now=now,
        idempotency_hash=key,
    )


def test_the_same_key_gives_back_the_first_comment_and_stores_nothing_twice(session):
    first = post_with_key(session)
    again = post_with_key(session, now=NOON + KEEP_SUBMISSIONS)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.comment.id == first.comment.id
    assert (count(session, Comment), make.thread(session).count) == (1, 1)


@pytest.mark.parametrize(
    "change", [{"body": "Another"}, {"thread": "elsewhere"}, {"name": "A."}, {"parent": 1}], ids=str
)
def test_the_same_key_with_anything_else_is_refused(session, change):
    post_with_key(session)
    error = refusal(post_with_key, session, **change)
    assert (error.code, error.problem.status) == ("key_reused", 422)


def test_the_same_key_of_somebody_else_is_another_key(session):
    first = post_with_key(session)
    other = post_with_key(session, author=CAROL)
    assert (other.repeated, other.comment.id != first.comment.id) == (False, True)


def test_a_key_is_forgotten_after_a_day(session):
    first = post_with_key(session)
    later = NOON + KEEP_SUBMISSIONS + timedelta(seconds=1)
    again = post_with_key(session, now=later, body="Another")
    assert (again.repeated, again.comment.id != first.comment.id) == (False, True)
    assert post_with_key(session, now=later, body="Another").repeated


def test_a_refused_comment_leaves_its_key_free(engine):
    with Session(engine) as session:
        make.post(session, BOB)
        refusal(post_with_key, session, name="Bob")
        session.rollback()
        assert count(session, Submission) == 0
        assert not post_with_key(session).repeated


def test_a_repeated_comment_comes_back_as_it_is_now(session):
    first = post_with_key(session).comment
    make.decide(session, first, Status.SPAM)
    again = post_with_key(session)
    assert (again.comment.id, again.comment.status) == (first.id, Status.SPAM)


def test_a_key_that_was_used_within_a_day_is_known(session):
    key = posting.idempotency_hash(KEYS, ALICE.id, "a key of the client")
    just_late = NOON + KEEP_SUBMISSIONS + timedelta(seconds=1)
    assert not posting.is_repeated(session, key, make.draft(), now=NOON)
    post_with_key(session)
    assert posting.is_repeated(session, key, make.draft(), now=NOON + KEEP_SUBMISSIONS)
    assert not posting.is_repeated(session, key, make.draft(), now=just_late)


def test_a_known_key_with_another_text_is_no_repeat(session):
    """It would be a way around the limits."""
    key = posting.idempotency_hash(KEYS, ALICE.id, "a key of the client")
    post_with_key(session)
    assert not posting.is_repeated(session, key, make.draft(body="Another"), now=NOON)


# ── names that belong to somebody ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    ["admin", "Admin", "ADMIN", "Аdmin", "adm1n", "a d m i n", "ad.min", "ɑdmin", "ＡＤＭＩＮ"],
)
def test_a_guest_may_not_use_a_reserved_name_or_one_that_looks_like_it(session, name):
    error = refusal(make.post, session, name=name)
    assert (error.code, list(error.errors)) == ("name_reserved", ["name"])
    assert count(session, Comment) == 0


def test_which_names_are_reserved_is_a_setting(session):
    settings = with_settings(reserved_names=("The Editors",))
    assert refusal(make.post, session, name="the editors", settings=settings).code == (
        "name_reserved"
    )
    assert make.post(session, name="admin", settings=settings).author_name == "admin"


@pytest.mark.parametrize("name", ["Bob", "bob", "ВOB", "B0b", "B o b", "Bób"])
def test_from_a_moderators_first_comment_on_no_guest_looks_like_them(session, name):
    assert make.post(session, name=name).author_name == name
    make.post(session, BOB)
    assert refusal(make.post, session, name=name).code == "name_reserved"
    assert make.post(session, name="Bobby").author_name == "Bobby"


def test_people_who_are_signed_in_keep_their_names(session):
    make.post(session, BOB)
    assert make.post(session, make.member("Admin")).author_name == "Admin"
    assert make.post(session, make.member("bob ")).author_name == "bob"


def test_a_moderator_reserves_a_name_once(session):
    make.post(session, BOB)
    make.post(session, BOB)
    assert session.scalars(select(ReservedName.author_id)).all() == [BOB.id]


# ── editing ──────────────────────────────────────────────────────────────────────────────────


def edit(session: Session, comment: Comment, body: str = "Better", **more) -> Comment:
    author, now = more.pop("author", ALICE), more.pop("now", minutes(1))
    settings = more.pop("settings", SETTINGS)
    return posting.edit(session, author, comment.id, body, settings=settings, now=now)


def test_an_edit_replaces_the_text_and_is_marked(session):
    edited = edit(session, make.post(session))
    row = make.fresh(session, edited)
    assert (row.body, row.html) == ("Better", text.render("Better"))
    assert (row.edited_at, row.created_at) == (minutes(1), NOON)


def test_an_edit_is_a_visible_change_that_counts_nothing(session):
    comment = make.post(session)
    edit(session, comment)
    thread = make.thread(session)
    assert (thread.count, thread.revision) == (1, 2)
    assert make.fresh(session, comment).published_revision == 1


def test_editing_what_waits_shows_nothing_and_lets_it_wait(session):
    comment = make.post(session, settings=HOLD_ALL)
    assert edit(session, comment).status is Status.PENDING
    assert make.thread(session).revision == 0


def test_an_edited_text_passes_the_screens_again(session):
    settings = with_settings(hold="links")
    comment = make.post(session, settings=settings)
    edited = edit(session, comment, "Buy at https://spam.example", settings=settings)
    thread = make.thread(session)
    assert (edited.status, edited.listed) == (Status.PENDING, False)
    assert (thread.count, thread.revision) == (0, 2)


def test_a_guests_only_comment_waits_again_when_its_text_changes(session):
    """Or it could be approved as one thing and become another."""
    settings = with_settings(hold="first")
    comment = make.post(session, settings=settings)
    make.decide(session, comment, Status.PUBLISHED)
    assert edit(session, comment, settings=settings).status is Status.PENDING
    second = make.post(session, settings=settings)
    make.decide(session, second, Status.PUBLISHED)
    make.decide(session, comment, Status.PUBLISHED)
    assert edit(session, second, settings=settings).status is Status.PUBLISHED


@pytest.mark.parametrize(
    ("author", "minute", "code"),
    [(CAROL, 1, "not_yours"), (BOB, 1, "not_yours"), (ALICE, 15, "too_late")],
)
def test_an_edit_by_others_or_too_late_is_refused(session, author, minute, code):
    comment = make.post(session)
    error = refusal(edit, session, comment, author=author, now=minutes(minute))
    assert (error.code, error.problem.status) == (code, 403)
    assert make.fresh(session, comment).body == "Hello"


def test_an_edit_to_nothing_is_refused(session):
    comment = make.post(session)
    assert list(refusal(edit, session, comment, "***").errors) == ["body"]


def test_what_does_not_exist_can_be_neither_edited_nor_deleted(session):
    missing = Comment(id=999_999)
    assert refusal(edit, session, missing).code == "no_such_comment"
    assert refusal(make.delete, session, missing).code == "no_such_comment"


# ── deleting ─────────────────────────────────────────────────────────────────────────────────


def test_deleting_erases_the_text_and_what_showed_the_author(session):
    comment = make.post(session, website="https://alice.example/")
    make.delete(session, comment)
    row = make.fresh(session, comment)
    assert (row.status, row.body, row.html) == (Status.DELETED, "", "")
    assert (row.author_website, row.author_avatar) == (None, None)
    assert make.thread(session).count == 0


def test_a_deleted_comment_with_replies_keeps_its_place(session):
    comment = make.post(session)
    reply = make.post(session, CAROL, to=comment)
    make.delete(session, comment)
    assert make.fresh(session, comment).listed
    assert make.fresh(session, reply).listed


def test_deleting_is_in_the_log_under_the_authors_name(session):
    comment = make.post(session)
    make.delete(session, comment)
    last = session.scalars(select(Decision).order_by(Decision.id.desc())).first()
    assert (last.before, last.after, last.actor) == (Status.PUBLISHED, Status.DELETED, ALICE.id)


@pytest.mark.parametrize(
    ("author", "minute", "code"),
    [(CAROL, 1, "not_yours"), (BOB, 1, "not_yours"), (ALICE, 15, "too_late")],
)
def test_deleting_by_others_or_too_late_is_refused(session, author, minute, code):
    comment = make.post(session)
    error = refusal(
        posting.delete, session, author, comment.id, settings=SETTINGS, now=minutes(minute)
    )
    assert error.code == code
    assert make.fresh(session, comment).body == "Hello"


def test_what_is_deleted_is_gone_for_its_author_too(session):
    comment = make.post(session)
    make.delete(session, comment)
    assert refusal(make.delete, session, comment).code == "no_such_comment"
    assert refusal(edit, session, comment).code == "no_such_comment"


def test_what_waits_can_be_taken_back(session):
    comment = make.post(session, settings=HOLD_ALL)
    make.delete(session, comment)
    assert (make.fresh(session, comment).status, make.thread(session).revision) == (
        Status.DELETED,
        0,
    )


# ── reports ──────────────────────────────────────────────────────────────────────────────────


def report(session: Session, comment: Comment, reason: str = "spam", by=CAROL) -> None:
    posting.report(session, by, comment.id, reason, "a note", settings=SETTINGS, now=NOON)


def test_a_report_is_kept_once_for_each_reader_and_changes_nothing_visible(session):
    make.noise(session)
    comment = make.post(session)
    for reader in (CAROL, CAROL, BOB):
        report(session, comment, by=reader)
    kept = session.execute(select(Report.reporter_id, Report.reason, Report.note))
    assert [tuple(row) for row in kept] == [
        (CAROL.id, "spam", "a note"),
        (BOB.id, "spam", "a note"),
    ]
    assert make.thread(session).revision == 1


@pytest.mark.parametrize("status", [Status.PENDING, Status.DELETED])
def test_what_is_not_published_cannot_be_reported_even_in_its_place(session, status):
    comment = make.post(session)
    make.post(session, to=comment)
    make.decide(session, comment, status)
    assert refusal(report, session, comment).code == "no_such_comment"


# ── what a host hears ────────────────────────────────────────────────────────────────────────


@pytest.fixture
def heard():
    """The signals that were sent: (name, comment's id)."""
    told: list[tuple[str, int]] = []
    with ExitStack() as listening:
        for name in ("comment_posted", "comment_edited", "comment_voted", "comment_reported"):
            listening.enter_context(_heard(name, told))
        listening.enter_context(_heard("status_changed", told))
        yield told


def _heard(name: str, told: list[tuple[str, int]]):
    def listen(_sender, *, comment_id, **_facts):
        told.append((name, comment_id))

    return getattr(signals, name).connected_to(listen)


def test_a_host_hears_of_everything_after_the_commit_and_once(session, heard):
    comment = make.post(session)
    make.vote(session, comment)
    report(session, comment)
    edit(session, comment)
    assert heard == []
    session.commit()
    for _ in range(2):
        signals.send_waiting(session, sender=None)
    assert heard == [
        ("status_changed", comment.id),
        ("comment_posted", comment.id),
        ("comment_voted", comment.id),
        ("comment_reported", comment.id),
        ("comment_edited", comment.id),
    ]


def test_a_host_does_not_hear_of_what_was_rolled_back(session, heard):
    make.post(session)
    session.rollback()
    signals.forget(session)
    signals.send_waiting(session, sender=None)
    assert heard == []


def test_the_thread_of_the_noise_stays_as_it_was(session):
    before = make.noise(session)
    told = (before.count, before.revision)
    comment = make.post(session)
    make.delete(session, comment)
    after = make.thread(session, before.key)
    assert (after.count, after.revision) == told
    assert make.thread(session, ARTICLE).count == 0


# ── what strangers name ──────────────────────────────────────────────────────────────────────


def test_a_comment_that_waits_does_not_name_the_thread(session):
    facts = {"thread_url": "https://blog.example/a", "thread_title": "Buy this"}
    waiting = make.post(session, settings=with_settings(hold="all"), **facts)
    found = make.thread(session)
    assert (waiting.status, found.url, found.title) == (Status.PENDING, None, None)

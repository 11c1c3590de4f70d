"""Who is writing, and who may change what."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments import identity
from comments.errors import CommentsError
from comments.identity import (
    TOKEN_LIFETIME,
    Author,
    Identity,
    from_identity,
    known_guest,
    new_guest,
)
from comments.keys import Keys
from comments.models import NAME_LENGTH, URL_LENGTH, AuthorKind, Comment, Status
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, KEYS, NOON, SETTINGS, member, with_settings

# ── signed in ────────────────────────────────────────────────────────────────────────────────


def test_a_signed_in_person_is_known_by_the_hosts_id_and_shown_by_name():
    author = from_identity(Identity(id=42, name="Dora"))
    assert (author.id, author.kind, author.name) == ("host:42", AuthorKind.USER, "Dora")
    assert not author.is_guest
    assert not author.is_moderator


def test_a_moderator_is_one_because_the_host_says_so():
    author = from_identity(Identity(id="b", name="Bob", is_moderator=True))
    assert author.kind is AuthorKind.MODERATOR
    assert author.is_moderator


def test_people_of_another_realm_are_other_people():
    assert from_identity(Identity(id=42, name="Dora"), realm="github").id == "github:42"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Dora\n Q. ", "Dora Q."),
        ("D\u202eora\0", "Dora"),
        ("x" * 300, "x" * NAME_LENGTH),
        ("", "42"),
        ("\u200b", "42"),
    ],
    ids=repr,
)
def test_a_hosts_name_is_cleaned_as_a_guests_is(name, shown):
    assert from_identity(Identity(id=42, name=name)).name == shown


@pytest.mark.parametrize(
    ("website", "kept"),
    [
        ("https://dora.example/a", "https://dora.example/a"),
        ("javascript:alert(1)", None),
        ("mailto:dora@example.org", None),
        ("https://dora.example/" + "a" * URL_LENGTH, None),
        ("", None),
        (None, None),
    ],
    ids=repr,
)
def test_a_hosts_website_is_a_web_address_or_nothing(website, kept):
    assert member("Dora", website=website).website == kept


@pytest.mark.parametrize(
    ("avatar", "kept"),
    [
        ("https://pictures.example/42.png", "https://pictures.example/42.png"),
        ("/static/42.png", "/static/42.png"),
        ("//pictures.example/42.png", None),
        ("/\\pictures.example/42.png", None),
        ("/static/\n42.png", None),
        ("javascript:alert(1)", None),
        ("data:image/svg+xml,<svg/>", None),
        ("/" + "a" * URL_LENGTH, None),
        (None, None),
    ],
    ids=repr,
)
def test_a_hosts_picture_lies_on_the_web_or_on_the_host(avatar, kept):
    assert member("Dora", avatar=avatar).avatar == kept


# ── guests ───────────────────────────────────────────────────────────────────────────────────


def test_a_new_guest_gets_a_token_that_makes_them_known_again():
    guest = new_guest(KEYS, address="a network", now=NOON)
    again = known_guest(KEYS, guest.new_token, address="another", now=NOON)
    assert (again.id, again.address, again.new_token) == (guest.id, "another", None)
    assert again.is_guest


def test_two_new_guests_are_two():
    assert len({new_guest(KEYS, address=None, now=NOON).id for _ in range(100)}) == 100


@pytest.mark.parametrize("after", [timedelta(), TOKEN_LIFETIME])
def test_a_token_is_good_for_its_lifetime(after):
    token = identity.mint(KEYS, "alice", NOON)
    assert known_guest(KEYS, token, address=None, now=NOON + after).id == "guest:alice"


def test_a_token_past_its_lifetime_is_refused():
    token = identity.mint(KEYS, "alice", NOON)
    with pytest.raises(CommentsError) as refused:
        known_guest(KEYS, token, address=None, now=NOON + TOKEN_LIFETIME + timedelta(seconds=1))
    assert (refused.value.code, refused.value.problem.status) == ("token_invalid", 401)


@given(st.text())
def test_a_made_up_token_is_refused(token):
    with pytest.raises(CommentsError, match="not made here"):
        known_guest(KEYS, token, address=None, now=NOON)


def test_a_token_of_another_secret_or_purpose_is_refused():
    stranger = identity.mint(Keys("another secret"), "alice", NOON)
    cursor = KEYS.seal("cursor", b"alice.1800000000")
    for token in (stranger, cursor):
        with pytest.raises(CommentsError, match="not made here"):
            known_guest(KEYS, token, address=None, now=NOON)


# ── badges ───────────────────────────────────────────────────────────────────────────────────


def test_a_badge_is_six_hex_digits_of_one_author_in_one_thread():
    badge = identity.badge(KEYS, ALICE.id, 1)
    assert len(badge) == 6
    assert int(badge, 16) >= 0
    assert badge == identity.badge(KEYS, ALICE.id, 1)


def test_a_badge_tells_guests_apart_and_cannot_be_followed_elsewhere():
    badges = {
        identity.badge(keys, author, thread)
        for keys in (KEYS, Keys("another secret"))
        for author in (ALICE.id, CAROL.id)
        for thread in (1, 2)
    }
    assert len(badges) == 8


# ── rights ───────────────────────────────────────────────────────────────────────────────────


def comment_of(author: Author, status: Status = Status.PUBLISHED, listed: bool = True) -> Comment:
    return Comment(author_id=author.id, status=status, listed=listed, created_at=NOON)


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.PENDING])
def test_the_author_may_change_a_comment_until_the_window_closes(status):
    comment = comment_of(ALICE, status)
    last_moment = identity.editable_until(comment, SETTINGS) - timedelta(microseconds=1)
    assert last_moment > make.minutes(14)
    identity.check_can_change(ALICE, comment, SETTINGS, last_moment)


@pytest.mark.parametrize(
    ("author", "comment", "minute", "code"),
    [
        (ALICE, comment_of(ALICE), 15, "too_late"),
        (CAROL, comment_of(ALICE), 0, "not_yours"),
        (BOB, comment_of(ALICE), 0, "not_yours"),
        (CAROL, comment_of(ALICE), 15, "not_yours"),
        (CAROL, comment_of(ALICE, Status.PENDING, listed=False), 0, "no_such_comment"),
        (ALICE, comment_of(ALICE, Status.DELETED), 0, "no_such_comment"),
        (ALICE, comment_of(ALICE, Status.SPAM, listed=False), 0, "no_such_comment"),
        (ALICE, comment_of(ALICE, Status.REJECTED, listed=False), 0, "no_such_comment"),
    ],
)
def test_everyone_else_and_every_other_time_is_refused(author, comment, minute, code):
    with pytest.raises(CommentsError) as refused:
        identity.check_can_change(author, comment, SETTINGS, make.minutes(minute))
    assert refused.value.code == code


def test_without_a_window_nothing_can_be_changed():
    with pytest.raises(CommentsError, match="over"):
        identity.check_can_change(ALICE, comment_of(ALICE), with_settings(edit_minutes=0), NOON)


@pytest.mark.parametrize(
    ("author", "closed", "comment", "moderate"),
    [
        (None, False, True, False),
        (ALICE, False, True, False),
        (ALICE, True, False, False),
        (None, True, False, False),
        (BOB, True, True, True),
    ],
)
def test_the_page_is_told_what_its_reader_may_do(author, closed, comment, moderate):
    rights = identity.rights(author, SETTINGS, closed=closed)
    assert (rights["comment"], rights["moderate"]) == (comment, moderate)
    assert rights["vote"]
    assert rights["report"]

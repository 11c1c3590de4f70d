"""A moderator of one site is nobody in particular on the others, whichever way they come."""

from dataclasses import replace

import pytest

from comments import accounts, identity, moderation, posting
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import Account, AuthorKind, Comment
from comments.moderation import bans, people, threadlist
from comments.moderation.queue import Filter
from comments.moderation.queue import page as queue_page
from tests import factories as make
from tests.factories import ALICE, CAROL, KEYS, NOON, SETTINGS, minutes

HERE, THERE = "https://here.example", "https://there.example"
MINE = frozenset({HERE})


@pytest.fixture
def erin(session) -> Author:
    """Erin moderates one site of two."""
    account = Account(name="Erin", email="erin@example.org", created_at=NOON)
    session.add(account)
    session.flush()
    known = accounts.author(session, account)
    return replace(known, kind=AuthorKind.MODERATOR, sites=MINE)


def acts(erin: Author) -> moderation.Action:
    return moderation.Action(by=erin.id, name="Erin", now=minutes(1), sites=MINE, by_owner=False)


def posts(session, author: Author, site: str, **more) -> Comment:
    return make.post(session, author, thread=f"of {site}", site=site, **more)


def refusal(act, *given, **named) -> str:
    with pytest.raises(CommentsError) as refused:
        act(*given, **named)
    return refused.value.code


def test_what_they_wrote_as_a_guest_is_a_moderators_on_their_own_site_alone(session, erin):
    here, there = posts(session, ALICE, HERE), posts(session, ALICE, THERE)
    accounts.claim(session, ALICE.id, erin, now=minutes(1))
    kinds = [make.fresh(session, it).author_kind for it in (here, there)]
    assert kinds == [AuthorKind.MODERATOR, AuthorKind.USER]


def test_a_ban_of_before_still_meets_them_where_they_do_not_moderate(session, erin):
    here, there = posts(session, CAROL, HERE), posts(session, CAROL, THERE)
    make.ban(session, erin.id)
    facts = {"settings": SETTINGS, "now": minutes(1)}
    assert posting.vote(session, erin, here.id, 1, **facts).score == 1
    assert refusal(posting.vote, session, erin, there.id, 1, **facts) == "banned"
    assert refusal(posting.report, session, erin, there.id, "spam", "", **facts) == "banned"


def test_they_end_their_own_bans_and_nobody_elses(session, erin):
    posts(session, ALICE, HERE)
    made = bans.ban(session, ALICE.id, make.action())
    assert refusal(bans.lift, session, made.id, acts(erin)) == "not_a_moderator"
    shorter = {"seen": [made.id], "until": minutes(2)}
    assert refusal(bans.ban, session, ALICE.id, acts(erin), **shorter) == "not_a_moderator"
    assert made.lifted_at is None
    posts(session, CAROL, HERE)
    own = bans.ban(session, CAROL.id, acts(erin))
    assert bans.lift(session, own.id, acts(erin)).lifted_at == minutes(1)


def test_they_see_the_bans_of_who_wrote_on_their_site_and_their_own(session, erin):
    shares = Author(id="guest:s", kind=AuthorKind.GUEST, address="n1", email_hash="e1")
    posts(session, shares, HERE)
    posts(session, CAROL, THERE)
    targets = (shares.id, "network:n1", "email:e1", CAROL.id, "network:n2", "email:e2", "erased:x")
    made = {target: make.ban(session, target) for target in targets}
    made["erased:x"].created_by = erin.id
    facts = {"now": NOON, "in_force": True}
    seen = {it.target for it in people.bans(session, sites=MINE, by=erin.id, **facts)}
    assert seen == {shares.id, "network:n1", "email:e1", "erased:x"}
    assert len(people.bans(session, **facts)) == len(targets)


def test_nobody_is_found_by_the_tag_they_have_on_another_site(session):
    here, there = posts(session, ALICE, HERE), posts(session, ALICE, THERE)
    for comment, expected in ((here, [ALICE.id]), (there, [])):
        thread = threadlist.one(session, None, comment.thread_id)
        tag = identity.badge(KEYS, ALICE.id, thread.id)
        found = people.find(session, KEYS, tag, thread=thread.key, sites=MINE)
        assert [it.author_id for it in found] == expected


def test_nobody_is_found_by_a_network_they_have_on_another_site(session):
    shares = Author(id="guest:s", kind=AuthorKind.GUEST, address="n1")
    here, there = posts(session, shares, HERE), posts(session, ALICE, THERE)
    there.address_hash = "n1"
    session.flush()
    for like, expected in ((here, [here.id]), (there, [])):
        asked = Filter(show="everything", like=like.id)
        rows = queue_page(session, KEYS, asked, MINE, now=NOON).rows
        assert [row.id for row in rows] == expected

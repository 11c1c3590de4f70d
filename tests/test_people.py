"""Whom moderators keep out and whom they trust, and how they find somebody."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from comments import accounts, identity, moderation, posting
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import Account, Appointment, AuthorKind, Ban, Decision, Person, Role, Status
from comments.moderation import bans, people
from comments.screening.bans import found as found_ban
from tests import factories as make
from tests.factories import ALICE, ARTICLE, BOB, CAROL, KEYS, NOON, SETTINGS, minutes

A_WEEK = timedelta(days=7)
HERE = frozenset({"https://here.example"})


def on(network: str, email: str | None = None, name: str = "alice") -> Author:
    """A guest on a network, who gave an address."""
    return Author(
        id=f"guest:{name}", kind=AuthorKind.GUEST, address=network, email_hash=email, verified=False
    )


def ban(session, target=ALICE.id, at=0, **more) -> Ban:
    facts = {key: more.pop(key) for key in ("sites", "reason", "batch") if key in more}
    return bans.ban(session, target, make.action(at, **facts), **more)


def code(act, *given, **named) -> str:
    with pytest.raises(CommentsError) as refused:
        act(*given, **named)
    return refused.value.code


def log(session) -> list[tuple]:
    entries = session.scalars(
        select(Decision).where(Decision.action != "status").order_by(Decision.id)
    )
    return [(entry.action, entry.target, entry.reason) for entry in entries]


# ── bans ─────────────────────────────────────────────────────────────────────────────────────


def test_a_banned_address_is_met_in_whoever_has_shown_that_it_is_theirs(session):
    account = Account(email="ann@example.org", name="Ann", created_at=NOON)
    session.add(account)
    session.flush()
    digest = KEYS.digest("email", "ann@example.org")
    session.add(
        Person(author_id="guest:phone", email_hash=digest, verified_at=NOON, created_at=NOON)
    )
    session.add(Person(author_id="guest:typed", email_hash=digest, created_at=NOON))
    member = accounts.with_account_hash(session, KEYS, accounts.author(session, account))
    # She gives another address with a comment, and none with a vote.
    everybody = [member, on("n", "another", "phone"), make.guest("phone"), make.guest("typed")]
    ban(session, f"email:{digest}")
    assert [found_ban(session, it, NOON) is not None for it in everybody] == [True] * 3 + [False]
    assert member.email_hash is None  # nothing of it stands beside what she writes


def test_a_ban_meets_whom_it_names_while_it_holds(session):
    ban(session, until=NOON + A_WEEK, reason="shouts")
    met = [found_ban(session, ALICE, NOON + at) for at in (0 * A_WEEK, 0.99 * A_WEEK, A_WEEK)]
    assert [it and it.reason for it in met] == ["shouts", "shouts", None]
    assert found_ban(session, CAROL, NOON) is None
    assert log(session) == [("ban", ALICE.id, "shouts")]


@pytest.mark.parametrize(
    ("target", "meets"),
    [
        ("guest:alice", {"alice"}),
        ("network:n1", {"alice", "erin"}),
        ("email:e1", {"alice", "frank"}),
        (identity.erased_target("guest:alice"), {"alice"}),
        (identity.erased_target("network:n1"), {"alice", "erin"}),
        ("network:e1", set()),
    ],
)
def test_a_ban_is_of_an_author_an_address_or_a_network(session, target, meets):
    everybody = {
        "alice": on("n1", "e1"),
        "erin": on("n1", name="erin"),
        "frank": on("n2", "e1", name="frank"),
        "dave": make.member("Dave"),
    }
    ban(session, target)
    met = {name for name, author in everybody.items() if found_ban(session, author, NOON)}
    assert met == meets


def test_a_network_is_free_again_after_thirty_days_at_the_latest(session):
    latest = NOON + timedelta(days=30)
    assert ban(session, "network:n1").until == latest
    assert ban(session, "network:n2", until=NOON + 99 * A_WEEK).until == latest
    assert ban(session, "network:n3", until=NOON + A_WEEK).until == NOON + A_WEEK


def test_an_open_ban_comes_before_a_shadow(session):
    ban(session, ALICE.id)
    ban(session, "network:n1", shadow=True)
    assert found_ban(session, on("n1"), NOON).target == ALICE.id


def test_nobody_bans_themselves_or_a_moderator(session):
    make.post(session, make.member("Greta", is_moderator=True))
    account = Account(name="Olga", created_at=NOON)
    session.add(account)
    session.flush()
    session.add(Appointment(account_id=account.id, site="", role=Role.OWNER, created_at=NOON))
    for target in (BOB.id, "host:greta", f"member:{account.id}"):
        assert code(ban, session, target) == "invalid", target
    assert ban(session, "member:999999999").target and ban(session, "member:no number").target
    assert len(session.scalars(select(Ban)).all()) == 2


def test_of_two_who_ban_the_second_is_told(session):
    first = ban(session, until=NOON + A_WEEK)
    assert code(ban, session) == "already_decided"
    longer = ban(session, seen=[first.id])
    assert code(ban, session, seen=[first.id]) == "already_decided"
    assert found_ban(session, ALICE, NOON + 2 * A_WEEK).id == longer.id
    assert people.bans(session, now=NOON, in_force=False) == [first]


def test_taking_down_makes_spam_of_what_is_up_and_all_of_it_is_undone_at_once(session):
    up, waiting = make.post(session), make.post(session)
    other = make.post(session, CAROL)
    make.decide(session, waiting, Status.PENDING)
    rejected = make.post(session)
    make.decide(session, rejected, Status.REJECTED)

    ban(session, batch="b1", take_down=True)
    states = [make.fresh(session, it).status for it in (up, waiting, rejected, other)]
    assert states == [Status.SPAM, Status.SPAM, Status.REJECTED, Status.PUBLISHED]

    assert moderation.undo(session, "b1", make.action(5)) == 3
    states = [make.fresh(session, it).status for it in (up, waiting, rejected)]
    assert states == [Status.PUBLISHED, Status.PENDING, Status.REJECTED]
    assert found_ban(session, ALICE, minutes(5)) is None


def test_a_ban_without_taking_down_changes_nothing_that_is_written(session):
    comment = make.post(session)
    ban(session)
    assert make.fresh(session, comment).status is Status.PUBLISHED


def test_a_network_takes_down_all_that_came_from_it(session):
    mine = make.post(session, on("n1"))
    other = make.post(session, on("n1", name="erin"))
    away = make.post(session, on("n2", name="frank"))
    ban(session, "network:n1", take_down=True)
    assert [make.fresh(session, it).status for it in (mine, other, away)] == [
        Status.SPAM,
        Status.SPAM,
        Status.PUBLISHED,
    ]


def test_a_ban_is_lifted_once_and_the_lifting_undone(session):
    made = ban(session)
    bans.lift(session, made.id, make.action(1, batch="b1"))
    assert found_ban(session, ALICE, minutes(1)) is None
    assert code(bans.lift, session, made.id, make.action(2)) == "already_decided"
    assert moderation.undo(session, "b1", make.action(3)) == 1
    assert found_ban(session, ALICE, minutes(3)).id == made.id


def test_what_is_over_or_was_never_there_is_not_lifted(session):
    made = ban(session, until=minutes(1))
    assert code(bans.lift, session, made.id, make.action(2)) == "already_decided"
    assert code(bans.lift, session, 999_999, make.action()) == "not_found"


def test_undoing_a_ban_brings_back_the_one_it_replaced(session):
    first = ban(session, until=NOON + A_WEEK, shadow=True)
    ban(session, seen=[first.id], batch="b1")
    moderation.undo(session, "b1", make.action(1))
    assert found_ban(session, ALICE, minutes(1)).id == first.id


def test_undo_leaves_alone_what_somebody_else_has_changed_since(session):
    made = ban(session, batch="b1")
    bans.lift(session, made.id, make.action(1, batch="b2"))
    assert moderation.undo(session, "b1", make.action(2)) == 0
    again = ban(session, at=3)
    assert moderation.undo(session, "b2", make.action(4)) == 0
    assert found_ban(session, ALICE, minutes(4)).id == again.id


def test_the_undo_of_an_undo_bans_again(session):
    made = ban(session, batch="b1")
    moderation.undo(session, "b1", make.action(1, batch="b2"))
    moderation.undo(session, "b2", make.action(2))
    assert found_ban(session, ALICE, minutes(2)).id == made.id


# ── trust ────────────────────────────────────────────────────────────────────────────────────


def test_trust_is_given_and_taken_once_each_and_undone(session):
    def trusted() -> bool:
        person = session.get(Person, ALICE.id, populate_existing=True)
        return person is not None and person.trusted_at is not None

    for wanted, batch in ((True, "b1"), (True, "b2"), (False, "b3")):
        bans.trust(session, ALICE.id, make.action(batch=batch), trusted=wanted)
        assert trusted() == wanted
    assert [action for action, *_ in log(session)] == ["trust", "trust"]
    moderation.undo(session, "b3", make.action(1))
    assert trusted()


# ── what the banned may not do ───────────────────────────────────────────────────────────────


def test_the_banned_do_not_vote_or_report(session):
    comment = make.post(session, CAROL)
    ban(session)
    assert code(make.vote, session, comment, by=ALICE) == "banned"
    report = posting.report
    given = (ALICE, comment.id, "spam", "")
    assert code(report, session, *given, settings=SETTINGS, now=NOON) == "banned"


def test_the_shadow_banned_notice_nothing_and_their_reports_open_nothing(session):
    comment = make.post(session, CAROL)
    ban(session, shadow=True)
    assert make.vote(session, comment, by=ALICE).score == 1
    posting.report(session, ALICE, comment.id, "spam", "", settings=SETTINGS, now=NOON)
    assert make.fresh(session, comment).open_reports == 0


def test_a_moderator_behind_a_banned_network_works_on(session):
    comment = make.post(session, CAROL)
    ban(session, "email:e1")
    bob = Author(id=BOB.id, kind=AuthorKind.MODERATOR, name="Bob", email_hash="e1")
    assert make.vote(session, comment, by=bob).score == 1


# ── moderators of some sites ─────────────────────────────────────────────────────────────────


def test_a_moderator_of_a_site_bans_who_wrote_there_and_nobody_else(session):
    mine = make.post(session, thread="here", site="https://here.example")
    elsewhere = make.post(session, thread="there", site="https://there.example")
    make.post(session, CAROL, thread="there", site="https://there.example")
    assert code(ban, session, CAROL.id, sites=HERE) == "not_found"
    made = ban(session, sites=HERE, take_down=True, batch="b1")
    assert make.fresh(session, mine).status is Status.SPAM
    assert make.fresh(session, elsewhere).status is Status.PUBLISHED
    other = ban(session, CAROL.id)
    assert code(bans.lift, session, other.id, make.action(sites=HERE)) == "not_found"
    bans.lift(session, made.id, make.action(1, sites=HERE))


def test_trusting_holds_everywhere_and_is_for_those_who_moderate_everywhere(session):
    make.post(session, thread="here", site="https://here.example")
    act = make.action(sites=HERE)
    assert code(bans.trust, session, ALICE.id, act, trusted=True) == "not_a_moderator"


# ── finding ──────────────────────────────────────────────────────────────────────────────────


def found(session, typed, **where) -> list[str]:
    return [match.author_id for match in people.find(session, KEYS, typed, **where)]


def test_somebody_is_found_by_name_id_tag_network_and_address(session):
    first = make.post(session, on("n1", "e1"), name="Alice Müller")
    make.post(session, on("n1", name="erin"), name="Erin")
    make.noise(session)
    tag = identity.badge(KEYS, "guest:alice", first.thread_id)
    assert found(session, "muller")[0] == found(session, "Alice M")[0] == "guest:alice"
    assert found(session, "guest:erin") == ["guest:erin"]
    assert found(session, "network:n1") == ["guest:erin", "guest:alice"]
    assert found(session, "email:e1") == ["guest:alice"]
    for typed in (tag, f"#{tag}", f" {tag.upper()} "):
        assert found(session, typed, thread=ARTICLE) == ["guest:alice"]
    assert found(session, tag, thread="nowhere") == found(session, "000000", thread=ARTICLE) == []
    assert found(session, "nobody") == found(session, "") == found(session, "guest:none") == []


def test_a_profile_tells_what_somebody_wrote_under_which_names_and_who_is_beside_them(session):
    make.post(session, on("n1", "e1"), name="Ann")
    make.decide(session, make.post(session, on("n2", "e1"), name="Anna"), Status.SPAM)
    make.post(session, on("n1", name="erin"), name="Erin", now=minutes(9))
    make.post(session, on("n9", "e1", name="frank"), name="Frank")
    make.post(session, on("n9", name="zoe"), name="Zoe")
    over = ban(session, "network:n2", until=minutes(1))
    held = ban(session, "email:e1")
    who = people.profile(session, "guest:alice", now=minutes(5))
    assert who.counts == {Status.PUBLISHED: 1, Status.SPAM: 1}
    assert (who.names, who.since, who.kind) == (["Anna", "Ann"], NOON, AuthorKind.GUEST)
    assert (set(who.networks), who.emails) == ({"n1", "n2"}, ["e1"])
    assert who.bans == [held, over]
    beside = {it.author_id: (it.same_network, it.same_email) for it in who.others}
    assert beside == {"guest:erin": (True, False), "guest:frank": (False, True)}


def test_of_somebody_on_another_site_nothing_is_known(session):
    make.post(session, thread="there", site="https://there.example")
    assert people.profile(session, ALICE.id, now=NOON, sites=HERE) is None
    assert found(session, "alice", sites=HERE) == found(session, ALICE.id, sites=HERE) == []


def test_bans_are_listed_page_by_page(session):
    made = [ban(session, f"guest:{number}").id for number in range(5)]
    first = people.bans(session, now=NOON, in_force=True, limit=3)
    rest = people.bans(session, now=NOON, in_force=True, before=first[-1].id)
    assert [it.id for it in (*first, *rest)] == made[::-1]

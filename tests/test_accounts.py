"""The service's own people: known whichever way they come, signed in until they are not."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import accounts, moderation, posting, upkeep
from comments.errors import CommentsError
from comments.models import (
    Account,
    Appointment,
    AuthorKind,
    Ban,
    Comment,
    Decision,
    Letter,
    Login,
    MailedLink,
    Person,
    Report,
    ReservedName,
    Role,
    SignIn,
    Vote,
)
from tests import factories as make
from tests.factories import ALICE, BOB, CAROL, NOON, SETTINGS, guest, minutes
from tests.reading import wrong_counters
from tests.test_concurrency import at_once

ANN = "ann@example.org"
OLGA = "olga@example.org"
GOOD = "seven green bicycles"
BLOG = "https://blog.example"
DAY = timedelta(days=1)


def account(session: Session, email: str = ANN, name: str = "Ann") -> Account:
    return accounts.find_or_make(session, email, name=name, now=NOON)


def appoint(session: Session, email: str = ANN, **more) -> Account:
    return accounts.appoint(session, email, make.action(), **more)


def refused(act, *args, **more) -> CommentsError:
    with pytest.raises(CommentsError) as caught:
        act(*args, **more)
    return caught.value


# ── who somebody is ──────────────────────────────────────────────────────────────────────────


def test_an_address_is_one_account_however_it_is_written(session):
    assert account(session, "Ann@Example.ORG").id == account(session).id
    assert accounts.by_email(session, "ANN@example.org").email == ANN


def test_a_provider_knows_somebody_by_its_own_word_for_them(session):
    first = accounts.by_login(session, "github", "7", name="Ann", now=NOON)
    again = accounts.by_login(session, "github", "7", name="Annie", now=minutes(5))
    other = accounts.by_login(session, "google", "7", name="Ann", now=NOON)
    assert (first.id, again.name) == (again.id, "Ann")
    assert other.id != first.id


def test_a_verified_address_joins_two_ways_of_signing_in(session):
    by_mail = account(session)
    by_github = accounts.by_login(session, "github", "7", email="Ann@example.org", now=NOON)
    assert by_github.id == by_mail.id
    assert accounts.by_login(session, "github", "7", now=NOON).id == by_mail.id


def test_without_a_verified_address_nobody_is_taken_for_somebody_else(session):
    account(session)
    stranger = accounts.by_login(session, "github", "7", name="Ann", now=NOON)
    assert stranger.email is None
    later = accounts.by_login(session, "github", "7", email=ANN, now=NOON)
    # The address is another account's by now.
    assert (later.id, later.email) == (stranger.id, None)


def test_an_address_that_comes_later_is_kept(session):
    first = accounts.by_login(session, "github", "7", now=NOON)
    again = accounts.by_login(
        session, "github", "7", email=ANN, avatar="https://x.example/a.png", now=NOON
    )
    assert (again.id, again.email, again.avatar) == (first.id, ANN, "https://x.example/a.png")


@pytest.mark.parametrize("email", [ANN, None])
def test_one_person_who_comes_eight_times_at_once_is_one_account(engine, email):
    def come(session: Session) -> int:
        return accounts.by_login(session, "github", "7", email=email, name="Ann", now=NOON).id

    assert len(set(at_once(engine, *[come] * 8))) == 1
    with Session(engine) as session:
        assert len(session.scalars(select(Account)).all()) == 1
        assert len(session.scalars(select(Login)).all()) == 1


@pytest.mark.parametrize("name", ["Bob", "B0b", "Admin"])
def test_a_name_that_is_somebodys_is_told_apart(session, name):
    make.post(session, BOB)
    one = accounts.by_login(session, "github", "7", name=name, now=NOON)
    assert one.name == f"{name} {one.id}"


# ── signed in ────────────────────────────────────────────────────────────────────────────────


def test_a_secret_tells_who_it_is_and_only_its_hash_is_kept(session):
    ann = account(session)
    secret = accounts.sign_in(session, ann.id, now=NOON)
    author = accounts.who(session, secret, now=minutes(1))
    assert (author.id, author.name, author.kind) == (f"member:{ann.id}", "Ann", AuthorKind.USER)
    row = session.scalars(select(SignIn)).one()
    assert secret not in {str(value) for value in vars(row).values()}
    assert accounts.fingerprint(secret) == row.token_hash


@pytest.mark.parametrize(
    ("made_for", "used_at", "works"),
    [
        ("", "", True),
        (BLOG, BLOG, True),
        (BLOG, "", False),
        ("", BLOG, False),
        (BLOG, "https://blog.example.evil", False),
    ],
)
def test_a_secret_is_good_at_the_origin_it_was_made_for_alone(session, made_for, used_at, works):
    secret = accounts.sign_in(session, account(session).id, origin=made_for, now=NOON)
    assert (accounts.who(session, secret, origin=used_at, now=NOON) is not None) == works


@pytest.mark.parametrize("secret", ["", "m~", "m~nonsense", "nonsense", "m~\ud800"])
def test_what_was_never_given_is_nobodys(session, secret):
    account(session)
    assert accounts.who(session, secret, now=NOON) is None


def test_a_month_unseen_ends_it_and_being_seen_prolongs_it(session):
    secret = accounts.sign_in(session, account(session).id, now=NOON)
    late = NOON + accounts.LIFETIME - timedelta(minutes=1)
    accounts.saw(session, secret, late)
    assert accounts.who(session, secret, now=late + accounts.LIFETIME - DAY) is not None
    assert accounts.who(session, secret, now=late + accounts.LIFETIME) is None


def test_being_seen_is_written_down_once_an_hour(session):
    secret = accounts.sign_in(session, account(session).id, now=NOON)
    assert not accounts.is_stale(session, secret, minutes(59))
    assert accounts.is_stale(session, secret, minutes(60))
    accounts.saw(session, secret, minutes(60))
    assert not accounts.is_stale(session, secret, minutes(61))


def test_signing_in_again_ends_the_secret_the_browser_had(session):
    ann = account(session)
    before = accounts.sign_in(session, ann.id, now=NOON)
    after = accounts.sign_in(session, ann.id, now=NOON, instead_of=before)
    assert before != after
    assert accounts.who(session, before, now=NOON) is None
    assert accounts.who(session, after, now=NOON) is not None


def test_one_sign_in_is_ended_or_all_but_one(session):
    ann, bea = account(session), account(session, "bea@example.org")
    here, there, third = (accounts.sign_in(session, ann.id, now=NOON) for _ in range(3))
    theirs = accounts.sign_in(session, bea.id, now=NOON)
    accounts.end_sign_in(session, ann.id, accounts.fingerprint(third))
    accounts.end_sign_in(session, ann.id, accounts.fingerprint(theirs))  # not hers to end
    assert len(accounts.sign_ins(session, ann.id, NOON)) == 2
    accounts.sign_out_everywhere(session, ann.id, but=here)
    alive = [accounts.who(session, s, now=NOON) is not None for s in (here, there, third, theirs)]
    assert alive == [True, False, False, True]
    accounts.sign_out(session, here)
    assert accounts.who(session, here, now=NOON) is None


def test_a_closed_account_is_out_and_stays_out(session):
    ann = account(session)
    secret = accounts.sign_in(session, ann.id, now=NOON)
    ann.closed_at = NOON
    session.flush()
    assert accounts.who(session, secret, now=NOON) is None
    assert refused(accounts.sign_in, session, ann.id, now=NOON).code == "banned"


def test_what_has_ended_is_swept(session):
    accounts.sign_in(session, account(session).id, now=NOON)
    accounts.links.make(session, "verify", ANN, now=NOON)
    make_letter(session, next_try_at=None)
    make_letter(session, next_try_at=NOON)
    upkeep.sweep(session, NOON + accounts.LIFETIME + DAY)
    left = [len(session.scalars(select(table)).all()) for table in (SignIn, MailedLink, Letter)]
    assert left == [0, 0, 1]  # the letter that still waits stays


def make_letter(session: Session, **more) -> None:
    session.add(Letter(recipient=ANN, subject="", text="", created_at=NOON, attempts=0, **more))
    session.flush()


# ── passwords ────────────────────────────────────────────────────────────────────────────────


def test_a_password_is_known_again_and_kept_as_a_slow_hash(session):
    ann = account(session)
    accounts.set_password(session, ann, GOOD)
    assert ann.password_hash.startswith("scrypt:")
    assert accounts.check_password(session, "Ann@example.org", GOOD) is ann
    assert accounts.check_password(session, ANN, GOOD + "!") is None
    assert accounts.check_password(session, ANN, None) is None


def test_a_letter_is_the_same_however_the_keyboard_writes_it(session):
    ann = account(session)
    accounts.set_password(session, ann, "sieben gru\u0308ne fahrra\u0308der")
    assert accounts.check_password(session, ANN, "sieben grüne fahrräder") is ann


@pytest.mark.parametrize("email", [ANN, "plain@example.org", "nobody@example.org"])
def test_an_unknown_address_costs_the_same_work(session, monkeypatch, email):
    """Counted, not timed: one slow comparison, whoever is asked for."""
    from comments.accounts import passwords

    accounts.set_password(session, account(session), GOOD)
    account(session, "plain@example.org")  # has no password
    accounts.check_password(session, "warm-up@example.org", GOOD)
    compared: list[str] = []
    true = passwords.security.check_password_hash

    def count(kept: str, given: str) -> bool:
        compared.append(kept.split("$")[0])
        return true(kept, given)

    monkeypatch.setattr(passwords.security, "check_password_hash", count)
    assert accounts.check_password(session, email, "wrong wrong wrong") is None
    assert compared == ["scrypt:32768:8:1"]


@pytest.mark.parametrize(
    "password",
    [
        *(
            "short",
            "x" * 201,
            "aaaaaaaaaaaa",
            "1234567890",
            "PassWord123",
            "abababababab",
            None,
            "",
        ),
        *(ANN, "Ann@Example.org", "annexample.org"),
    ],
)
def test_what_is_tried_first_is_no_password(session, password):
    ann = account(session)
    error = refused(accounts.set_password, session, ann, password)
    assert (error.code, list(error.errors)) == ("invalid", ["password"])
    assert ann.password_hash is None


def test_one_s_name_with_a_number_behind_it_is_no_password_either(session):
    ann = account(session, "annabelle@example.org")
    assert refused(accounts.set_password, session, ann, "Annabelle2024!").code == "invalid"


# ── names ────────────────────────────────────────────────────────────────────────────────────


def rename(session: Session, whom: Account, name: object) -> None:
    accounts.rename(session, whom, name, settings=SETTINGS, now=NOON)


@pytest.mark.parametrize(("name", "code"), [("", "invalid"), (7, "invalid"), ("\u200b", "invalid")])
def test_a_name_is_something_one_can_read(session, name, code):
    assert refused(rename, session, account(session), name).code == code


@pytest.mark.parametrize("name", ["Bob", "BOB", "admin"])
def test_nobody_takes_a_name_that_is_somebodys(session, name):
    make.post(session, BOB)
    assert refused(rename, session, account(session), name).code == "name_reserved"


def test_a_moderator_may_be_called_so(session):
    bob = appoint(session, name="Bob")
    rename(session, bob, "Admin")
    assert bob.name == "Admin"


def test_a_member_who_wrote_has_the_name_to_themselves_and_gives_it_back(session):
    ann = account(session)
    make.post(session, accounts.author(session, ann))
    assert refused(make.post, session, CAROL, name="ann").code == "name_reserved"
    rename(session, ann, "Annabelle")
    assert make.post(session, CAROL, name="ann").author_name == "ann"
    assert refused(make.post, session, CAROL, name="Annabelle").code == "name_reserved"


def test_a_member_who_did_not_write_reserves_nothing(session):
    account(session)
    rename(session, account(session), "Annabelle")
    assert session.scalars(select(ReservedName)).all() == []


# ── moderators ───────────────────────────────────────────────────────────────────────────────


def test_the_first_one_owns_the_service_and_the_next_ones_moderate(session):
    assert not accounts.is_moderated(session)
    first, second = appoint(session), appoint(session, "bea@example.org", name="Bea")
    assert accounts.is_moderated(session)
    roles = [(one.account_id, one.role) for one in accounts.appointed(session)]
    assert roles == [(first.id, Role.OWNER), (second.id, Role.MODERATOR)]


def test_an_owner_who_is_appointed_again_stays_the_owner(session):
    """The command is typed a second time, for another link."""
    appoint(session)
    ann = appoint(session)
    assert session.get_one(Appointment, (ann.id, "")).role is Role.OWNER


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"role": Role.OWNER}, (AuthorKind.MODERATOR, True, None)),
        ({"role": Role.MODERATOR}, (AuthorKind.MODERATOR, False, None)),
        ({"site": f"{BLOG}/"}, (AuthorKind.MODERATOR, False, frozenset([BLOG]))),
        (None, (AuthorKind.USER, False, None)),
    ],
)
def test_what_somebody_may_do_follows_from_the_appointments(session, given, expected):
    ann = account(session) if given is None else appoint(session, **given)
    author = accounts.author(session, ann)
    assert (author.kind, author.is_owner, author.sites) == expected


def test_everywhere_is_more_than_one_site(session):
    appoint(session, site=BLOG)
    ann = appoint(session, role=Role.MODERATOR)
    assert accounts.author(session, ann).sites is None
    assert [one.site for one in accounts.appointments_of(session, ann.id)] == ["", BLOG]


@pytest.mark.parametrize(
    ("more", "field"), [({"site": "blog"}, "site"), ({"site": BLOG, "role": Role.OWNER}, "role")]
)
def test_an_appointment_that_makes_no_sense_is_refused(session, more, field):
    assert list(refused(appoint, session, **more).errors) == [field]


def test_dismissal_ends_the_rights_of_a_browser_that_is_signed_in(session):
    appoint(session, OLGA)
    ann = appoint(session, role=Role.OWNER)
    secret = accounts.sign_in(session, ann.id, now=NOON)
    assert accounts.who(session, secret, now=NOON).is_owner
    assert accounts.dismiss(session, ann, make.action()) == 1
    assert accounts.who(session, secret, now=NOON).kind is AuthorKind.USER
    assert accounts.dismiss(session, ann, make.action(), site=BLOG) == 0


def test_appointing_and_dismissing_are_in_the_log_without_an_address(session):
    appoint(session, OLGA)
    ann = appoint(session, role=Role.OWNER)
    appoint(session, role=Role.MODERATOR)
    accounts.dismiss(session, ann, make.action(), site="")
    rows = session.scalars(select(Decision).order_by(Decision.id).offset(1)).all()
    assert [(row.action, row.target) for row in rows] == [
        ("appoint", f"member:{ann.id}"),
        ("appoint", f"member:{ann.id}"),
        ("dismiss", f"member:{ann.id}"),
    ]
    assert moderation.facts(rows[1].before) == {"role": "owner", "site": ""}
    assert "@" not in "".join(f"{row.target}{row.before}{row.after}{row.reason}" for row in rows)


def test_the_last_owner_stays_unless_the_command_line_says_otherwise(session):
    ann = appoint(session)
    for change in (
        lambda: accounts.dismiss(session, ann, make.action()),
        lambda: appoint(session, role=Role.MODERATOR),
    ):
        assert "this is the last" in str(refused(change).detail)
    assert accounts.dismiss(session, ann, moderation.Action(by="command-line", now=NOON)) == 1


def test_of_two_owners_who_dismiss_each_other_at_once_one_stays(engine):
    with Session(engine) as session:
        ids = [appoint(session, email, role=Role.OWNER).id for email in (ANN, OLGA)]
        session.commit()

    def let_go(session: Session, who: int, by: int) -> int:
        action = moderation.Action(by=f"member:{by}", now=NOON)
        return accounts.dismiss(session, session.get_one(Account, who), action)

    acts = [partial(let_go, who=who, by=by) for who, by in (ids, ids[::-1])]
    assert sorted(map(str, at_once(engine, *acts))) == ["1", "invalid"]
    with Session(engine) as session:
        assert [one.role for one in accounts.appointed(session)] == [Role.OWNER]


def test_no_guest_has_the_name_of_somebody_appointed(session):
    appoint(session, name="Bob")
    assert refused(make.post, session, ALICE, name="B0b").code == "name_reserved"


# ── what a guest wrote ───────────────────────────────────────────────────────────────────────


def member(session: Session, email: str = ANN) -> object:
    return accounts.author(session, account(session, email))


def claim(session: Session, who: object, guest_id: str = ALICE.id) -> int:
    claimed = accounts.claim(session, guest_id, who, now=minutes(5))
    session.expire_all()
    return claimed


def counters_are_right(session: Session) -> bool:
    return not any(wrong_counters(session).values())


def test_a_guest_who_signs_in_keeps_what_they_wrote(session):
    mine, carols = make.post(session), make.post(session, CAROL, name="Carol")
    gone = make.post(session)
    make.delete(session, gone)
    ann = member(session)
    before = make.thread(session).revision
    assert claim(session, ann) == 2
    row = make.fresh(session, mine)
    assert (row.author_id, row.author_name, row.author_kind) == (ann.id, "Ann", AuthorKind.USER)
    assert make.fresh(session, carols).author_id == CAROL.id
    # What was taken back stays without a name.
    assert make.fresh(session, gone).author_name == ""
    assert make.thread(session).revision == before + 1
    assert (
        posting.edit(session, ann, mine.id, "Better", settings=SETTINGS, now=minutes(6)).body
        == "Better"
    )


def test_claiming_is_in_the_log_and_claiming_nothing_is_not(session):
    ann = member(session)
    assert claim(session, ann) == 0
    make.post(session)
    claim(session, ann)
    entry = session.scalars(select(Decision).where(Decision.action == "claim")).one()
    assert (entry.actor, entry.target) == (ann.id, ALICE.id)


def test_votes_come_along_and_nobody_counts_twice(session):
    """Whoever voted both as guest and as member has one vote, and none on what is their own."""
    ann = member(session)
    one, both, mine, theirs = (make.post(session, CAROL, name="Carol") for _ in range(4))
    guests = make.post(session)
    members = make.post(session, ann)
    make.vote(session, one, by=ALICE)
    make.vote(session, both, -1, by=ALICE)
    make.vote(session, both, by=ann)
    make.vote(session, theirs, by=ann)
    make.vote(session, guests, by=ann)  # turns out to be her own
    make.vote(session, members, by=ALICE)  # as does this
    claim(session, ann)
    votes = {(v.comment_id, v.voter_id): v.value for v in session.scalars(select(Vote))}
    assert votes == {(one.id, ann.id): 1, (both.id, ann.id): 1, (theirs.id, ann.id): 1}
    assert counters_are_right(session)
    assert make.fresh(session, mine).score == 0


def test_reports_and_trust_come_along_and_a_ban_does_too(session):
    ann = member(session)
    carols = make.post(session, CAROL, name="Carol")
    make.post(session)
    posting.report(session, ALICE, carols.id, "spam", "", settings=SETTINGS, now=NOON)
    session.add(Person(author_id=ALICE.id, trusted_at=NOON, created_at=NOON))
    session.add(Ban(target=ALICE.id, reason="rude", created_by=BOB.id, created_at=NOON))
    session.flush()
    claim(session, ann)
    assert session.scalars(select(Report.reporter_id)).all() == [ann.id]
    assert session.get(Person, ann.id).trusted_at == NOON
    assert set(session.scalars(select(Ban.target))) == {ALICE.id, ann.id}


def test_a_guest_who_signs_in_twice_at_once_while_others_vote(engine):
    with Session(engine) as session:
        comments = [make.post(session, thread=key).id for key in ("one", "two")]
        make.vote(session, make.post(session, CAROL, name="Carol"), by=ALICE)
        ann = member(session)
        session.commit()

    def sign_in(session: Session) -> int:
        return accounts.claim(session, ALICE.id, ann, now=NOON)

    def vote(number: int):
        return lambda session: (
            make.vote(session, comments[number % 2], by=guest(f"v{number}")).value
        )

    claimed = at_once(engine, sign_in, sign_in, *(vote(number) for number in range(6)))
    assert sorted(claimed[:2]) == [0, 2]
    with Session(engine) as session:
        assert {make.fresh(session, id).author_id for id in comments} == {ann.id}
        assert [make.fresh(session, id).score for id in comments] == [3, 3]
        assert counters_are_right(session)
        assert session.scalars(select(Comment.id).where(Comment.author_id == ALICE.id)).all() == []

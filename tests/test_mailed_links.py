"""Links in mails: single-use, short-lived, limited, and they tell nothing."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import accounts
from comments.config import Settings
from comments.errors import CommentsError
from comments.models import Comment, Letter, MailedLink, Person
from tests import factories as make
from tests.factories import ALICE, CAROL, KEYS, NOON, guest, minutes
from tests.test_concurrency import at_once

ANN = "ann@example.org"
MAILING = Settings(hold="none", smtp_uri="smtp://127.0.0.1", mail_from="c@blog.example")
BASE = "https://blog.example/comments"


def ask(
    session: Session, purpose: str = "sign_in", email: str = ANN, at: float = 0, **more
) -> None:
    given = {"settings": MAILING, "base_url": BASE, "now": minutes(at)} | more
    accounts.links.ask(session, purpose, email, **given)


def letters(session: Session) -> list[Letter]:
    return list(session.scalars(select(Letter).order_by(Letter.id)))


def token_in(letter: Letter) -> str:
    return letter.text.split("token=")[1].split()[0].split("&")[0]


def redeem(session: Session, token: str, purpose: str = "sign_in", at: float = 0):
    return accounts.links.redeem(session, token, purpose, minutes(at))


def code_of(act, *args, **more) -> str:
    with pytest.raises(CommentsError) as caught:
        act(*args, **more)
    return caught.value.code


def test_a_link_brings_back_what_it_was_asked_for_with(session):
    ask(session, author_id=ALICE.id, origin="https://blog.example", back="/x")
    letter = letters(session)[0]
    assert letter.recipient == ANN
    assert f"{BASE}/sign-in/link?token=" in letter.text
    asked = redeem(session, token_in(letter), at=29)
    assert (asked.email, asked.author_id) == (ANN, ALICE.id)
    assert (asked.origin, asked.back) == ("https://blog.example", "/x")


def test_only_a_hash_of_it_is_kept(session):
    ask(session)
    row = session.scalars(select(MailedLink)).one()
    assert token_in(letters(session)[0]) not in {str(value) for value in vars(row).values()}


def test_a_link_is_good_once(session):
    ask(session)
    token = token_in(letters(session)[0])
    accounts.links.peek(session, token, "sign_in", NOON)  # looking is not using
    redeem(session, token)
    assert code_of(redeem, session, token) == "link_not_good"


def test_of_eight_who_use_a_link_at_once_one_gets_in(engine):
    with Session(engine) as session:
        ask(session)
        token = token_in(letters(session)[0])
        session.commit()
    answers = at_once(engine, *[lambda session: redeem(session, token).email] * 8)
    assert sorted(answers) == [ANN] + ["link_not_good"] * 7


@pytest.mark.parametrize(
    ("purpose", "minutes_good"), [("sign_in", 30), ("password", 1440), ("verify", 1440)]
)
def test_a_link_is_good_for_a_while(session, purpose, minutes_good):
    ask(session, purpose)
    token = token_in(letters(session)[0])
    late = {"at": minutes_good}
    assert code_of(redeem, session, token, purpose, **late) == "link_not_good"
    assert redeem(session, token, purpose, at=minutes_good - 1).email == ANN


def test_a_link_for_one_thing_does_no_other(session):
    ask(session, "verify")
    token = token_in(letters(session)[0])
    assert code_of(redeem, session, token, "password") == "link_not_good"
    assert code_of(redeem, session, token, "sign_in") == "link_not_good"


@pytest.mark.parametrize("token", ["", "nonsense", "\ud800"])
def test_what_was_never_mailed_is_no_link(session, token):
    assert code_of(redeem, session, token) == "link_not_good"


@pytest.mark.parametrize(("purpose", "most", "hours"), [("sign_in", 5, 1), ("verify", 1, 24)])
def test_an_address_gets_so_many_and_nothing_tells_that_it_was_enough(
    session, purpose, most, hours
):
    for _ in range(most + 2):
        ask(session, purpose)
    ask(session, purpose, "carol@example.org")
    assert [letter.recipient for letter in letters(session)] == [ANN] * most + ["carol@example.org"]
    ask(session, purpose, at=hours * 60 + 1)
    assert letters(session)[-1].recipient == ANN


def test_many_who_ask_for_one_address_at_once_get_no_more_than_the_limit(engine):
    at_once(engine, *[partial(ask, email=name) for name in (ANN, ANN.title()) * 4])
    with Session(engine) as session:
        assert [letter.recipient for letter in letters(session)] == [ANN] * 5


def test_every_address_gets_the_same_mail_known_or_not(session):
    accounts.appoint(session, ANN, make.action(), name="Ann")
    for email in (ANN, "nobody@example.org"):
        ask(session, email=email)
    known, unknown = letters(session)
    assert known.subject == unknown.subject
    assert known.text.replace(token_in(known), "") == unknown.text.replace(token_in(unknown), "")


def test_a_mail_is_in_the_language_of_the_page_and_its_link_leads_on_in_it(session):
    ask(session, language="de")
    assert "&lang=de" in letters(session)[0].text


def test_without_a_mail_server_nothing_is_written(session):
    ask(session, settings=Settings())
    assert letters(session) == []
    assert session.scalars(select(MailedLink)).all() == []


# ── whose address it is ──────────────────────────────────────────────────────────────────────


def ask_to_verify(session: Session, author=ALICE, email: str | None = ANN, **more) -> None:
    given = {"back": "", "language": "en", "settings": MAILING, "base_url": BASE, "now": NOON}
    accounts.ask_to_verify(session, author, email, **(given | more))


def verified(session: Session, author=ALICE, email: str = ANN) -> None:
    accounts.ask_to_verify(
        session,
        author,
        email,
        back="",
        language="en",
        settings=MAILING,
        base_url=BASE,
        now=NOON + timedelta(days=len(letters(session))),
    )
    token = token_in(letters(session)[-1])
    at = NOON + timedelta(days=len(letters(session)) - 1, hours=1)
    accounts.verify(session, KEYS, token, author, now=at)


def test_a_guest_who_shows_an_address_has_it_on_all_their_comments(session):
    digest = KEYS.digest("email", ANN)
    given = accounts.with_email(session, KEYS, ALICE, ANN)
    assert (given.email_hash, given.verified) == (digest, False)
    first, second = make.post(session), make.post(session, given)
    carols = make.post(session, CAROL, name="Carol")
    before = make.thread(session).revision
    verified(session)
    assert make.thread(session).revision == before + 1
    rows = [make.fresh(session, comment) for comment in (first, second, carols)]
    assert [row.verified for row in rows] == [True, True, False]
    assert {row.email_hash for row in rows} == {digest, None}
    assert session.get(Person, ALICE.id).verified_at is not None


def test_what_they_write_next_has_it_too_unless_they_give_another(session):
    verified(session)
    digest, other = KEYS.digest("email", ANN), KEYS.digest("email", "b@example.org")
    for email, expected in [
        (None, (digest, True)),
        (ANN, (digest, True)),
        ("b@example.org", (other, False)),
    ]:
        author = accounts.with_email(session, KEYS, ALICE, email)
        assert (author.email_hash, author.verified) == expected


def test_an_address_given_with_a_comment_and_not_shown_marks_nothing(session):
    ask_to_verify(session)
    comment = make.post(session, accounts.with_email(session, KEYS, ALICE, ANN))
    assert not make.fresh(session, comment).verified


def test_one_address_in_two_browsers_is_one_tag(session):
    phone = guest("alice on her phone")
    make.post(session)
    make.post(session, phone)
    verified(session)
    verified(session, phone)
    hashes = set(session.scalars(select(Comment.email_hash)))
    assert hashes == {KEYS.digest("email", ANN)}


def test_members_and_the_verified_are_not_asked(session):
    verified(session)
    sent = len(letters(session))
    ask_to_verify(session, accounts.with_email(session, KEYS, ALICE, ANN), now=minutes(9999))
    ask_to_verify(session, make.member("Dave"), now=minutes(9999))
    ask_to_verify(session, CAROL, None)
    ask_to_verify(session, CAROL, base_url=None)
    assert len(letters(session)) == sent
    assert accounts.with_email(session, KEYS, make.member("Dave"), ANN).email_hash is None


def test_no_words_of_a_stranger_are_mailed_around(session):
    make.post(session, name="Buy pills", body="at evil.example")
    ask_to_verify(session)
    letter = letters(session)[0]
    assert "pills" not in letter.subject + letter.text
    assert "evil" not in letter.text


def test_a_link_verifies_only_the_guest_who_asked_and_is_good_until_then(session):
    make.post(session, accounts.with_email(session, KEYS, ALICE, ANN))
    ask_to_verify(session)
    token = token_in(letters(session)[0])
    for other in (CAROL, None):
        assert code_of(accounts.verify, session, KEYS, token, other, now=NOON) == "not_yours"
    assert session.scalars(select(Person)).all() == []
    accounts.verify(session, KEYS, token, ALICE, now=NOON)
    assert session.scalars(select(Person.author_id)).all() == [ALICE.id]


def test_a_link_that_names_no_guest_verifies_nobody(session):
    token = accounts.links.make(session, "verify", ANN, now=NOON)
    assert code_of(accounts.verify, session, KEYS, token, ALICE, now=NOON) == "link_not_good"

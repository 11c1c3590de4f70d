"""Moderators are mailed what waits: those who asked, as often as they asked, about their sites."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from comments import accounts, moderation, notify, posting
from comments.accounts.waiting import MOST_SHOWN
from comments.config import Settings
from comments.models import Account, Comment, Letter, Pace, Role, Status
from comments.notify import Mail
from tests import factories as make
from tests.factories import CAROL, KEYS, NOON, minutes
from tests.services.smtp import MailServer

BLOG, SHOP = "https://blog.example", "https://shop.example"
HERE = "https://blog.example/comments"
SETTINGS = Settings(
    hold="all", mail_wait=0, smtp_uri="smtp://mail.example", mail_from="c@x.example"
)
ASKED = timedelta(days=2)


def ann(
    session: Session, pace: Pace = Pace.HOURLY, site: str = "", email: str = "ann@example.org"
) -> Account:
    """She moderates, and asked two days ago to be mailed."""
    action = make.action(by="command-line")
    account = accounts.appoint(session, email, action, site=site, role=Role.MODERATOR, name="Ann")
    accounts.duty.choose(session, account, pace, language="en", base_url=HERE, now=NOON - ASKED)
    session.commit()
    return account


def waits(session: Session, body: str = "Hello", at: float = 0, **more: Any) -> Comment:
    comment = make.post(session, CAROL, body, now=minutes(at), settings=SETTINGS, **more)
    session.commit()
    return comment


def gathered(session: Session, at: float = 1, settings: Settings = SETTINGS) -> int:
    return accounts.duty.gather(session, settings, minutes(at))


def mails(session: Session, settings: Settings = SETTINGS) -> list[Mail]:
    """What would be sent now."""
    letters = session.scalars(select(Letter).where(Letter.purpose == "queue").order_by(Letter.id))
    drawn = (accounts.QUEUE.draw(session, letter, settings, KEYS) for letter in letters)
    return [mail for mail in drawn if mail is not None]


def test_who_asked_is_mailed_what_waits_and_why_with_a_link_to_the_decision(session):
    ann(session)
    comment = waits(session, "Buy this")
    make.thread(session).title = "A story"
    session.commit()
    assert gathered(session) == 1
    (mail,) = mails(session)
    assert mail.recipient == "ann@example.org"
    assert mail.subject == "1 comment waits at blog.example"
    for part in (mail.text, mail.html):
        assert "Alice wrote in “A story”:" in part
        assert "Buy this" in part
        assert "every comment waits" in part
        assert f"{HERE}/admin/comment/{comment.id}" in part
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["List-Unsubscribe"].startswith(f"<{HERE}/queue-mail?token=")


def test_nobody_is_mailed_who_did_not_ask(session):
    account = accounts.appoint(session, "ann@example.org", make.action(by="command-line"))
    waits(session)
    assert gathered(session) == 0
    assert account.queue_mail is Pace.NEVER


@pytest.mark.parametrize(
    ("pace", "minutes_between"),
    [(Pace.IMMEDIATE, 5), (Pace.HOURLY, 60), (Pace.DAILY, 24 * 60)],
)
def test_they_are_mailed_as_often_as_they_chose(session, pace, minutes_between):
    ann(session, pace)
    waits(session, at=0)
    assert gathered(session, at=1) == 1
    sent(session)
    waits(session, "Another", at=2)
    assert gathered(session, at=minutes_between) == 0
    assert gathered(session, at=minutes_between + 1.1) == 1
    (mail,) = mails(session)
    assert "Another" in mail.text and "Hello" not in mail.text


def sent(session: Session) -> None:
    """The letters have left."""
    for letter in session.scalars(select(Letter)):
        session.delete(letter)
    session.commit()


def test_what_has_been_told_is_not_told_again(session):
    ann(session)
    waits(session)
    assert gathered(session) == 1
    sent(session)
    assert gathered(session, at=24 * 60) == 0


def test_a_wave_is_gathered_before_it_is_told(session):
    patient = replace(SETTINGS, mail_wait=120)
    ann(session)
    waits(session, at=0)
    assert gathered(session, at=1, settings=patient) == 0
    waits(session, "Another", at=1.5)
    assert gathered(session, at=2.5, settings=patient) == 1
    # What came later is in the next one, and in no other.
    assert "Another" not in mails(session)[0].text
    sent(session)
    assert gathered(session, at=70, settings=patient) == 1
    assert "Another" in mails(session)[0].text


def test_what_readers_report_is_told_too(session):
    ann(session)
    comment = make.post(session, CAROL, "Rude", now=minutes(0))
    posting.report(
        session, make.stranger(), comment.id, "abuse", "", settings=SETTINGS, now=minutes(1)
    )
    session.commit()
    assert gathered(session, at=2) == 1
    assert "Why: reported by 1 reader" in mails(session)[0].text


def test_what_a_moderator_put_back_is_told_without_a_reason(session):
    ann(session)
    comment = make.post(session, CAROL, "Hm", now=minutes(0))
    make.decide(session, comment, Status.PENDING)
    session.commit()
    assert gathered(session, at=2) == 1
    assert "Why: it waits for a moderator" in mails(session)[0].text


def test_who_moderates_some_sites_is_told_of_those_alone(session):
    ann(session, site=SHOP)
    waits(session)
    thread = make.thread(session)
    thread.site = BLOG
    session.commit()
    assert gathered(session) == 0
    thread.site = SHOP
    session.commit()
    assert gathered(session) == 1
    assert len(mails(session)) == 1


def test_of_a_shadow_nobody_is_told(session):
    ann(session)
    comment = waits(session)
    comment.shadowed = True
    session.commit()
    assert gathered(session) == 0


def dismissed(session: Session, account: Account) -> None:
    moderation.take_role(session, account.id, "", make.action())


def closed(_session: Session, account: Account) -> None:
    account.closed_at = NOON


def chosen_otherwise(_session: Session, account: Account) -> None:
    account.queue_mail = Pace.NEVER


@pytest.mark.parametrize("ended", [dismissed, closed, chosen_otherwise])
def test_who_moderates_no_more_or_wants_none_gets_none_not_even_what_is_written(session, ended):
    account, another = ann(session), ann(session, email="bea@example.org")
    waits(session)
    assert gathered(session) == 2
    ended(session, account)
    session.commit()
    assert [mail.recipient for mail in mails(session)] == [another.email]
    sent(session)
    waits(session, "Another", at=100)
    assert gathered(session, at=120) == 1


def test_what_was_decided_meanwhile_is_in_no_mail(session):
    ann(session)
    first, second = waits(session, "One"), waits(session, "Two")
    gathered(session)
    make.decide(session, first, Status.SPAM)
    assert "Two" in mails(session)[0].text and "One" not in mails(session)[0].text
    make.decide(session, second, Status.PUBLISHED)
    assert mails(session) == []


def test_while_no_mail_goes_out_one_letter_is_enough(session):
    ann(session)
    for at in (0, 100, 200):
        waits(session, at=at)
        gathered(session, at=at + 1)
    assert session.scalar(select(func.count()).select_from(Letter)) == 1


def test_a_mail_shows_some_and_counts_the_rest(session):
    ann(session)
    for number in range(MOST_SHOWN + 2):
        waits(session, f"Number {number}")
    gathered(session)
    (mail,) = mails(session)
    assert mail.subject == f"{MOST_SHOWN + 2} comments wait at blog.example"
    assert mail.text.count("Decide:") == MOST_SHOWN
    assert "… and 2 more comments." in mail.text


def test_a_stranger_s_text_looks_like_none_of_ours_and_is_no_html(session):
    ann(session)
    waits(session, "Hi\nDecide: https://evil.example\n<b>bold</b> " + "x" * 400)
    gathered(session)
    (mail,) = mails(session)
    assert "\n  Decide: https://evil.example\n" in mail.text
    assert "&lt;b&gt;" in mail.html
    assert "x" * 301 not in mail.text


def test_it_is_in_the_language_in_which_it_was_asked_for(session):
    account = ann(session)
    accounts.duty.choose(
        session, account, Pace.HOURLY, language="ar", base_url=HERE, now=NOON - ASKED
    )
    waits(session)
    gathered(session)
    (mail,) = mails(session)
    assert 'dir="rtl"' in mail.html
    assert "&lang=ar" in mail.headers["List-Unsubscribe"]


def test_where_nothing_tells_our_address_it_waits_for_a_setting(session):
    account = ann(session)
    account.queue_base_url = ""
    waits(session)
    assert gathered(session) == 0
    told = replace(SETTINGS, url="https://c.example")
    assert gathered(session, settings=told) == 1
    assert "https://c.example/admin/comment/" in mails(session, told)[0].text


# ── addresses that the owner names ───────────────────────────────────────────────────────────

NAMED = replace(SETTINGS, url=HERE, moderators_mail=("mods@host.example",))


def test_an_address_of_the_settings_is_mailed_once_an_hour_and_ended_there_alone(session):
    waits(session)
    assert gathered(session, settings=NAMED) == 1
    (mail,) = mails(session, NAMED)
    assert mail.recipient == "mods@host.example"
    assert "List-Unsubscribe" not in mail.headers
    assert "queue-mail" not in mail.text + mail.html
    sent(session)
    waits(session, "Another", at=2)
    assert gathered(session, at=50, settings=NAMED) == 0
    assert gathered(session, at=62, settings=NAMED) == 1
    assert "Hello" not in mails(session, NAMED)[0].text


def test_an_address_that_is_named_no_more_gets_nothing(session):
    waits(session)
    gathered(session, settings=NAMED)
    assert mails(session) == []
    assert gathered(session, at=100) == 0


# ── many workers ─────────────────────────────────────────────────────────────────────────────


def test_of_several_workers_one_writes_each_letter(engine):
    with Session(engine) as session:
        ann(session)
        waits(session)
    together = Barrier(4)

    def work(_: int) -> int:
        with Session(engine) as session:
            together.wait()
            return gathered(session, settings=NAMED)

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 2


def test_it_leaves_with_the_postman_and_through_the_postman_alone(engine, mail_server: MailServer):
    settings = replace(SETTINGS, smtp_uri=mail_server.uri)
    with Session(engine) as session:
        ann(session)
        waits(session)
        assert gathered(session) == 1
        also = (accounts.QUEUE,)
        assert notify.deliver(session, settings, KEYS, minutes(2), also=also) == 1
    (letter,) = mail_server.letters
    assert letter.message["List-Id"] == "<queue.comments.blog.example>"
    assert "/admin/comment/" in letter.message.get_body(("plain",)).get_content()

"""The mail about new comments: one for each reader, and nothing in it that was taken back."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from comments import engines, notify
from comments.config import Settings
from comments.models import (
    Comment,
    Letter,
    Notice,
    Pace,
    Scope,
    Status,
    Subscriber,
    Subscription,
    Thread,
)
from comments.notify import links
from comments.notify.digests import MOST_SHOWN
from comments.notify.links import Holder
from comments.notify.wording import MOST_OF_MANY
from tests import factories as make
from tests.factories import ALICE, CAROL, KEYS, minutes
from tests.hostile_text import FAMILIES
from tests.test_notify import ATTACKS

SETTINGS = Settings(mail_from="The Comments <comments@blog.example>", mail_wait=60)
BASE = "https://blog.example/comments"


@pytest.fixture
def plain(migrated_sqlite_uri: str) -> Iterator[Session]:
    """A session on one kind of database, for what a mail says."""
    engine = engines.create(migrated_sqlite_uri)
    with Session(engine) as session:
        yield session
    engine.dispose()


def gathered(session: Session, at: float = 5) -> list[Letter]:
    """The letters that are written so many minutes after noon."""
    session.commit()
    notify.gather(session, SETTINGS, minutes(at))
    return list(session.scalars(select(Letter).where(Letter.created_at == minutes(at))))


def drawn(session: Session, letter: Letter) -> notify.Mail | None:
    return notify.draw(session, letter, SETTINGS, KEYS)


def mailed(session: Session, at: float = 5) -> EmailMessage:
    """The one mail that is sent then, as a mail program reads it."""
    (letter,) = gathered(session, at)
    mail = drawn(session, letter)
    assert mail is not None
    raw = notify.compose(mail, SETTINGS).as_bytes()
    return BytesParser(EmailMessage, policy=default).parsebytes(raw)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def replied(session: Session, **facts: Any) -> Comment:
    """Carol replies to Alice, who asked to be told."""
    first = make.post(session, ALICE, "Is the *harbour* open?", thread_title="The Harbour")
    make.thread(session).url = "https://blog.example/harbour"
    make.subscribe(session, "alice", Scope.REPLIES, author=ALICE, **facts)
    return make.post(session, CAROL, "Yes, **it is**.", to=first, name="Carol", now=minutes(1))


# ── what it says ─────────────────────────────────────────────────────────────────────────────


def test_a_reply_is_mailed_with_what_it_answers_and_the_way_to_it(plain):
    reply = replied(plain)
    message = mailed(plain)
    assert (message["To"], message["Subject"]) == ("alice@example.org", "New comments: The Harbour")
    place = f"https://blog.example/harbour?comment={reply.id}#comment-{reply.id}"
    form = f"{BASE}/thread?key=article&comment={reply.id}&reply={reply.id}#reply-{reply.id}"
    for kind, text, quote in (
        ("plain", "  Yes, **it is**.", "  > Is the *harbour* open?"),
        ("html", "<p>Yes, <strong>it is</strong>.</p>", ">Is the *harbour* open?<"),
    ):
        said = part(message, kind).replace("&amp;", "&")
        for piece in ("Carol replied to Alice:", text, quote, place, form, "replies to your"):
            assert piece in said, (kind, piece)


def test_a_burst_of_replies_is_one_mail(plain):
    replied(plain)
    for number in range(3):
        make.post(plain, CAROL, f"And {number}", to=1, now=minutes(1.5))
    message = mailed(plain, at=2)
    assert part(message, "plain").count("replied to Alice:") == 4
    assert gathered(plain, at=500) == []


def test_of_a_great_many_the_first_are_shown_and_the_others_counted(plain):
    make.subscribe(plain, "dave")
    for number in range(MOST_SHOWN + 5):
        make.post(plain, CAROL, f"Number {number}.", name="Carol")
    text = part(mailed(plain), "plain")
    assert text.count("Carol wrote:") == MOST_SHOWN
    assert "… and 5 more comments." in text


def test_a_long_comment_among_several_is_begun(plain):
    make.subscribe(plain, "dave")
    make.post(plain, CAROL, "Short.")
    make.post(plain, CAROL, "<b>word " * 300)
    message = mailed(plain)
    html = part(message, "html")
    assert "&lt;b&gt;word &lt;b&gt;word" in html
    assert "<b>word" not in html
    assert len(part(message, "plain")) < MOST_OF_MANY + 2_000


def test_several_discussions_come_under_their_titles(plain):
    for key in ("a", "b"):
        make.subscribe(plain, "dave", thread=key)
        make.post(plain, CAROL, f"In {key}", thread=key, thread_title=f"About {key}")
    message = mailed(plain)
    assert message["Subject"] == "2 new comments at blog.example"
    assert part(message, "plain").startswith("== About a ==")
    assert '<h2><a href="https://blog.example/comments/thread?key=b">About b</a></h2>' in (
        part(message, "html")
    )
    assert message["List-Id"] == "<comments.blog.example>"
    assert message["References"] is None
    assert unsubscribed(message) == Holder(1)


def test_it_is_in_the_language_its_reader_had(plain):
    replied(plain, language="ar")
    message = mailed(plain)
    assert '<html lang="ar" dir="rtl">' in part(message, "html")
    assert "&lang=ar>" in message["List-Unsubscribe"]


def test_where_the_article_is_known_by_its_path_alone_our_own_address_completes_it(plain):
    reply = replied(plain)
    make.thread(plain).url = "/harbour"
    assert f"https://blog.example/harbour?comment={reply.id}" in part(mailed(plain), "plain")


def test_a_setting_tells_our_address_better_than_the_subscriber(plain):
    replied(plain, base_url="")
    plain.commit()
    settings = make.with_settings(url="https://talk.example", mail_from="c@blog.example")
    assert notify.gather(plain, settings, minutes(5)) == 1
    letter = plain.scalars(select(Letter)).one()
    mail = notify.draw(plain, letter, settings, KEYS)
    assert mail is not None
    assert "https://talk.example/unsubscribe?token=" in mail.headers["List-Unsubscribe"]


# ── what mail programs read ──────────────────────────────────────────────────────────────────


def unsubscribed(message: EmailMessage) -> Holder | None:
    """Whom the one click of a mail program unsubscribes."""
    address = message["List-Unsubscribe"]
    assert address.startswith(f"<{BASE}{links.UNSUBSCRIBE}?token=")
    return links.read(KEYS, address.split("token=")[1].partition("&")[0].rstrip(">"))


def test_one_click_ends_the_mails_of_this_discussion(plain):
    reply = replied(plain)
    message = mailed(plain)
    assert unsubscribed(message) == Holder(1, reply.thread_id)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == f"<discussion-{reply.thread_id}.comments.blog.example>"
    assert (message["Precedence"], message["Auto-Submitted"]) == ("list", "auto-generated")


@pytest.mark.parametrize("token", ["", "made up", KEYS.seal("guest", b"1.1")])
def test_a_link_that_was_not_made_here_is_nobodys(token):
    assert links.read(KEYS, token) is None


def test_the_page_of_everything_is_a_link_of_its_own(plain):
    replied(plain)
    text = part(mailed(plain), "plain")
    token = text.split(f"{BASE}{links.SUBSCRIPTIONS}?token=")[1].split()[0]
    assert links.read(KEYS, token) == Holder(1)


def test_a_mail_about_a_reply_answers_the_mail_about_its_parent(plain):
    make.subscribe(plain, "dave")
    first = make.post(plain, ALICE, "First", thread_title="The Harbour")
    about_first = mailed(plain, at=5)
    reply = make.post(plain, CAROL, "Reply", to=first, now=minutes(6))
    about_reply = mailed(plain, at=10)
    make.post(plain, ALICE, "Reply to it", to=reply, now=minutes(11))
    about_last = mailed(plain, at=15)
    assert about_reply["In-Reply-To"] == about_first["Message-ID"]
    assert about_last["In-Reply-To"] == about_reply["Message-ID"]
    beginning = about_first["References"]
    assert about_last["References"].split() == [
        beginning,
        about_first["Message-ID"],
        about_reply["Message-ID"],
    ]
    assert len({about_first["Subject"], about_reply["Subject"], about_last["Subject"]}) == 1


def test_what_was_sent_together_is_still_part_of_the_discussion(plain):
    make.subscribe(plain, "dave")
    make.post(plain, ALICE, "First")
    alone = mailed(plain, at=5)
    for body in ("Second", "Third"):
        make.post(plain, ALICE, body, now=minutes(6))
    together = mailed(plain, at=10)
    assert together["References"] == alone["References"]
    assert together["Message-ID"] != alone["Message-ID"]


def test_ids_tell_nothing_and_no_two_readers_have_the_same(plain):
    make.subscribe(plain, "dave")
    make.subscribe(plain, "erin")
    make.post(plain, CAROL, "Hello")
    mails = [drawn(plain, letter) for letter in gathered(plain)]
    heads = {
        str(notify.compose(mail, SETTINGS)[name])
        for mail in mails
        if mail
        for name in ("Message-ID", "References")
    }
    assert len(heads) == 4
    assert all(len(head) == len(f"<{'f' * 32}@blog.example>") for head in heads)


def test_a_long_address_is_written_whole_and_never_as_an_encoded_word(plain):
    replied(plain, base_url=f"https://blog.example/{'long/' * 60}comments")
    (letter,) = gathered(plain)
    mail = drawn(plain, letter)
    assert mail is not None
    raw = notify.compose(mail, SETTINGS).as_bytes()
    assert f"List-Unsubscribe: {mail.headers['List-Unsubscribe']}\r\n".encode() in raw
    assert max(map(len, raw.split(b"\r\n"))) < 998


# ── what strangers put into it ───────────────────────────────────────────────────────────────

HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Precedence",
    "MIME-Version",
    "Content-Type",
]


@pytest.fixture(scope="module")
def attacks() -> list[str]:
    texts = [*ATTACKS, *(family(300) for family in FAMILIES.values())]
    # Half a character is one that no database takes.
    return [text for text in texts if not re.search("[\ud800-\udfff]", text)]


def test_no_name_title_or_text_becomes_a_header_or_a_line_of_ours(plain, attacks):
    replied(plain)
    (letter,) = gathered(plain)
    for attack in attacks:
        # Straight into the tables, as if it had come there by another way than ours.
        plain.execute(update(Comment).values(author_name=attack, body=attack, html="<p>x</p>"))
        plain.execute(update(Thread).values(title=attack))
        plain.commit()
        mail = drawn(plain, letter)
        assert mail is not None
        raw = notify.compose(mail, SETTINGS).as_bytes()
        message = BytesParser(EmailMessage, policy=default).parsebytes(raw)
        assert message.keys() == HEADERS, attack
        assert len(str(message["Subject"]).splitlines()) == 1
        assert "carol@example.org" not in str(message["To"])
        assert "<script" not in part(message, "html")


def test_a_strangers_lines_never_look_like_ours(plain):
    make.subscribe(plain, "dave")
    forged = "Hm\n\n-- \nNo more of these: https://evil.example/\u2028x"
    make.post(plain, CAROL, forged)
    plain.execute(update(Comment).values(author_name=forged))
    text = part(mailed(plain), "plain")
    ours = [line for line in text.splitlines() if line.startswith("No more of these: ")]
    assert len(ours) == 1
    assert ours[0].startswith(f"No more of these: {BASE}")


def test_a_name_is_text_in_html_too(plain):
    replied(plain)
    plain.execute(update(Comment).values(author_name="<img src=x>"))
    html = part(mailed(plain), "html")
    assert "<img" not in html
    assert "&lt;img src=x&gt;" in html


# ── what is not told any more ────────────────────────────────────────────────────────────────


def unsubscribe(session: Session, _: Comment) -> None:
    session.execute(delete(Subscription))


def want_none(session: Session, _: Comment) -> None:
    session.execute(update(Subscriber).values(pace=Pace.NEVER))


def hide(session: Session, comment: Comment) -> None:
    make.decide(session, comment, Status.SPAM)


def take_back(session: Session, comment: Comment) -> None:
    make.delete(session, comment, by=CAROL)


def shadow(session: Session, comment: Comment) -> None:
    session.execute(update(Comment).where(Comment.id == comment.id).values(shadowed=True))


def be_theirs(session: Session, comment: Comment) -> None:
    of_alice = {"email_hash": KEYS.digest("email", "alice@example.org"), "verified": True}
    session.execute(update(Comment).where(Comment.id == comment.id).values(**of_alice))


CHANGES = [unsubscribe, want_none, hide, take_back, shadow, be_theirs]


@pytest.mark.parametrize("change", CHANGES, ids=lambda it: it.__name__)
def test_a_letter_that_waits_does_not_tell_what_is_taken_back(plain, change):
    reply = replied(plain)
    (letter,) = gathered(plain)
    change(plain, reply)
    assert drawn(plain, letter) is None


def test_an_address_that_is_not_shown_to_be_theirs_silences_nothing(plain):
    reply = replied(plain)
    guessed = {"email_hash": KEYS.digest("email", "alice@example.org")}
    plain.execute(update(Comment).where(Comment.id == reply.id).values(**guessed))
    assert "Carol replied" in part(mailed(plain), "plain")


def test_what_is_edited_meanwhile_is_mailed_as_it_is_now(plain):
    reply = replied(plain)
    (letter,) = gathered(plain)
    plain.execute(update(Comment).where(Comment.id == reply.id).values(body="No."))
    mail = drawn(plain, letter)
    assert mail is not None
    assert "  No." in mail.text


def test_what_was_hidden_when_the_letter_left_is_told_when_it_comes_back(plain):
    reply = replied(plain)
    (letter,) = gathered(plain)
    make.decide(plain, reply, Status.SPAM)
    assert drawn(plain, letter) is None
    make.decide(plain, reply, Status.PUBLISHED)
    assert "Carol replied" in part(mailed(plain, at=10), "plain")


def test_a_removed_parent_is_not_quoted(plain):
    replied(plain)
    make.delete(plain, plain.get_one(Comment, 1))
    text = part(mailed(plain), "plain")
    assert "Carol wrote:" in text
    assert "harbour* open" not in text


# ── gathering, on both databases ─────────────────────────────────────────────────────────────


def test_what_is_new_is_gathered_for_a_while_and_then_all_of_it_goes(session):
    replied(session)
    make.post(session, CAROL, "One more", to=1, now=minutes(1.9))
    assert gathered(session, at=1.9) == []
    (letter,) = gathered(session, at=2)
    told = session.execute(select(Notice.letter_id, Notice.told_at)).all()
    assert told == [(letter.id, minutes(2))] * 2
    assert (letter.recipient, letter.text, letter.subject) == ("", "", "")


def test_who_wants_one_mail_a_day_gets_one_with_what_came_meanwhile(session):
    make.subscribe(session, "dave", pace=Pace.DAILY)
    for hour in (0, 8, 23):
        make.post(session, CAROL, f"At {hour}", now=minutes(hour * 60))
    assert gathered(session, at=23.9 * 60) == []
    assert len(gathered(session, at=24 * 60 + 1)) == 1
    assert session.scalars(select(Notice.told_at).distinct()).all() == [minutes(24 * 60 + 1)]


def test_who_is_owed_a_mail_that_nobody_could_end_waits_for_our_address(session):
    make.subscribe(session, "dave", base_url="")
    make.subscribe(session, "erin")
    make.post(session, CAROL, "Hello")
    assert len(gathered(session)) == 1
    assert notify.count_stranded(session) == 1


def test_eight_workers_at_once_write_one_letter_to_each(engine: Engine):
    with Session(engine) as session:
        make.subscribers(session, 20)
        make.post(session, CAROL, "Hello")
        session.commit()
    together = Barrier(8)

    def work(_: int) -> int:
        with Session(engine) as session:
            together.wait()
            return notify.gather(session, SETTINGS, minutes(5))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 20
    with Session(engine) as session:
        to = session.scalars(select(Letter.subscriber_id)).all()
        assert len(to) == len(set(to)) == 20
        assert session.scalars(select(Notice.letter_id).where(Notice.told_at.is_(None))).all() == []

"""The outbox: what is written with a commit is mailed after it, once, and nothing rides along."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from comments import notify, signals
from comments.config import Settings
from comments.errors import ConfigError
from comments.models import Letter
from comments.notify.delivery import CLAIM
from comments.notify.mail import envelope
from comments.notify.outbox import RETRY_MINUTES
from comments.notify.smtp import NotSent
from comments.standalone import create_app
from tests import factories as make
from tests.factories import KEYS, NOON, minutes
from tests.services.ports import free_port
from tests.services.smtp import MailServer

ANN = "ann@example.org"
SENDER = "The Comments <comments@blog.example>"
MAIL = notify.Mail(recipient=ANN, subject="Hello", text="A link", written_at=NOON, number="1")


def settings_for(server: MailServer | str) -> Settings:
    uri = server if isinstance(server, str) else server.uri
    return Settings(smtp_uri=uri, mail_from=SENDER)


def write(
    session: Session, recipient: str = ANN, subject: str = "Hello", body: str = "A link"
) -> int:
    letter = notify.write(session, recipient, subject, body, NOON)
    session.commit()
    return letter.id


def deliver(session: Session, server: MailServer | str, at: float = 0) -> int:
    return notify.deliver(session, settings_for(server), KEYS, minutes(at))


def kept(session: Session, letter_id: int) -> Letter:
    return session.get_one(Letter, letter_id, populate_existing=True)


@pytest.fixture
def start_mail_server() -> Iterator[Callable[..., MailServer]]:
    with ExitStack() as running:

        def start(**options: object) -> MailServer:
            server = MailServer(**options)
            running.callback(server.stop)
            return server

        yield start


# ── one letter ───────────────────────────────────────────────────────────────────────────────


def test_a_letter_is_mailed_as_it_was_written(session, mail_server):
    write(session, subject="Grüße", body="Öffne:\nhttps://blog.example/x?token=abc\n")
    assert deliver(session, mail_server) == 1
    (mail,) = mail_server.letters
    assert (mail.sender, mail.recipients) == ("comments@blog.example", [ANN])
    assert mail.message["Subject"] == "Grüße"
    assert mail.message["From"] == SENDER
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.text.splitlines() == ["Öffne:", "https://blog.example/x?token=abc"]


def test_once_it_is_sent_its_text_is_gone_and_it_is_not_sent_again(session, mail_server):
    letter = write(session)
    deliver(session, mail_server)
    assert deliver(session, mail_server, at=10_000) == 0
    row = kept(session, letter)
    assert (row.text, row.next_try_at, row.error) == ("", None, None)
    assert row.sent_at - NOON < timedelta(minutes=1)


def test_a_letter_of_a_transaction_that_is_rolled_back_is_never_sent(session, mail_server):
    notify.write(session, ANN, "Hello", "A link", NOON)
    session.rollback()
    assert deliver(session, mail_server) == 0


def test_after_the_commit_the_postman_hears_of_it(session):
    heard: list[object] = []
    listen = heard.append
    with signals.letter_written.connected_to(listen):
        notify.write(session, ANN, "Hello", "A link", NOON)
        assert heard == []
        session.commit()
        signals.send_waiting(session, "sender")
    assert heard == ["sender"]


# ── what strangers put into it ───────────────────────────────────────────────────────────────

ATTACKS = [
    "Ann\r\nBcc: carol@example.org",
    "Ann\nBcc: carol@example.org",
    "Ann\rBcc: carol@example.org",
    "Ann\x0bBcc: carol@example.org\x0c",
    "Ann\u2028Bcc: carol@example.org",
    "Ann\x85Bcc: carol@example.org",
    "=?utf-8?q?=0D=0ABcc:_carol@example.org?=",
    "=?utf-8?b?DQpCY2M6IGNhcm9sQGV4YW1wbGUub3Jn?=",
    "==??utf-8?q?=0D=0ABcc:_carol@example.org??==",
    "\x00Ann\x1b[2J\x7f",
    "\u202egnA\u200b\ufeff",
    "x" * 5000,
    "",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_a_subject_becomes_a_header_of_its_own(mail_server, attack):
    # Straight to the wire, as if it had come into the outbox by another way than ours.
    subject = f"A comment by {attack}"
    mail = replace(MAIL, subject=subject)
    with closing(notify.Server(settings_for(mail_server))) as server:
        server.send(mail, lambda: None)
    (mail,) = mail_server.letters
    names = [name.lower() for name in mail.message]
    assert mail.recipients == [ANN]
    assert "bcc" not in names
    assert len(names) == len(set(names))
    told = str(mail.message["Subject"])
    assert told.startswith("A comment by")
    assert told.isprintable()
    assert len(told) <= 200


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_one_cleaning_function_leaves_one_line_without_encoded_words(attack):
    cleaned = notify.clean_header(attack)
    assert cleaned.isprintable()
    assert "=?" not in cleaned
    assert "?=" not in cleaned
    assert notify.clean_header(cleaned) == cleaned


def test_the_owners_own_name_passes_through_it_too(mail_server):
    settings = Settings(smtp_uri=mail_server.uri, mail_from="=?utf-8?q?Ev=0Ail?= <c@blog.example>")
    assert "=?" not in str(notify.compose(MAIL, settings)["From"])


def test_a_domain_that_there_cannot_be_is_left_as_it_is():
    mail = replace(MAIL, recipient=f"ann@{'x' * 64}.example")
    message = notify.compose(mail, Settings(mail_from="c@blog.example"))
    assert str(message["To"]) == mail.recipient


def test_a_long_address_is_written_whole():
    mail = replace(MAIL, recipient=f"ann@{'.'.join(['b' * 50] * 4)}.example")
    message = notify.compose(mail, Settings(mail_from="c@blog.example"))
    assert str(message["To"]) == envelope(mail.recipient) == mail.recipient


def test_an_address_of_another_alphabets_domain_is_written_as_mail_servers_do():
    mail = replace(MAIL, recipient="ann@bücher.example")
    message = notify.compose(mail, Settings(mail_from="c@blog.example"))
    assert str(message["To"]) == "ann@xn--bcher-kva.example"


# ── trouble ──────────────────────────────────────────────────────────────────────────────────


def test_what_is_refused_for_good_is_given_up_with_a_reason_that_names_nobody(session, mail_server):
    mail_server.answers[ANN] = f"550 5.1.1 <{ANN}>: unknown here"
    letter = write(session)
    other = write(session, "carol@example.org")
    assert deliver(session, mail_server) == 1
    row = kept(session, letter)
    assert (row.error, row.next_try_at, row.sent_at, row.text) == ("550 5.1.1", None, None, "")
    assert kept(session, other).sent_at is not None


def test_what_is_refused_for_now_is_tried_again_after_growing_pauses(session, mail_server):
    mail_server.answers["DATA"] = "451 come back later"
    letter = write(session)
    at, waits = 0.0, []
    while (due := kept(session, letter).next_try_at) is not None:
        at = max(at, (due - NOON) / timedelta(minutes=1)) + 0.1
        assert deliver(session, mail_server, at) == 0
        again = kept(session, letter).next_try_at
        waits.append(round((again - minutes(at)) / timedelta(minutes=1)) if again else None)
        session.rollback()
    assert waits == [*RETRY_MINUTES, None]
    row = kept(session, letter)
    assert (row.error, row.text, row.sent_at) == ("451", "", None)


def test_a_letter_survives_a_server_that_is_away(session, mail_server):
    nobody = f"smtp://127.0.0.1:{free_port()}"
    first, second = write(session), write(session)
    assert deliver(session, nobody) == 0
    assert kept(session, first).error == "the server cannot be reached: ConnectionRefusedError"
    # The second one was not tried: it would have fared no better.
    assert kept(session, second).attempts == 0
    session.rollback()
    assert deliver(session, mail_server, at=RETRY_MINUTES[0] + 1) == 2


def test_a_connection_that_breaks_costs_one_letter_a_pause_and_the_others_nothing(session):
    class Fickle:
        tries = 0

        def __init__(self, _settings: Settings) -> None: ...

        def send(self, _mail: object, _about_to_end: object) -> None:
            Fickle.tries += 1
            if Fickle.tries == 1:
                raise NotSent("the connection broke")

        def close(self) -> None: ...

    first, second = write(session), write(session)
    assert notify.deliver(session, settings_for("smtp://127.0.0.1"), KEYS, NOON, Fickle) == 1
    assert kept(session, first).error == "the connection broke"
    assert kept(session, second).sent_at is not None


def test_an_address_outside_ascii_is_given_up_where_the_server_cannot_take_it(session, mail_server):
    letter = write(session, "änn@example.org")
    assert deliver(session, mail_server) == 1  # this one speaks SMTPUTF8
    assert kept(session, letter).sent_at is not None
    assert mail_server.letters[0].recipients == ["änn@example.org"]


# ── several workers ──────────────────────────────────────────────────────────────────────────


def test_eight_workers_at_once_send_each_letter_once(engine, mail_server):
    with Session(engine) as session:
        for number in range(20):
            write(session, f"reader{number}@example.org")
    together = Barrier(8)

    def work(_: int) -> int:
        with Session(engine) as session:
            together.wait()
            return deliver(session, mail_server)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 20
    recipients = [mail.recipients[0] for mail in mail_server.letters]
    assert sorted(recipients) == sorted(f"reader{number}@example.org" for number in range(20))


def test_a_letter_in_the_hand_of_one_worker_is_not_sent_by_another(engine, mail_server):
    with Session(engine) as session:
        write(session)
    seen: list[int] = []

    class Slow:
        def __init__(self, _settings: Settings) -> None: ...

        def send(self, _mail: object, _about_to_end: object) -> None:
            with Session(engine) as other:
                seen.append(deliver(other, mail_server))
                # Writers are not kept waiting meanwhile.
                other.execute(update(Letter).values(subject="Hello again"))
                other.commit()

        def close(self) -> None: ...

    with Session(engine) as session:
        notify.deliver(session, settings_for(mail_server), KEYS, NOON, Slow)
    assert seen == [0]


def test_what_a_worker_died_with_in_its_hand_is_taken_up_by_another(engine, mail_server):
    class Dies:
        def __init__(self, _settings: Settings) -> None: ...

        def send(self, _mail: object, _about_to_end: object) -> None:
            raise KeyboardInterrupt

        def close(self) -> None: ...

    with Session(engine) as session:
        write(session)
        with pytest.raises(KeyboardInterrupt):
            notify.deliver(session, settings_for(mail_server), KEYS, NOON, Dies)
    with Session(engine) as session:
        late = CLAIM / timedelta(minutes=1) + 1
        assert (deliver(session, mail_server, at=1), deliver(session, mail_server, at=late)) == (
            0,
            1,
        )


# ── the server's ways ────────────────────────────────────────────────────────────────────────

ANN_MAY = ("ann", "a p@ss/word")
QUOTED = "ann:a%20p%40ss%2Fword"


def quoted(server: MailServer) -> str:
    return server.uri.replace(":".join(ANN_MAY), QUOTED)


def test_a_connection_is_secured_where_the_server_offers_it(session, start_mail_server):
    server = start_mail_server(starttls=True, user=ANN_MAY)
    write(session)
    assert deliver(session, quoted(server)) == 1
    assert (server.letters[0].over_tls, server.letters[0].user) == (True, "ann")


def test_smtps_is_secure_from_the_first_byte(session, start_mail_server):
    server = start_mail_server(smtps=True, user=ANN_MAY)
    write(session)
    assert deliver(session, quoted(server)) == 1
    assert (server.letters[0].over_tls, server.letters[0].user) == (True, "ann")


def test_a_wrong_password_of_ours_gives_up_no_letter(session, start_mail_server):
    server = start_mail_server(starttls=True, user=ANN_MAY)
    letter = write(session)
    assert deliver(session, quoted(server).replace("word", "ward")) == 0
    row = kept(session, letter)
    assert (row.error or "").startswith("535")
    assert row.next_try_at >= minutes(RETRY_MINUTES[0])


@pytest.mark.parametrize(
    "values",
    [
        {"COMMENTS_SMTP_URI": "mail.example:587", "COMMENTS_MAIL_FROM": "c@blog.example"},
        {"COMMENTS_SMTP_URI": "smtp://mail.example:x", "COMMENTS_MAIL_FROM": "c@blog.example"},
        {"COMMENTS_SMTP_URI": "smtp://mail.example", "COMMENTS_MAIL_FROM": "nobody"},
        {"COMMENTS_SMTP_URI": "smtp://mail.example"},
        {"COMMENTS_MODERATORS_MAIL": "mods@blog.example"},
    ],
)
def test_a_setting_that_cannot_work_stops_the_start(values, tmp_path):
    given = {"COMMENTS_INSTANCE": str(tmp_path)}
    with pytest.raises(ConfigError, match=r"COMMENTS_(SMTP_URI|MAIL_FROM|MODERATORS_MAIL) is"):
        create_app(given | values)


# ── the postman ──────────────────────────────────────────────────────────────────────────────


def test_the_postman_delivers_what_is_there_and_what_he_is_woken_for(engine, mail_server):
    before = set(threading.enumerate())
    postman = notify.Postman(lambda: engine, settings_for(mail_server), KEYS)
    with Session(engine) as session:
        write(session, subject="left from before")
        postman.start()
        postman.start()
        mail_server.wait_for(1)
        write(session, subject="new")
        postman.wake()
        mail_server.wait_for(2)
    postman.stop()
    # Services of other tests of this process may have postmen of their own.
    left = set(threading.enumerate()) - before
    assert "comments-postman" not in {thread.name for thread in left}


def test_the_postman_outlives_a_database_that_is_away(engine, mail_server, caplog):
    found: list[Engine] = []

    def engine_or_none() -> Engine:
        if not found:
            found.append(engine)
            raise OSError("a secret of the database")
        return engine

    postman = notify.Postman(engine_or_none, settings_for(mail_server), KEYS)
    with Session(engine) as session:
        write(session)
        postman.start()
        mail_server.wait_until(lambda: bool(found))
        postman.wake()
        mail_server.wait_for(1)
    postman.stop()
    assert "OSError" in caplog.text
    assert "secret" not in caplog.text


def test_the_postman_gathers_and_delivers_and_tells_it(engine, mail_server):
    told: list[tuple[int, int]] = []
    settings = replace(settings_for(mail_server), mail_wait=0)
    postman = notify.Postman(lambda: engine, settings, KEYS, lambda *round_: told.append(round_))
    with Session(engine) as session:
        make.subscribe(session)
        make.post(session, make.CAROL, "Hello", now=datetime.now(UTC))
        session.commit()
    postman.start()
    mail_server.wait_until(lambda: bool(told))
    postman.stop()
    assert told == [(1, 1)]
    assert mail_server.letters[0].recipients == ["dave@example.org"]


def test_the_postman_says_once_that_nothing_tells_our_address(engine, mail_server, caplog):
    postman = notify.Postman(lambda: engine, settings_for(mail_server), KEYS)
    with Session(engine) as session:
        make.subscribe(session, base_url="")
        make.post(session, make.CAROL, "Hello")
        session.commit()
        postman.start()
        mail_server.wait_until(lambda: "COMMENTS_URL" in caplog.text)
        write(session)
        postman.wake()
        mail_server.wait_for(1)
    postman.stop()
    assert caplog.text.count("COMMENTS_URL") == 1


def test_a_server_that_is_away_for_a_day_loses_and_doubles_nothing(session, mail_server):
    emails = make.subscribers(session, 5)
    make.post(session, make.CAROL, "Hello")
    session.commit()
    nobody = f"smtp://127.0.0.1:{free_port()}"
    notify.gather(session, settings_for(mail_server), minutes(2))
    for hour in range(48):
        assert deliver(session, nobody, at=60 * hour + 2) == 0
    assert deliver(session, mail_server, at=72 * 60) == 5
    assert sorted(mail.recipients[0] for mail in mail_server.letters) == emails

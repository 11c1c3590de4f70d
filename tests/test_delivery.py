"""Nothing lost and nothing twice, whatever the mail server does and whoever dies.

A real mail server in a process of its own misbehaves on purpose. What it has taken is in its file
before it says so.
"""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from comments import notify
from comments.config import Settings
from comments.errors import CommentsError
from comments.models import Letter, Notice, Pace, Subscriber
from comments.notify.delivery import CLAIM, MOST_RETURNS
from comments.notify.outbox import RETRY_MINUTES
from tests import factories as make
from tests.factories import CAROL, KEYS, NOON, minutes
from tests.services.postal import RudeMailServer, Workers

ANN = "ann@example.org"
ERIN = "erin@example.org"
LATE = CLAIM / timedelta(minutes=1) + 1
#: A worker that waits no longer than a test has time for.
HASTY = partial(notify.Server, timeout=20, patience=0.2)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RudeMailServer]:
    server = RudeMailServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RudeMailServer]:
    server = RudeMailServer(tmp_path_factory.mktemp("rude"))
    yield server
    server.stop()


def settings_for(server: RudeMailServer) -> Settings:
    return Settings(smtp_uri=server.uri, mail_from="comments@blog.example", mail_wait=0)


def write(session: Session, to: str = ANN) -> int:
    letter = notify.write(session, to, "Hello", "A link", NOON, purpose="queue")
    session.commit()
    return letter.id


def deliver(session: Session, server: RudeMailServer, at: float = 0) -> int:
    return notify.deliver(session, settings_for(server), KEYS, minutes(at), HASTY)


def state(session: Session, letter_id: int, at: float = 0) -> str:
    letter = session.get_one(Letter, letter_id, populate_existing=True)
    return notify.state(letter, minutes(at) + timedelta(seconds=30)).value


# ── a server that misbehaves ─────────────────────────────────────────────────────────────────

BEFORE_THE_MAIL = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA")
LATER = "451 4.7.1 come back later"


def broken(step: str) -> dict[str, object]:
    return {"hang_up": step}


def refused_for_now(step: str) -> dict[str, object]:
    return {"answers": {step: LATER}}


TROUBLE = [
    *((broken, step) for step in BEFORE_THE_MAIL),
    *((refused_for_now, step) for step in ("CONNECT", "MAIL", "RCPT", "DATA", "DOT")),
]


@pytest.mark.parametrize(("how", "step"), TROUBLE)
def test_what_was_not_taken_is_sent_once_the_server_is_well(session, shared, how, step):
    letter, before = write(session), shared.recipients()[ANN]
    shared.behave(**how(step))
    assert deliver(session, shared) == 0
    assert state(session, letter) == "waiting"
    session.rollback()
    shared.behave()
    assert deliver(session, shared, at=RETRY_MINUTES[0] + 1) == 1
    assert state(session, letter) == "sent"
    assert shared.recipients()[ANN] == before + 1


def test_a_server_that_leaves_in_the_middle_of_a_mail_has_not_taken_it(session, shared):
    letter, before = write(session), shared.recipients()[ANN]
    shared.behave(hang_up="CONTENT")
    assert deliver(session, shared) == 0
    # What was said last may have left us before we noticed; then nobody knows.
    assert state(session, letter) in ("waiting", "interrupted")
    assert shared.recipients()[ANN] == before


@pytest.mark.parametrize("how", ["hang_up", "silent"])
def test_after_the_last_byte_without_an_answer_nobody_sends_it_again(session, shared, how):
    letter, before = write(session), shared.recipients()[ANN]
    shared.behave(**{how: "DOT"})
    assert deliver(session, shared) == 0
    shared.behave()
    assert deliver(session, shared, at=10_000) == 0
    assert state(session, letter, at=10_000) == "interrupted"
    assert shared.recipients()[ANN] == before + 1
    notify.send_again(session, letter, minutes(10_001))
    session.commit()
    assert deliver(session, shared, at=10_001) == 1
    assert state(session, letter) == "sent"


@pytest.mark.parametrize("step", ["RCPT", "DATA", "DOT"])
def test_what_is_refused_for_good_ends_and_can_be_sent_again_by_hand(session, shared, step):
    letter = write(session)
    shared.behave(answers={step: "550 5.7.1 not you"})
    assert deliver(session, shared) == 0
    shared.behave()
    assert deliver(session, shared, at=10_000) == 0
    assert state(session, letter) == "failed"
    notify.send_again(session, letter, minutes(10_000))
    session.commit()
    assert deliver(session, shared, at=10_000) == 1


def test_one_recipient_who_is_refused_holds_up_nobody(session, server):
    first, refused, last = write(session), write(session, ERIN), write(session)
    server.behave(answers={ERIN: "550 5.1.1 who?"})
    assert deliver(session, server) == 2
    assert [state(session, id) for id in (first, refused, last)] == ["sent", "failed", "sent"]
    # All over one connection: a refusal is no reason to part.
    assert len({mail["connection"] for mail in server.taken()}) == 1


def test_a_server_that_leaves_after_some_mails_is_called_again(session, server):
    refused, other = write(session, ERIN), write(session)
    server.behave(answers={ERIN: "421 4.7.0 too many mails"})
    assert deliver(session, server) == 1
    assert (state(session, refused), state(session, other)) == ("waiting", "sent")


def test_a_server_that_leaves_after_a_refusal_is_called_again(session, shared):
    refused, other = write(session, ERIN), write(session)
    shared.behave(answers={ERIN: "550 5.1.1 who?"}, hang_up="RSET")
    assert deliver(session, shared) == 1
    assert (state(session, refused), state(session, other)) == ("failed", "sent")


def test_an_address_that_the_server_cannot_write_fails_alone(session, shared):
    foreign, other = write(session, "änn@example.org"), write(session)
    shared.behave()
    assert deliver(session, shared) == 1
    assert (state(session, foreign), state(session, other)) == ("failed", "sent")


def test_a_letter_to_nobody_goes_without_a_word(session, shared):
    write(session, "")
    assert deliver(session, shared) == 0
    assert session.scalars(select(Letter.id)).all() == []


def test_lines_that_begin_with_a_dot_arrive_whole(session, server):
    notify.write(session, ANN, "Hello", ".\n..\n.x\nend", NOON)
    session.commit()
    assert deliver(session, server) == 1
    assert server.taken()[0]["content"].endswith("\r\n\r\n.\r\n..\r\n.x\r\nend\r\n")


def test_a_server_that_is_away_for_two_days_loses_nothing():
    assert sum(RETRY_MINUTES) > 2 * 24 * 60


# ── who claims it ────────────────────────────────────────────────────────────────────────────


class Interrupted:
    """A transport during which something happens, before or after it is about to end."""

    def __init__(self, before=lambda: None, after=lambda: None) -> None:
        self._before, self._after = before, after

    def __call__(self, _settings: Settings) -> "Interrupted":
        return self

    def send(self, _mail: object, about_to_end) -> None:
        self._before()
        about_to_end()
        self._after()

    def close(self) -> None: ...


def die() -> None:
    raise KeyboardInterrupt


def test_a_letter_in_hand_when_its_worker_dies_is_sent_by_another(session, server):
    letter = write(session)
    with pytest.raises(KeyboardInterrupt):
        notify.deliver(session, settings_for(server), KEYS, NOON, Interrupted(before=die))
    session.rollback()
    assert state(session, letter) == "sending"
    session.rollback()
    assert (deliver(session, server, at=1), deliver(session, server, at=LATE)) == (0, 1)


def test_a_letter_that_may_have_left_when_its_worker_died_is_shown_as_interrupted(session, server):
    letter = write(session)
    with pytest.raises(KeyboardInterrupt):
        notify.deliver(session, settings_for(server), KEYS, NOON, Interrupted(after=die))
    session.rollback()
    assert state(session, letter) == "sending"
    assert state(session, letter, at=LATE) == "interrupted"
    session.rollback()
    assert deliver(session, server, at=LATE) == 0
    row = session.get_one(Letter, letter, populate_existing=True)
    # Nothing waits for it any more, so it is thrown away in its time.
    assert (row.next_try_at, row.error) == (None, "the worker died while it was sent")
    assert state(session, letter, at=LATE) == "interrupted"


def test_who_was_too_slow_to_send_does_not_send_what_another_has_sent(engine, server):
    with Session(engine) as session:
        write(session)

    def another_sends_it() -> None:
        with Session(engine) as other:
            assert deliver(other, server, at=LATE) == 1

    with Session(engine) as session:
        slow = Interrupted(before=another_sends_it, after=lambda: pytest.fail("sent twice"))
        assert notify.deliver(session, settings_for(server), KEYS, NOON, slow) == 0
    assert server.recipients() == {ANN: 1}


def test_a_letter_that_is_withdrawn_at_the_last_moment_is_not_sent(engine, server):
    with Session(engine) as session:
        dave = make.subscribe(session)
        make.post(session, CAROL, "Hello")
        session.commit()
        leaving = dave.subscriber_id
        notify.gather(session, settings_for(server), NOON)

    def leave() -> None:
        with Session(engine) as other:
            notify.forget(other, leaving)
            other.commit()

    class Late(notify.Server):
        def send(self, mail, about_to_end) -> None:
            def too_late() -> None:
                leave()
                about_to_end()

            super().send(mail, too_late)

    with Session(engine) as session:
        assert notify.deliver(session, settings_for(server), KEYS, NOON, Late) == 0
    assert server.taken() == []


def test_eight_workers_at_once_tell_each_subscriber_once(engine: Engine, server):
    with Session(engine) as session:
        emails = make.subscribers(session, 24)
        make.post(session, CAROL, "Hello")
        session.commit()
    together = Barrier(8)

    def work(_: int) -> int:
        with Session(engine) as session:
            together.wait()
            notify.gather(session, settings_for(server), NOON)
            return deliver(session, server)

    with ThreadPoolExecutor(8) as pool:
        sent = sum(pool.map(work, range(8)))
    with Session(engine) as session:
        # Whoever was done before the last letters were written left them to the next round.
        assert sent + deliver(session, server) == 24
    assert server.recipients() == dict.fromkeys(emails, 1)


# ── subscribers ──────────────────────────────────────────────────────────────────────────────


def returned(session: Session, server: RudeMailServer, answers: list[str]) -> Pace:
    """The pace of a subscriber after letters that were answered so."""
    make.subscribe(session, "erin")
    for number, answer in enumerate(answers):
        at = 10.0 * (number + 1)
        make.post(session, CAROL, f"Hello {number}", now=minutes(at))
        session.commit()
        server.behave(answers={ERIN: answer})
        notify.gather(session, settings_for(server), minutes(at))
        deliver(session, server, at=at)
    return session.scalars(select(Subscriber.pace)).one()


def test_an_address_at_which_there_is_nobody_is_left_alone_in_the_end(session, shared):
    nobody = ["550 5.1.1 who?"] * MOST_RETURNS
    assert returned(session, shared, nobody) is Pace.NEVER


@pytest.mark.parametrize(
    "answers",
    [
        ["550 5.1.1 who?"] * (MOST_RETURNS - 1),
        ["550 5.1.1 who?", "250 fine", "550 5.1.1 who?"],
        ["554 5.7.1 relay access denied"] * MOST_RETURNS,
    ],
    ids=["too few", "one arrived", "the server refuses us"],
)
def test_other_refusals_silence_nobody(session, shared, answers):
    assert returned(session, shared, answers) is Pace.IMMEDIATE


def test_a_letter_with_nothing_left_to_say_goes_without_a_word(session, shared):
    make.subscribe(session)
    comment = make.post(session, CAROL, "Hello")
    session.commit()
    notify.gather(session, settings_for(shared), NOON)
    make.delete(session, comment, by=CAROL)
    session.commit()
    assert deliver(session, shared) == 0
    assert session.scalars(select(Letter.id)).all() == []


def test_a_letter_to_a_subscriber_goes_to_the_address_they_have_now(session, shared):
    shared.behave()
    before = shared.recipients()["new@example.org"]
    dave = make.subscribe(session)
    notify.write(session, "", "Is it you?", "A link", NOON, subscriber_id=dave.subscriber_id)
    session.execute(update(Subscriber).values(email="new@example.org"))
    session.commit()
    assert deliver(session, shared) == 1
    assert shared.recipients()["new@example.org"] == before + 1


# ── by hand ──────────────────────────────────────────────────────────────────────────────────


def test_a_test_is_a_mail_like_others(session, shared):
    shared.behave()
    letter = notify.write_test(session, "owner@example.org", NOON)
    session.commit()
    assert deliver(session, shared) == 1
    assert state(session, letter.id) == "sent"
    assert "arrives here" in shared.taken()[-1]["content"]


@pytest.mark.parametrize("what", ["waiting", "sent", "fleeting"])
def test_what_needs_no_second_time_is_not_sent_again(session, shared, what):
    shared.behave(answers={"RCPT": "550 5.7.1 not you"} if what == "fleeting" else {})
    letter = notify.write(session, ANN, "Hello", "A link", NOON)
    session.commit()
    if what != "waiting":
        deliver(session, shared)
    with pytest.raises(CommentsError) as refused:
        notify.send_again(session, letter.id, NOON)
    assert refused.value.code == "changed_meanwhile"


def test_what_is_not_there_cannot_be_sent_again(session):
    with pytest.raises(CommentsError) as refused:
        notify.send_again(session, 1, NOON)
    assert refused.value.code == "not_found"


def test_what_nobody_answers_for_three_days_is_given_up(session, shared):
    letter = write(session)
    shared.behave(answers={"RCPT": LATER})
    session.execute(update(Letter).values(attempts=len(RETRY_MINUTES)))
    session.commit()
    deliver(session, shared)
    assert state(session, letter) == "given_up"


# ── kill -9 ──────────────────────────────────────────────────────────────────────────────────

LETTERS, KILLS = 300, 30


@pytest.mark.again
def test_thirty_killed_workers_lose_no_notification_and_send_none_twice(
    engine: Engine, server: RudeMailServer
):
    with Session(engine) as session:
        emails = make.subscribers(session, LETTERS)
        make.post(session, CAROL, "Hello", now=datetime.now(UTC))
        session.commit()
    server.behave(delay=0.003)
    workers = Workers(engine.url.render_as_string(hide_password=False), server.uri)
    for _ in range(KILLS):
        kill_one_at_work(workers, server)
    workers.stop()
    server.behave()
    with Session(engine) as session:
        late = datetime.now(UTC) + CLAIM + timedelta(minutes=1)
        notify.gather(session, settings_for(server), late)
        notify.deliver(session, settings_for(server), KEYS, late)
        states = {
            email: notify.state(letter, late).value
            for letter, email in session.execute(
                select(Letter, Subscriber.email).join(
                    Subscriber, Subscriber.id == Letter.subscriber_id
                )
            )
        }
        owed = select(func.count()).where(Notice.told_at.is_(None))
        assert session.scalars(owed).one() == 0
    received = server.recipients()
    assert sorted(states) == sorted(emails), "a notification has no letter"
    # Whether one died in the very moment after the last byte is chance.
    assert "sent" in states.values()
    assert set(states.values()) <= {"sent", "interrupted"}
    assert {email: n for email, n in received.items() if n > 1} == {}
    missing = {email for email in emails if received[email] == 0}
    assert missing <= {email for email in emails if states[email] == "interrupted"}


def kill_one_at_work(workers: Workers, server: RudeMailServer) -> None:
    """Kill a worker in ever another place: after some mails, and a little later than that."""
    enough = server.count() + random.randint(0, 8)
    pid = workers.start()
    for _ in range(2_000):
        if server.count() >= enough:
            break
        time.sleep(0.005)
    time.sleep(random.random() * 0.02)
    workers.kill(pid)

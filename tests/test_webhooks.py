"""Programs that listen are told what happened: each of everything, at least once, in time."""

import base64
import hmac
import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from comments import moderation, notify, posting
from comments.config import Settings
from comments.kinds import Webhook
from comments.models import Letter, Status
from comments.notify import webhooks
from comments.notify.delivery import CLAIM
from comments.notify.outbox import RETRY_MINUTES
from tests import factories as make
from tests.factories import CAROL, KEYS, NOON, minutes
from tests.services import node
from tests.services.ports import free_port
from tests.services.receiver import Receiver

KEY = b"a key of the tests, long enough!"
EVERYTHING = frozenset(("published", "pending", "reported"))
SOMEWHERE = "https://hooks.example/in"
LATE = CLAIM / timedelta(minutes=1) + 1
#: Longer than a receiver of these tests needs, and no longer than a test has time for.
PATIENCE = 0.5


def hook(url: str = SOMEWHERE, *events: str) -> Webhook:
    return Webhook(url, (KEY,), frozenset(events) or EVERYTHING)


@pytest.fixture
def receiver(serve: Callable[..., str]) -> Receiver:
    return Receiver(serve)


def owed(session: Session) -> list[tuple[str, str, int]]:
    """Whom, of what and about which comment."""
    rows = session.scalars(select(Letter).where(Letter.kind == "webhook").order_by(Letter.id))
    return [(row.recipient, row.purpose, webhooks.about(row)) for row in rows]


# ── what is owed ─────────────────────────────────────────────────────────────────────────────


def test_who_listens_is_owed_what_becomes_visible_and_what_waits(session):
    webhooks.listen(session, [hook()])
    shown = make.post(session)
    held = make.post(session, CAROL, settings=make.with_settings(hold="all"))
    make.decide(session, held, Status.PUBLISHED)
    make.decide(session, held, Status.PENDING)
    make.decide(session, held, Status.SPAM)
    assert owed(session) == [
        (SOMEWHERE, "comment.published", shown.id),
        (SOMEWHERE, "comment.pending", held.id),
        (SOMEWHERE, "comment.published", held.id),
        (SOMEWHERE, "comment.pending", held.id),
    ]


def test_each_is_owed_the_events_that_it_asked_for(session):
    webhooks.listen(session, [hook("https://a.example/", "reported"), hook(SOMEWHERE, "pending")])
    comment = make.post(session)
    report(session, comment.id)
    assert owed(session) == [("https://a.example/", "comment.reported", comment.id)]


def report(session: Session, comment_id: int, by: Any = CAROL) -> None:
    posting.report(session, by, comment_id, "spam", "", settings=make.SETTINGS, now=NOON)


def test_of_a_report_that_opens_nothing_nobody_is_told(session):
    webhooks.listen(session, [hook(SOMEWHERE, "reported")])
    comment = make.post(session)
    report(session, comment.id)
    report(session, comment.id)
    moderation.keep(session, comment.id, make.action())
    report(session, comment.id, make.stranger())
    assert len(owed(session)) == 1


def test_what_many_are_put_into_at_once_is_told_of_each(session):
    held = [make.post(session, settings=make.with_settings(hold="all")).id for _ in range(3)]
    webhooks.listen(session, [hook()])
    ids = moderation.set_status_of_many(session, held, Status.PUBLISHED, make.action())
    assert owed(session) == [(SOMEWHERE, "comment.published", id) for id in ids]
    moderation.set_status_of_many(session, held, Status.SPAM, make.action())
    assert len(owed(session)) == 3


def test_what_was_rolled_back_is_told_to_nobody(session):
    webhooks.listen(session, [hook()])
    make.post(session)
    session.rollback()
    assert owed(session) == []


def test_where_nobody_listens_nothing_is_written(session):
    make.post(session)
    assert owed(session) == []


# ── how it is signed ─────────────────────────────────────────────────────────────────────────


def test_it_is_signed_as_the_specification_shows():
    """The example of the reference libraries of Standard Webhooks."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    listening = Webhook(SOMEWHERE, (key, KEY), EVERYTHING)
    content = b'{"test": 2432232314}'
    headers = webhooks.signed(listening, "msg_p5jXN8AQM9LWM0D4loKWxJek", content, at)
    first, second = headers.pop("webhook-signature").split()
    assert first == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert second.startswith("v1,")
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
    }


# ── how it is brought ────────────────────────────────────────────────────────────────────────


def tell(_session: Session, letter: Letter) -> dict[str, Any]:
    return {"about": webhooks.about(letter)}


def bring(session: Session, *hooks: Webhook, at: float = 0, tells: notify.Tell = tell) -> int:
    settings = Settings(webhooks=hooks)
    return notify.deliver_webhooks(session, settings, KEYS, tells, minutes(at), seconds=PATIENCE)


def owe(session: Session, *hooks: Webhook, number: int = 1) -> None:
    webhooks.listen(session, hooks)
    webhooks.owe(session, "published", range(1, number + 1), NOON)
    session.commit()


def rows(session: Session, at: float = 0) -> list[tuple[str, str | None]]:
    """What has become of each."""
    moment = minutes(at) + timedelta(minutes=1)
    found = session.scalars(select(Letter).order_by(Letter.id))
    return [(notify.state(row, moment).value, row.error) for row in found]


def test_it_arrives_signed_with_what_happened(session, receiver):
    owe(session, hook(receiver.url))
    assert bring(session, hook(receiver.url), at=1) == 1
    (heard,) = receiver.heard
    said = b".".join((heard.id.encode(), heard.headers["webhook-timestamp"].encode(), heard.body))
    signature = base64.b64encode(hmac.digest(KEY, said, "sha256")).decode()
    assert heard.headers["webhook-signature"] == f"v1,{signature}"
    assert heard.headers["webhook-timestamp"] == str(int(minutes(1).timestamp()))
    assert heard.headers["content-type"] == "application/json"
    assert json.loads(heard.body) == {
        "id": heard.id,
        "type": "comment.published",
        "timestamp": "2026-11-22T12:00:00Z",
        "data": {"about": 1},
    }
    assert rows(session) == [("sent", None)]
    assert bring(session, hook(receiver.url), at=2) == 0


@pytest.mark.parametrize("trouble", [500, 503, 429, 408])
def test_what_is_refused_for_the_moment_comes_again_with_the_same_id(session, receiver, trouble):
    receiver.answers = [trouble, 200]
    owe(session, hook(receiver.url))
    assert bring(session, hook(receiver.url)) == 0
    assert rows(session) == [("waiting", str(trouble))]
    assert bring(session, hook(receiver.url), at=RETRY_MINUTES[0] - 0.5) == 0
    assert bring(session, hook(receiver.url), at=RETRY_MINUTES[0] + 0.5) == 1
    assert len(receiver.heard) == 2
    assert len(set(receiver.ids())) == 1


def test_after_the_last_pause_it_is_given_up(session, receiver):
    receiver.answers = [500]
    owe(session, hook(receiver.url))
    at = 0.0
    for pause in (*RETRY_MINUTES, 0):
        bring(session, hook(receiver.url), at=at)
        at += pause + 0.1
    assert rows(session, at) == [("given_up", "500")]
    assert len(receiver.heard) == len(RETRY_MINUTES) + 1


@pytest.mark.parametrize("answer", [400, 404, (302, {"Location": "/in"})])
def test_what_is_refused_for_good_is_not_brought_again(session, receiver, answer):
    receiver.answers = [answer, 200]
    owe(session, hook(receiver.url))
    bring(session, hook(receiver.url))
    assert rows(session)[0][0] == "failed"
    assert bring(session, hook(receiver.url), at=10_000) == 0
    assert len(receiver.heard) == 1


def test_a_receiver_that_is_gone_is_left_alone_with_all_that_waits_for_it(
    session, receiver, serve, caplog
):
    receiver.answers = [410]
    other = Receiver(serve)
    owe(session, hook(receiver.url), hook(other.url), number=3)
    assert bring(session, hook(receiver.url), hook(other.url)) == 3
    assert len(receiver.heard) == 1
    assert "COMMENTS_WEBHOOKS" in caplog.text
    ended = session.scalars(select(Letter).where(Letter.recipient == receiver.url)).all()
    assert {(row.error, row.next_try_at) for row in ended} == {("410", None)}


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        ("600", 10),
        ("Sun, 22 Nov 2026 12:20:00 GMT", 20),
        ("999999999", 24 * 60),
        ("1", RETRY_MINUTES[0]),
        ("soon", RETRY_MINUTES[0]),
    ],
)
def test_a_receiver_says_when_to_come_again(session, receiver, asked, pause):
    receiver.answers = [(429, {"Retry-After": asked}), 200]
    owe(session, hook(receiver.url), number=2)
    bring(session, hook(receiver.url))
    bring(session, hook(receiver.url), at=pause - 0.1)
    heard_early = len(receiver.heard)
    assert bring(session, hook(receiver.url), at=pause + 0.1) in (1, 2)
    # Who says nothing that can be understood is asked about the other message meanwhile.
    assert heard_early == (1 if pause > RETRY_MINUTES[0] else 2)


def test_who_does_not_answer_or_is_not_there_is_tried_again(session, serve):
    slow, away = Receiver(serve, seconds=2 * PATIENCE), f"http://127.0.0.1:{free_port()}/"
    owe(session, hook(slow.url), hook(away))
    assert bring(session, hook(slow.url), hook(away)) == 0
    assert rows(session) == [
        ("waiting", "127.0.0.1: TimeoutError"),
        ("waiting", "127.0.0.1: ConnectionRefusedError"),
    ]


def test_one_receiver_does_not_wait_for_another(session, receiver, serve):
    slow = Receiver(serve, seconds=2 * PATIENCE)
    owe(session, hook(slow.url), hook(receiver.url), number=5)
    assert bring(session, hook(slow.url), hook(receiver.url)) == 5
    assert len(slow.heard) == 1


def test_what_is_not_so_any_more_is_told_to_nobody(session, receiver):
    owe(session, hook(receiver.url))
    assert bring(session, hook(receiver.url), tells=lambda _session, _letter: None) == 0
    assert (rows(session), receiver.heard) == ([], [])


def test_a_receiver_that_is_not_in_the_settings_any_more_is_told_nothing(session, receiver):
    owe(session, hook(receiver.url))
    assert bring(session, hook()) == 0
    assert rows(session) == [("failed", "the receiver is not in the settings any more")]


def test_what_a_worker_died_with_is_brought_by_another(session, receiver):
    owe(session, hook(receiver.url))

    def die(_session: Session, _letter: Letter) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(session, hook(receiver.url), tells=die)
    assert bring(session, hook(receiver.url), at=1) == 0
    assert bring(session, hook(receiver.url), at=LATE) == 1


def test_of_several_workers_one_brings_each(engine, receiver):
    with Session(engine) as session:
        owe(session, hook(receiver.url), number=12)
    together = Barrier(3)

    def work(_: int) -> int:
        with Session(engine) as session:
            together.wait()
            return bring(session, hook(receiver.url))

    with ThreadPoolExecutor(3) as workers:
        assert sum(workers.map(work, range(3))) == 12
    assert len(set(receiver.ids())) == len(receiver.heard) == 12


def test_what_failed_can_be_sent_again(session, receiver):
    receiver.answers = [400, 200]
    owe(session, hook(receiver.url))
    bring(session, hook(receiver.url))
    (letter,) = session.scalars(select(Letter))
    notify.send_again(session, letter.id, minutes(5))
    session.commit()
    assert bring(session, hook(receiver.url), at=6) == 1
    assert len(set(receiver.ids())) == 1


# ── the examples of the docs ─────────────────────────────────────────────────────────────────

PAGE = Path(__file__).parent.parent / "docs" / "webhooks.md"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


def example(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    return str(found)


def in_python(headers: dict[str, str], body: bytes) -> bool:
    room: dict[str, Any] = {}
    exec(example("python"), room)  # noqa: S102 - our own page
    return bool(room["is_ours"](headers, body, SECRET))


def in_node(headers: dict[str, str], body: bytes) -> bool:
    headers_, body_, secret = map(json.dumps, (headers, body.decode(), SECRET))
    ask = f"console.log(isOurs({headers_}, Buffer.from({body_}), {secret}))"
    command = [*node.command("node"), "-e", f"{example('js')}\n{ask}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said in ("true\n", "false\n")
    return said == "true\n"


@pytest.mark.parametrize("is_ours", [in_python, in_node])
def test_the_examples_of_the_docs_know_ours_from_others(is_ours):
    body = '{"id":"ä"}'.encode()
    old_and_new = Webhook(SOMEWHERE, (b"another key, as long as this one", KEY), EVERYTHING)
    at = datetime.now(UTC)
    good = webhooks.signed(old_and_new, "msg_1", body, at)
    assert is_ours(good, body)
    assert not is_ours(good, body + b" ")
    assert not is_ours(good | {"webhook-id": "msg_2"}, body)
    assert not is_ours(good | {"webhook-signature": "v1,AAAA v1 "}, body)
    assert not is_ours(webhooks.signed(hook(), "msg_1", body, at - timedelta(minutes=6)), body)

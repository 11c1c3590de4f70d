"""Four processes on one PostgreSQL and one Redis, behind a real nginx with the examples' files, and
two on one SQLite file.

They are started once for all tests here. Everybody who comes has a loopback address of their own,
so that nobody uses up what another one may do.
"""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any, NamedTuple

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from comments import accounts
from comments.moderation import Action
from tests.services.nginx import Nginx
from tests.services.postgres import Postgres
from tests.services.processes import Processes
from tests.services.redis import Redis

API = "/comments/api/v1"
PROCESSES = 4
#: Comments of one guest address in an hour, over all processes.
LIMIT = 7
#: Seconds for which nginx may keep a page and then show it while it asks again.
FRESH = 1
STALE = 1

_SETTINGS = {
    "COMMENTS_SECRET_KEY": "a secret of the tests, long enough to be one",
    "COMMENTS_TRUSTED_PROXIES": "1",
    "COMMENTS_GUEST_LIMIT": f"{LIMIT} per hour",
    "COMMENTS_HOLD": "none",
    "COMMENTS_PROOF_OF_WORK": "off",
}

_people = itertools.count(2)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Person:
    """Somebody at an address of this machine that nobody else has here."""

    def __init__(self) -> None:
        self.address = f"127.0.1.{next(_people)}"
        self.token: str | None = None

    def call(self, port: int, method: str, path: str, fields: Any = None, **more: str) -> Answer:
        # One name for all of them, as readers know them.
        headers = {"Host": "localhost", "Accept-Encoding": "identity", **more}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if fields is not None:
            headers["Content-Type"] = "application/json"
        body = None if fields is None else json.dumps(fields)
        connection = HTTPConnection("127.0.0.1", port, timeout=30, source_address=(self.address, 0))
        with closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            got = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, got, answer.read())

    def posts(self, port: int, thread: str, body: str = "Hello.", **more: str) -> Answer:
        fields = {"thread": thread, "name": "Ann", "body": body}
        answer = self.call(port, "POST", f"{API}/comments", fields, **more)
        if answer.status == 201:
            self.token = answer.json.get("token") or self.token
        return answer

    def reads(self, port: int, thread: str) -> list[str]:
        """The texts of the thread's comments."""
        answer = self.call(port, "GET", f"{API}/comments?thread={thread}")
        assert answer.status == 200
        return [comment["html"] for comment in answer.json["comments"]]


class Machines(NamedTuple):
    """The processes and, in front of them, nginx as a balance and as a cache."""

    apps: Processes
    balance: Nginx
    cache: Nginx
    moderator: str

    @property
    def ports(self) -> list[int]:
        return self.apps.ports

    def asked(self, path: str) -> list[int]:
        """The statuses that the processes have answered *path* with."""
        return [each["status"] for each in self.apps.requests() if each["path"] == path]


@pytest.fixture(scope="module")
def machines(
    postgres_server: Postgres,
    postgres_template: str,
    redis_server: Redis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Machines]:
    uri = postgres_server.create(template=postgres_template)
    redis_server.empty()
    settings = {
        "COMMENTS_DATABASE_URI": uri,
        "COMMENTS_REDIS_URI": redis_server.uri,
        **_SETTINGS,
        "COMMENTS_PUBLIC_MAX_AGE": str(FRESH),
        "COMMENTS_PUBLIC_STALE": str(STALE),
    }
    with ExitStack() as running:
        running.callback(postgres_server.drop, uri)
        apps = Processes(PROCESSES, tmp_path_factory.mktemp("machines"), settings)
        running.callback(apps.stop)
        there = {f"127.0.0.1:500{n}": f"127.0.0.1:{port}" for n, port in enumerate(apps.ports, 1)}
        balance = Nginx("balance.conf", there)
        running.callback(balance.stop)
        cache = Nginx("cache.conf", dict(list(there.items())[:2]))
        running.callback(cache.stop)
        yield Machines(apps, balance, cache, _moderator(uri))


class Service(NamedTuple):
    """Processes on one database, whichever it is."""

    ports: list[int]
    moderator: str


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("sqlite")
    uri = f"sqlite:///{folder / 'comments.sqlite3'}"
    settings = {"COMMENTS_DATABASE_URI": uri, **_SETTINGS}
    apps = Processes(2, folder, settings)
    try:
        yield Service(apps.ports, _moderator(uri))
    finally:
        apps.stop()


@pytest.fixture(params=["postgres", "sqlite"])
def service(request: pytest.FixtureRequest) -> Service:
    if request.param == "sqlite":
        return request.getfixturevalue("on_sqlite")
    machines = request.getfixturevalue("machines")
    return Service(machines.ports, machines.moderator)


def _moderator(uri: str) -> str:
    """The token of somebody who decides; comments are hidden with it."""
    engine = create_engine(uri)
    now = datetime.now(UTC)
    with Session(engine) as session:
        by = Action(by="test", name="The test", now=now)
        account = accounts.appoint(session, "bob@example.org", by, name="Bob")
        token = accounts.sign_in(session, account.id, now=now)
        session.commit()
    engine.dispose()
    return token


def hide(service: Machines | Service, port: int, comment_id: int) -> None:
    bob = Person()
    bob.token = service.moderator
    path = f"{API}/comments/{comment_id}/status"
    decided = bob.call(port, "PUT", path, {"status": "spam"})
    assert decided.status == 200, decided.body


def at_once(acts: list[Callable[[], Answer]]) -> list[Answer]:
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], Answer]) -> Answer:
        together.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


# ── one service, whoever answers ─────────────────────────────────────────────────────────────


def test_what_is_posted_to_one_is_read_from_every_other_at_once(service):
    ann, carol = Person(), Person()
    for number, port in enumerate(service.ports):
        for reading in service.ports:  # each keeps the page of before
            carol.reads(reading, "shared")
        assert ann.posts(port, "shared", f"Number {number}").status == 201
        for reading in service.ports:
            assert len(carol.reads(reading, "shared")) == number + 1


def test_what_is_hidden_by_one_is_gone_from_all_at_once(service):
    ann, carol = Person(), Person()
    comment = ann.posts(service.ports[0], "rude", "Rude words").json["comment"]["id"]
    for port in service.ports:
        assert carol.reads(port, "rude") == ["<p>Rude words</p>"]
    hide(service, service.ports[-1], comment)
    for port in service.ports:
        assert carol.reads(port, "rude") == []


def test_every_vote_is_counted_once_wherever_it_arrives(service):
    comment = Person().posts(service.ports[0], "liked").json["comment"]["id"]
    fans = [Person() for _ in service.ports]
    path = f"{API}/comments/{comment}/vote"
    votes = at_once(
        [
            lambda fan=fan, port=port: fan.call(port, "PUT", path, {"value": 1})
            for fan, port in zip(fans, service.ports, strict=True)
        ]
    )
    assert sorted(vote.json["score"] for vote in votes) == list(range(1, len(fans) + 1))


def test_a_limit_is_one_limit_over_all_of_them(machines):
    ann = Person()
    port = machines.balance.port
    answers = [ann.posts(port, "flood", f"Number {n}").status for n in range(LIMIT + PROCESSES)]
    assert answers == [201] * LIMIT + [429] * PROCESSES
    # What somebody says of themselves, in front of what nginx knows, gets them no other budget.
    lied = ann.posts(port, "flood", **{"X-Forwarded-For": "198.51.100.7"})
    assert lied.status == 429
    assert int(lied.headers["retry-after"]) > 0
    assert Person().posts(port, "flood").status == 201


def test_one_comment_sent_to_two_processes_at_once_is_stored_once(service):
    ann = Person()
    assert ann.posts(service.ports[0], "twice", "The first.").status == 201
    both = at_once(
        [
            lambda port=port: ann.posts(port, "twice", "Again.", **{"Idempotency-Key": "k1"})
            for port in service.ports[:2]
        ]
    )
    assert [answer.status for answer in both] == [201, 201]
    first, second = (answer.json["comment"]["id"] for answer in both)
    assert first == second
    assert len(ann.reads(service.ports[1], "twice")) == 2


def test_a_process_that_is_gone_is_missed_by_nobody(machines):
    ann = Person()
    assert ann.posts(machines.balance.port, "lasting", "Before.").status == 201
    machines.apps.kill(machines.ports[2])
    try:
        for _ in range(2 * PROCESSES):
            assert len(ann.reads(machines.balance.port, "lasting")) == 1
    finally:
        machines.apps.bring_back()


# ── nginx keeps what is for everybody ────────────────────────────────────────────────────────


def test_a_thousand_readers_cost_the_app_a_handful_of_requests(machines):
    written = Person().posts(machines.ports[0], "read").json["comment"]["id"]
    # An address that nobody else has asked for: the log is written a moment after the answer.
    path, named = f"{API}/comments/{written}", {"Host": "localhost"}

    def read(_reader: int) -> None:
        connection = HTTPConnection("127.0.0.1", machines.cache.port, timeout=30)
        with closing(connection):
            for _ in range(250):
                connection.request("GET", path, headers=named)
                answer = connection.getresponse()
                assert (answer.status, len(answer.read()) > 100) == (200, True)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, range(8)))
    while not (asked := machines.asked(path)):
        pass
    assert len(asked) <= 20
    # Asked again, the app has nothing to say.
    assert set(asked[1:]) <= {304}


def test_what_is_hidden_goes_from_the_cache_while_readers_come(machines):
    comment = Person().posts(machines.ports[0], "kept", "Rude words").json["comment"]["id"]
    carol, port = Person(), machines.cache.port
    assert len(carol.reads(port, "kept")) == 1
    hide(machines, machines.ports[1], comment)
    # FRESH seconds and the time of one request; a clock that is counted, not trusted.
    for _ in range(10_000):
        if carol.reads(port, "kept") == []:
            break
    assert carol.reads(port, "kept") == []


def test_a_reader_who_knows_the_page_gets_no_bytes(machines):
    Person().posts(machines.ports[0], "known")
    carol, address = Person(), f"{API}/comments?thread=known"
    first = carol.call(machines.cache.port, "GET", address)
    again = carol.call(
        machines.cache.port, "GET", address, **{"If-None-Match": first.headers["etag"]}
    )
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_a_packed_copy_is_for_those_who_can_unpack_it(machines):
    for n in range(3):
        Person().posts(machines.ports[0], "packed", f"A long text, {n}. " * 40)
    carol, address = Person(), f"{API}/comments?thread=packed"
    kinds = ["gzip, deflate", "identity", "deflate, gzip;q=1.0", "identity"]
    kinds += ["gzip, deflate, br", "gzip;q=0, br; q=0.0"]
    got = [
        carol.call(machines.cache.port, "GET", address, **{"Accept-Encoding": kind})
        for kind in kinds
    ]
    assert [each.headers.get("content-encoding") for each in got] == [
        *["gzip", None] * 2,
        *["br", None],
    ]
    assert [each.headers["x-cache"] for each in got[:2]] == ["MISS", "MISS"]


def test_nobody_tells_nginx_for_which_name_a_page_is_made(machines):
    """It would be kept for everybody, with links that lead to another port."""
    Person().posts(machines.ports[0], "named")
    for port in (machines.cache.port, machines.balance.port):
        told = {"X-Forwarded-Host": f"localhost:{port + 1}"}
        for more in (told, {}):
            feed = Person().call(port, "GET", "/comments/feed.atom?thread=named", **more)
            assert b"http://localhost/comments/" in feed.body and b"localhost:" not in feed.body


def test_what_is_private_is_asked_of_the_app_every_time(machines):
    ann, carol = Person(), Person()
    ann.posts(machines.cache.port, "mine")
    address = f"{API}/me?thread=mine"
    for _ in range(2):
        assert len(ann.call(machines.cache.port, "GET", address).json["own"]) == 1
        mine = carol.call(machines.cache.port, "GET", address)
        assert mine.json["own"] == {}
        assert "x-cache" not in mine.headers
        assert mine.headers["cache-control"] == "no-store"


def test_the_last_copy_is_shown_while_the_app_is_away(machines):
    ann, carol, address = Person(), Person(), f"{API}/comments?thread=away"
    ann.posts(machines.ports[0], "away")
    first = carol.call(machines.cache.port, "GET", address)
    for port in machines.ports[:2]:
        machines.apps.kill(port)
    try:
        # Beyond FRESH and STALE as well, until the app is back.
        for _ in range(10_000):
            shown = carol.call(machines.cache.port, "GET", address)
            assert (shown.status, shown.body) == (200, first.body)
            if shown.headers["x-cache"] == "STALE":
                break
        assert shown.headers["x-cache"] == "STALE"
    finally:
        machines.apps.bring_back()

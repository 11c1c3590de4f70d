"""The limits in an app: who is counted, what a refusal says, what a failing storage means."""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
import redis
import time_machine
from flask import Flask, Response, jsonify, request
from flask.testing import FlaskClient
from flask_limiter import Limiter
from limits import parse_many
from sqlalchemy import Connection, Engine, create_engine, make_url, select, text
from werkzeug.test import TestResponse

from comments import engines
from comments.config import Settings
from comments.errors import ConfigError, RateLimited
from comments.identity import Author
from comments.keys import Keys
from comments.limits import counters
from comments.models import AuthorKind
from comments.web import limiting
from comments.web.address import network
from comments.web.limiting import Kind, Limits
from tests.services.relay import Relay

KEYS = Keys("a secret")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def guest(address: str | None, name: str = "alice") -> Author:
    return Author(
        id=f"guest:{name}", kind=AuthorKind.GUEST, address=KEYS.digest("address", network(address))
    )


ALICE = guest("203.0.113.1")
CAROL = guest("203.0.113.2", "carol")
MEMBER = Author(id="host:42", kind=AuthorKind.USER)
OTHER = Author(id="host:43", kind=AuthorKind.USER)
BOB = Author(id="host:1", kind=AuthorKind.MODERATOR)
ERIN = Author(
    id="sso:blog.example:1",
    kind=AuthorKind.MODERATOR,
    sites=frozenset({"https://blog.example"}),
)
AUTHORS = {
    "alice": ALICE,
    "carol": CAROL,
    "member": MEMBER,
    "other member": OTHER,
    "bob": BOB,
    "erin": ERIN,
}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON) as traveller:
        yield traveller


@pytest.fixture
def engine(database_uri: str) -> Iterator[Engine]:
    yield from _engine(database_uri)


@pytest.fixture
def sqlite(sqlite_uri: str) -> Iterator[Engine]:
    """For what does not depend on the database."""
    yield from _engine(sqlite_uri)


def _engine(uri: str) -> Iterator[Engine]:
    engine = engines.create(uri)
    counters.create(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def relay(postgres_uri: str) -> Iterator[Relay]:
    """What stands between the app and PostgreSQL."""
    url = make_url(postgres_uri)
    relay = Relay(url.host or "", url.port or 5432)
    yield relay
    relay.cut()


@pytest.fixture
def relayed(postgres_uri: str, relay: Relay) -> Iterator[Engine]:
    uri = make_url(postgres_uri).set(host="127.0.0.1", port=relay.port)
    yield from _engine(uri.render_as_string(hide_password=False))


@pytest.fixture
def direct(postgres_uri: str) -> Iterator[Engine]:
    engine = create_engine(postgres_uri)
    yield engine
    engine.dispose()


MakeLimits = Callable[..., Limits]


@pytest.fixture
def make_limits() -> Iterator[MakeLimits]:
    made: list[Limits] = []

    def make(engine: Engine | None = None, **settings: Any) -> Limits:
        made.append(Limits(Settings(**settings), engine=lambda: _given(engine)))
        return made[-1]

    yield make
    for limits in made:
        limits.close()


def _given(engine: Engine | None) -> Engine:
    assert engine is not None, "the database was asked for"
    return engine


def make_app(limits: Limits) -> Flask:
    """An app in which ``POST /<kind>?as=<name>`` is one limited call."""
    app = Flask("site")

    @app.post("/<kind>")
    def call(kind: str) -> str:
        limits.check(Kind(kind), AUTHORS[request.args["as"]])
        return "done"

    @app.errorhandler(RateLimited)
    def refuse(error: RateLimited) -> tuple[Response, int, dict[str, str]]:
        headers = {"Retry-After": str(error.retry_after)}
        return jsonify(detail=str(error.detail)), error.problem.status, headers

    return app


def statuses(client: FlaskClient, times: int, who: str = "alice", kind: str = "posting") -> str:
    """``"200 200 429"``: what came of *times* calls."""
    return " ".join(str(client.post(f"/{kind}?as={who}").status_code) for _ in range(times))


def refusal(client: FlaskClient, who: str = "alice", kind: str = "posting") -> tuple[str, int]:
    answer: TestResponse = client.post(f"/{kind}?as={who}")
    assert answer.status_code == 429
    return json.loads(answer.data)["detail"], int(answer.headers["Retry-After"])


# ── what a refusal says ──────────────────────────────────────────────────────────────────────


def test_a_guest_beyond_the_limit_reads_which_and_until_when(
    engine: Engine, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    client = make_app(make_limits(engine)).test_client()
    assert statuses(client, 5) == "200 200 200 200 200"
    clock.shift(18)
    assert refusal(client) == (
        "That was 5 comments in a minute from your network, the most for guests here. "
        "You can post again in 42 seconds.",
        42,
    )


def test_what_a_refusal_promises_holds(
    engine: Engine, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    client = make_app(make_limits(engine, guest_limit="1 per minute")).test_client()
    statuses(client, 1)
    _, retry_after = refusal(client)
    clock.shift(retry_after - 1)
    assert refusal(client)[1] == 1
    clock.shift(1)
    assert statuses(client, 2) == "200 429"


def test_of_two_limits_used_up_the_one_that_ends_last_is_named(
    sqlite: Engine, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    client = make_app(make_limits(sqlite, guest_limit="2 per minute; 2 per hour")).test_client()
    assert statuses(client, 2) == "200 200"
    assert refusal(client) == (
        "That was 2 comments in an hour from your network, the most for guests here. "
        "You can post again in 60 minutes.",
        3600,
    )


def test_a_refused_call_is_not_counted(
    engine: Engine, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    client = make_app(make_limits(engine, guest_limit="2 per minute; 4 per hour")).test_client()
    assert statuses(client, 6) == "200 200 429 429 429 429"
    clock.shift(60)
    assert statuses(client, 3) == "200 200 429"


def test_a_call_the_hour_refuses_does_not_use_up_the_minute(
    sqlite: Engine, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    client = make_app(make_limits(sqlite, guest_limit="2 per 10 minutes; 3 per hour")).test_client()
    statuses(client, 2)
    clock.shift(601)
    assert statuses(client, 1) == "200"
    clock.shift(3600 - 601 - 300)
    assert statuses(client, 3) == "429 429 429"
    clock.shift(300)
    assert statuses(client, 2) == "200 200"


@pytest.mark.parametrize(
    ("limit", "sentence", "seconds"),
    [
        ("1 per second", "1 comment in a second from your network", "1 second"),
        ("1 per 90 second", "1 comment in 90 seconds from your network", "90 seconds"),
        ("1 per 3 hour", "1 comment in 3 hours from your network", "3 hours"),
        ("1 per day", "1 comment in a day from your network", "24 hours"),
        ("1 per month", "1 comment in a month from your network", "30 days"),
        ("1 per 2 year", "1 comment in 2 years from your network", "720 days"),
    ],
)
def test_windows_and_waits_are_told_in_their_own_units(
    sqlite: Engine,
    make_limits: MakeLimits,
    clock: time_machine.Traveller,
    limit: str,
    sentence: str,
    seconds: str,
) -> None:
    clock.move_to(NOON, tick=False)
    client = make_app(make_limits(sqlite, guest_limit=limit)).test_client()
    statuses(client, 1)
    detail, _ = refusal(client)
    assert detail == (
        f"That was {sentence}, the most for guests here. You can post again in {seconds}."
    )


# ── who is counted, and with whom ────────────────────────────────────────────────────────────


def test_guests_of_one_network_share_a_budget_and_another_has_its_own(
    sqlite: Engine, make_limits: MakeLimits
) -> None:
    limits = make_limits(sqlite, guest_limit="2 per hour")
    housemate = guest("203.0.113.1", "dave")
    with Flask("site").test_request_context():
        limits.check(Kind.POSTING, ALICE)
        limits.check(Kind.POSTING, housemate)
        with pytest.raises(RateLimited):
            limits.check(Kind.POSTING, housemate)
        limits.check(Kind.POSTING, CAROL)


def test_guests_without_an_address_share_one_budget(
    sqlite: Engine, make_limits: MakeLimits
) -> None:
    limits = make_limits(sqlite, guest_limit="1 per hour")
    with Flask("site").test_request_context():
        limits.check(Kind.POSTING, guest(None))
        with pytest.raises(RateLimited):
            limits.check(Kind.POSTING, guest("no address", "eve"))


def test_members_have_a_budget_of_their_own(
    engine: Engine, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    limits = make_limits(engine, guest_limit="1 per hour", member_limit="3 per hour")
    client = make_app(limits).test_client()
    assert statuses(client, 2) == "200 429"
    assert statuses(client, 3, "member") == "200 200 200"
    assert refusal(client, "member")[0] == (
        "That was 3 comments in an hour, the most for one reader here. "
        "You can post again in 60 minutes."
    )
    assert statuses(client, 1, "other member") == "200"


def test_moderators_are_not_counted(make_limits: MakeLimits) -> None:
    client = make_app(
        make_limits(guest_limit="1 per hour", member_limit="1 per hour")
    ).test_client()
    assert statuses(client, 3, "bob") == "200 200 200"


def test_a_moderator_of_one_site_is_counted_as_a_member_for_there_are_others(
    sqlite: Engine, make_limits: MakeLimits
) -> None:
    limits = make_limits(sqlite, guest_limit="1 per hour", member_limit="2 per hour")
    client = make_app(limits).test_client()
    assert statuses(client, 3, "erin") == "200 200 429"


def test_every_kind_is_counted_apart(sqlite: Engine, make_limits: MakeLimits) -> None:
    as_many_as_reports = limiting._RULES[Kind.REPORTING].guest(Settings())
    client = make_app(make_limits(sqlite, guest_limit=as_many_as_reports)).test_client()
    assert statuses(client, 11).endswith("200 429")
    assert statuses(client, 11, kind="reporting").endswith("200 429")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("author", [ALICE, MEMBER])
def test_every_kind_has_an_end_and_says_so_in_its_own_words(
    sqlite: Engine, make_limits: MakeLimits, kind: Kind, author: Author
) -> None:
    limits = make_limits(sqlite)
    verb = {Kind.POSTING: "post", Kind.EDITING: "edit", Kind.VOTING: "vote"} | {
        Kind.REPORTING: "report",
        Kind.PREVIEWING: "preview",
        Kind.SIGNING_IN: "try",
        Kind.GOING_ELSEWHERE: "try",
        Kind.OWN_DATA: "ask",
        Kind.SUBSCRIBING: "subscribe",
    }
    with Flask("site").test_request_context():
        refused = first_refusal(limits, kind, author)
    assert f"You can {verb[kind]} again in " in str(refused.detail)


def first_refusal(limits: Limits, kind: Kind, author: Author) -> RateLimited:
    for _ in range(1000):
        try:
            limits.check(kind, author)
        except RateLimited as refused:
            return refused
    raise AssertionError(f"{kind} has no end")


def test_no_address_is_stored(engine: Engine, make_limits: MakeLimits) -> None:
    client = make_app(make_limits(engine)).test_client()
    statuses(client, 1)
    with engine.connect() as connection:
        keys = connection.scalars(select(counters.c.key)).all()
    assert len(keys) == 2
    assert all(ALICE.address in key and "203.0.113" not in key for key in keys if ALICE.address)


def test_switched_off_nothing_is_counted(make_limits: MakeLimits) -> None:
    client = make_app(make_limits(rate_limits="off", guest_limit="1 per hour")).test_client()
    assert statuses(client, 3) == "200 200 200"


# ── exact under concurrency ──────────────────────────────────────────────────────────────────


def passed(app: Flask) -> int:
    """How many of 160 calls from 8 threads pass."""
    together = Barrier(8)

    def call(_thread: int) -> int:
        client = app.test_client()
        together.wait()
        return sum(client.post("/posting?as=alice").status_code == 200 for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(call, range(8)))


def test_of_eight_threads_exactly_the_limit_passes(engine: Engine, make_limits: MakeLimits) -> None:
    assert passed(make_app(make_limits(engine, guest_limit="50 per hour"))) == 50


def test_of_eight_threads_exactly_the_limit_passes_on_redis(
    redis_uri: str, make_limits: MakeLimits
) -> None:
    assert passed(make_app(make_limits(redis_uri=redis_uri, guest_limit="50 per hour"))) == 50


def test_callers_of_different_kinds_at_once_are_not_mixed_up(
    sqlite: Engine, make_limits: MakeLimits
) -> None:
    app, together = make_app(make_limits(sqlite, guest_limit="9 per hour")), Barrier(8)
    budgets = {("alice", "posting"): 9, ("carol", "posting"): 9} | {
        ("member", "posting"): 20,
        ("carol", "reporting"): 10,
    }

    def call(who: str, kind: str) -> tuple[str, str, int]:
        together.wait()
        return who, kind, statuses(app.test_client(), 12, who, kind).count("200")

    totals = dict.fromkeys(budgets, 0)
    with ThreadPoolExecutor(8) as pool:
        for who, kind, count in pool.map(call, *zip(*[*budgets, *budgets], strict=True)):
            totals[who, kind] += count
    assert totals == budgets


# ── a storage that fails ─────────────────────────────────────────────────────────────────────


def test_when_the_table_is_lost_limits_go_on_in_memory_and_come_back(
    engine: Engine, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    client = make_app(make_limits(engine, guest_limit="3 per hour")).test_client()
    assert statuses(client, 2) == "200 200"
    counters.drop(engine)
    assert statuses(client, 4) == "200 200 200 429"
    counters.create(engine)
    clock.shift(60)  # the storage is tried again at growing intervals, of 32 seconds at most
    assert statuses(client, 1) == "200"
    with engine.connect() as connection:
        assert connection.scalars(select(counters.c.hits)).all() == [1]


def test_when_postgres_is_gone_limits_go_on_in_memory_and_come_back(
    relayed: Engine, relay: Relay, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    taken_away_and_given_back(make_limits(relayed, guest_limit="3 per hour"), relay, clock)


def test_when_redis_is_gone_limits_go_on_in_memory_and_come_back(
    redis_uri: str, make_limits: MakeLimits, clock: time_machine.Traveller
) -> None:
    url = make_url(redis_uri)
    relay = Relay(url.host or "", url.port or 6379)
    uri = url.set(host="127.0.0.1", port=relay.port).render_as_string(hide_password=False)
    taken_away_and_given_back(make_limits(redis_uri=uri, guest_limit="3 per hour"), relay, clock)
    relay.cut()


def taken_away_and_given_back(limits: Limits, relay: Relay, clock: time_machine.Traveller) -> None:
    client = make_app(limits).test_client()
    assert statuses(client, 2) == "200 200"
    relay.cut()
    assert statuses(client, 4) == "200 200 200 429"
    assert "in an hour" in refusal(client)[0]
    relay.mend()
    clock.shift(60)
    assert statuses(client, 2) == "200 429"  # as before: two were counted


def test_of_many_callers_on_their_way_none_suffers_when_the_storage_goes(
    relayed: Engine, relay: Relay, direct: Engine, make_limits: MakeLimits
) -> None:
    app = make_app(make_limits(relayed, guest_limit="3 per hour"))
    with ThreadPoolExecutor(8) as pool, direct.connect() as lock, direct.connect() as watch:
        lock.execute(text("LOCK TABLE comments_limit_counters"))
        answers = [pool.submit(statuses, app.test_client(), 1) for _ in range(8)]
        wait_until_locked_out(watch, len(answers))
        relay.cut()
        outcome = sorted(answer.result() for answer in answers)
    assert outcome == ["200"] * 3 + ["429"] * 5


def wait_until_locked_out(connection: Connection, callers: int) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE NOT granted AND datname = current_database()"
    )
    for _ in range(100_000):
        if connection.scalar(waiting) == callers:
            return
    raise AssertionError("they never came to the lock")


def test_a_redis_that_never_answers_does_not_hold_the_site_up(
    make_limits: MakeLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiting, "REDIS_SECONDS", 0.05)
    monkeypatch.setattr("redis.retry.sleep", lambda _seconds: pytest.fail("a reader waits"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        client = make_app(make_limits(redis_uri=uri, guest_limit="2 per hour")).test_client()
        assert statuses(client, 3) == "200 200 429"


def test_a_redis_that_never_answers_is_not_asked_by_every_caller(
    make_limits: MakeLimits, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller
) -> None:
    monkeypatch.setattr(limiting, "REDIS_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0), backlog=500) as silent:
        uri = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        app = make_app(make_limits(redis_uri=uri, guest_limit="1000 per hour"))
        for _ in range(2):
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: statuses(app.test_client(), 25), range(8)))
            assert {*" ".join(answers).split()} == {"200"}
            # All eight may be on their way there when it goes; later one of them looks after it.
            assert how_many_came(silent) <= 8
            clock.shift(60)


def how_many_came(listener: socket.socket) -> int:
    listener.setblocking(False)
    came = 0
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            came += 1
    return came


# ── beside a host with limits of its own ─────────────────────────────────────────────────────


@pytest.fixture(params=["ours first", "host's first"])
def host(request: pytest.FixtureRequest, sqlite: Engine, make_limits: MakeLimits) -> Flask:
    """A site with a Flask-Limiter of its own, every key of which would do harm to ours."""
    before = make_limits(sqlite) if request.param == "ours first" else None
    breaches: list[object] = []
    app = Flask("host")
    app.config.update(
        RATELIMIT_DEFAULT="4 per hour",
        RATELIMIT_APPLICATION="100 per hour",
        RATELIMIT_STORAGE_URI="memory://",
        RATELIMIT_HEADERS_ENABLED=True,
        RATELIMIT_KEY_PREFIX="host",
        RATELIMIT_STRATEGY="moving-window",
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_IN_MEMORY_FALLBACK="1 per day",
        RATELIMIT_ON_BREACH_CALLBACK=breaches.append,
        BREACHES=breaches,
    )
    Limiter(lambda: "everybody", app=app)
    app.extensions["ours"] = before or make_limits(sqlite)

    @app.post("/post")
    def post() -> str:
        app.extensions["ours"].check(Kind.POSTING, ALICE)
        return "done"

    return app


def test_a_hosts_own_limits_count_every_call_once(host: Flask) -> None:
    answers = [host.test_client().post("/post") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == list("32100")
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"4"}
    assert len(host.config["BREACHES"]) == 1


def test_a_refusal_of_ours_is_no_breach_of_the_hosts(host: Flask) -> None:
    with host.test_request_context("/post", method="POST"):
        for _ in range(5):
            host.extensions["ours"].check(Kind.POSTING, ALICE)
        with pytest.raises(RateLimited):
            host.extensions["ours"].check(Kind.POSTING, ALICE)
    assert host.config["BREACHES"] == []
    assert len(host.extensions["limiter"]) == 1


@pytest.mark.parametrize("enabled", [True, False])
def test_neither_switches_the_other_off(
    sqlite: Engine, make_limits: MakeLimits, enabled: bool
) -> None:
    app = Flask("host")
    app.config.update(RATELIMIT_ENABLED=enabled, RATELIMIT_STORAGE_URI="memory://")
    theirs = Limiter(lambda: "everybody", app=app)
    ours = make_limits(sqlite, rate_limits="off" if enabled else "on", guest_limit="1 per hour")
    assert theirs.enabled is enabled
    with app.test_request_context():
        ours.check(Kind.POSTING, ALICE)
        if enabled:
            ours.check(Kind.POSTING, ALICE)
        else:
            with pytest.raises(RateLimited):
                ours.check(Kind.POSTING, ALICE)


def test_two_apps_in_one_process_do_not_share_limits(
    sqlite: Engine, make_limits: MakeLimits
) -> None:
    other = create_engine("sqlite://")
    one = make_app(make_limits(sqlite, guest_limit="1 per hour")).test_client()
    two = make_app(make_limits(other, guest_limit="2 per hour")).test_client()
    assert statuses(one, 2) == "200 429"
    assert statuses(two, 3) == "200 200 429"
    assert statuses(one, 1) == "429"


# ── settings ─────────────────────────────────────────────────────────────────────────────────


def test_redis_is_used_where_one_is_configured(redis_uri: str, make_limits: MakeLimits) -> None:
    client = make_app(make_limits(redis_uri=redis_uri, guest_limit="1 per minute")).test_client()
    assert statuses(client, 1) == "200"
    detail, retry_after = refusal(client)
    assert detail.startswith("That was 1 comment in a minute from your network")
    assert 58 <= retry_after <= 60


def test_redis_rounds_what_is_left_and_the_promise_holds_still(
    redis_uri: str, make_limits: MakeLimits
) -> None:
    client = make_app(make_limits(redis_uri=redis_uri, guest_limit="1 per minute")).test_client()
    statuses(client, 1)
    with redis.Redis.from_url(redis_uri) as connection:
        for key in connection.scan_iter():
            connection.pexpire(key, 30_400)
    assert refusal(client)[1] == 31


@pytest.mark.parametrize("uri", ["http://:hush@host", "host:6379", "redis://:hush@host:port/0"])
def test_a_redis_address_that_cannot_be_used_stops_the_start(
    make_limits: MakeLimits, uri: str
) -> None:
    with pytest.raises(ConfigError, match="COMMENTS_REDIS_URI") as wrong:
        make_limits(redis_uri=uri)
    assert "hush" not in str(wrong.value)


def test_redis_without_its_library_says_what_to_install(
    make_limits: MakeLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r"pip install 'Flask-Comments\[redis\]'"):
        make_limits(redis_uri="redis://127.0.0.1/0")


def test_the_default_limits_are_limits() -> None:
    for rule in limiting._RULES.values():
        assert parse_many(rule.guest(Settings()))
        assert parse_many(rule.member(Settings()))

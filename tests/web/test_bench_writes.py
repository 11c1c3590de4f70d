"""What writers of the benchmark send is what the service takes, and what is told of it is right."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from comments.web.state import EXTENSION
from tests.bench import costs, data, databases, writes
from tests.bench.load import Load
from tests.bench.orders import MOST_NETWORKS, Order
from tests.bench.ours import PAGE
from tests.bench.writes import Stage

THREAD = "story"


def head(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def send(app: Flask, request: bytes) -> int:
    method, path, _ = request.split(b" ", 2)
    headers = head(request) | {"Host": "localhost"}
    body = request.partition(b"\r\n\r\n")[2]
    return (
        app.test_client()
        .open(path.decode(), method=method.decode(), headers=headers, data=body)
        .status_code
    )


@pytest.fixture
def loaded(app: Flask) -> Iterator[int]:
    """A comment of a loaded thread."""
    with Session(app.extensions[EXTENSION].engine()) as session:
        data.load(session, THREAD, data.pile(3))
        yield databases.a_comment(session, THREAD)


@pytest.mark.parametrize(("kind", "status"), [("vote", 200), ("post", 201), ("read", 200)])
def test_the_service_takes_each_order(app: Flask, loaded: int, kind: str, status: int) -> None:
    target = {"vote": str(loaded), "post": THREAD, "read": PAGE.format(THREAD)}[kind]
    order = Order(kind, target)
    assert [send(app, order.request(number)) for number in (1, 2)] == [status] * 2


def test_no_two_orders_come_from_one_network_or_say_the_same() -> None:
    numbers = (0, 1, 255, 256, 65_535, 65_536, MOST_NETWORKS - 1)
    heads = [head(Order("post", THREAD).request(number)) for number in numbers]
    networks = {each["X-Forwarded-For"].rpartition(".")[0] for each in heads}
    assert len(networks) == len({each["Idempotency-Key"] for each in heads}) == len(numbers)
    assert all(int(part) < 256 for network in networks for part in network.split("."))


def test_each_uncached_page_has_an_address_of_its_own() -> None:
    order = Order("read", "/page?number={}")
    assert order.request(7).startswith(b"GET /page?number=7 HTTP/1.1\r\n")


def stage(votes: float, new: float, long: float) -> Stage:
    made = Stage("SQLite 3, one process", None, (10, 20), 1)  # type: ignore[arg-type]
    for name, per_second in (
        (f"votes|{writes.MANY}", votes),
        (f"comments, new thread|{writes.MANY}", new),
        (f"comments, thread of 20|{writes.MANY}", long),
    ):
        made.rates[name] = [Load(per_second + off, 1, 2, 3) for off in (-100, 0, 100)]
    return made


@pytest.mark.parametrize(
    ("rates", "met"),
    [
        ((850, 550, 500), [True, True, True]),
        ((849, 549, 490), [False, False, False]),
        ((2000, 1000, 899), [True, True, False]),
    ],
)
def test_the_median_of_the_rounds_meets_a_goal(
    rates: tuple[float, float, float], met: list[bool]
) -> None:
    goals = writes._goals(stage(*rates))
    assert [goal.met for goal in goals] == met
    assert [goal.promise.partition(":")[0] for goal in goals] == ["SQLite 3, one process"] * 3


def test_a_cost_that_is_no_answer_ends_the_benchmark() -> None:
    with pytest.raises(RuntimeError, match="answered HTTP/1"):
        costs._check(BytesIO(b"HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\n\r\nwait"))

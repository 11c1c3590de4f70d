"""What each call costs: the processor time of one, whoever waits and whatever else runs.

``make bench ARGS="--only costs"``. One connection asks a server with one process, on a thread of
a thousand comments; all calls are measured in turn, round after round, and the median counts. The
table of one version can be held against that of another: it says the same on a busy machine.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import BinaryIO
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from tests.bench import data, databases, ours
from tests.bench.orders import Order
from tests.bench.report import Goal, Progress, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, service
from tests.bench.writes import settings

KEY, SIZE, COUNTED = "costs", 1_000, 20
MOST_VOTE_MS, MOST_POST_MS = 2.0, 3.0


def measure(run: Run) -> list[Goal]:
    rounds, calls = (3, 60) if run.quick else (7, 200)
    with _served(run.folder) as (server, orders):
        costs = _costs(server, orders, rounds, calls)
    print_table(
        "CPU of one call", ("call", "ms"), [(name, f"{cost:.3f}") for name, cost in costs.items()]
    )
    return [
        Goal(f"a {name} ≤ {most:.0f} ms CPU", f"{costs[name]:.2f} ms", costs[name] <= most)
        for name, most in (("vote", MOST_VOTE_MS), ("post", MOST_POST_MS))
    ]


@contextmanager
def _served(folder: Path) -> Iterator[tuple[Server, dict[str, Order]]]:
    uri = f"sqlite:///{folder / 'costs.sqlite3'}"
    comment, token = _load(uri)
    counts = ours.counts([KEY, *(f"{KEY}-{number}" for number in range(COUNTED - 1))])
    orders = {
        "cached read, JSON": Order("read", ours.PAGE.format(KEY)),
        "cached read, HTML": Order("read", ours.HTML_PAGE.format(KEY)),
        # Each under an address of its own, so that none is in the cache.
        "uncached read, JSON": Order("read", ours.PAGE.format(KEY) + "&number={}"),
        "uncached read, HTML": Order("read", ours.HTML_PAGE.format(KEY) + "&number={}"),
        f"counts of {COUNTED}": Order("read", counts.path),
        "vote": Order("vote", str(comment)),
        "post": Order("post", KEY),
        "moderate": Order("decide", str(comment + 1), token),
    }
    with service(folder, uri, **settings(workers=1)) as server:
        yield server, orders


def _load(uri: str) -> tuple[int, str]:
    """A thread of a thousand; gives its first comment and the token of a moderator."""
    with databases.opened(uri) as engine, Session(engine) as session:
        data.load(session, KEY, data.conversation(SIZE))
        comment, token = databases.a_comment(session, KEY), databases.add_owner(session)
        session.commit()
    return comment, token


def _costs(server: Server, orders: dict[str, Order], rounds: int, calls: int) -> dict[str, float]:
    """CPU milliseconds of each call; a first round warms up."""
    numbers = count()
    progress = Progress("costs", (rounds + 1) * len(orders))
    spent: dict[str, list[float]] = {name: [] for name in orders}
    for _ in range(rounds + 1):
        for name, order in orders.items():
            progress.step(name)
            # The clock of processes ticks every 10 ms: what is cheap is asked more often.
            often = calls * 10 if name.startswith("cached") else calls
            spent[name].append(_spent(server, order, numbers, often))
    progress.end()
    return {name: median(each[1:]) for name, each in spent.items()}


def _spent(server: Server, order: Order, numbers: Iterator[int], calls: int) -> float:
    port = urlsplit(server.url).port
    with socket.create_connection(("127.0.0.1", port or 80), timeout=60) as to:
        answers = to.makefile("rb")
        began = server.cpu_seconds()
        for _ in range(calls):
            to.sendall(order.request(next(numbers)))
            _check(answers)
        used = server.cpu_seconds() - began
        answers.close()
    return 1000 * used / calls


def _check(answers: BinaryIO) -> None:
    """Read one answer to its end; anything but a 2xx ends the benchmark."""
    status = answers.readline()
    length = 0
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = answers.read(length)
    if not status.split(b" ", 2)[1].startswith(b"2"):
        raise RuntimeError(f"answered {status.decode()}: {body[:200].decode()}")

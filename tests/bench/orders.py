"""What writers send: each request as the bytes that go over the wire, none like another.

Every one comes from a network of its own, so that limits are counted for each and refuse nobody.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.bench.data import sentences
from tests.bench.ours import API

#: Networks are 10.0.0.0/24 and on; addresses of one count as one.
MOST_NETWORKS = 2**20
_SHARED = [sentences(Random(number)) for number in range(100)]


@dataclass(frozen=True, slots=True)
class Order:
    """A kind of request: ``vote`` on or ``decide`` about *target*, a comment; ``post`` in the
    thread *target*; ``read`` the address *target*. *token* is the bearer's."""

    kind: str
    target: str
    token: str = ""

    def request(self, number: int) -> bytes:
        """The *number*-th request of its kind."""
        return _MAKE[self.kind](self, number)


def _vote(order: Order, number: int) -> bytes:
    return _sent("PUT", f"{API}/comments/{order.target}/vote", number, {"value": 1})


def _post(order: Order, number: int) -> bytes:
    fields = {
        "thread": order.target,
        "name": f"Reader {number % 400}",
        "body": f"{_SHARED[number % len(_SHARED)]} {number}",
    }
    return _sent("POST", f"{API}/comments", number, fields, f"Idempotency-Key: bench-{number}\r\n")


def _decide(order: Order, number: int) -> bytes:
    fields = {"status": ("spam", "published")[number % 2]}
    token = f"Authorization: Bearer {order.token}\r\n"
    return _sent("PUT", f"{API}/comments/{order.target}/status", number, fields, token)


def _read(order: Order, number: int) -> bytes:
    """``{}`` in the address is the number: a page that is in no cache yet."""
    return _head("GET", order.target.replace("{}", str(number)), number) + b"\r\n"


def _sent(method: str, path: str, number: int, fields: object, more: str = "") -> bytes:
    body = json.dumps(fields).encode()
    about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return _head(method, path, number) + about.encode() + body


def _head(method: str, path: str, number: int) -> bytes:
    network = number % MOST_NETWORKS
    address = f"{10 + (network >> 16)}.{network >> 8 & 255}.{network & 255}.9"
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {address}\r\n"
    ).encode()


_MAKE: dict[str, Callable[[Order, int], bytes]] = {
    "vote": _vote,
    "post": _post,
    "decide": _decide,
    "read": _read,
}

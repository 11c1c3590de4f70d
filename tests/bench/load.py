"""Driving a server from outside: wrk where there is one, else a client of our own.

Both keep their connections open and send the next request as soon as an answer is there. Our
own client is Python: it needs more of the machine than wrk does, so with it the fastest servers
look closer to one another than they are.
"""

import json
import math
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from statistics import fmean, median, quantiles
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.bench.servers import Server
from tests.services.tools import PROJECT

CONNECTIONS = 16
_CLIENTS = 2
_SPARE_SECONDS = 60
JSON = {"Content-Type": "application/json"}
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What one run gave: requests a second; the middle and the slow latency (99 % of a crowd,
    the slowest of a single reader) and the server's CPU time per request, in milliseconds."""

    per_second: float
    p50: float
    slow: float
    cpu: float


def middle(loads: Sequence[Load]) -> Load:
    """The medians of several runs."""
    return Load(
        median(each.per_second for each in loads),
        median(each.p50 for each in loads),
        median(each.slow for each in loads),
        # The kernel counts CPU time in steps that are longer than some answers take.
        fmean(each.cpu for each in loads),
    )


class Measured(Protocol):
    """What a crowd goes to, and whose processor time is counted."""

    @property
    def url(self) -> str: ...

    def cpu_seconds(self) -> float: ...


def crowd(
    server: Measured, path: str, *, seconds: int, packed: bool = False, known: str | None = None
) -> Load:
    """Many readers ask for *path* for some *seconds*, of which they have the version *known* (an
    ``ETag``) already; any answer but a 2xx or a 304 ends the benchmark."""
    headers = [f"Accept-Encoding: {'gzip' if packed else 'identity'}"]
    if known is not None:
        headers.append(f"If-None-Match: {known}")
    client = _wrk if shutil.which("wrk") else _ourselves
    before = server.cpu_seconds()
    count, per_second, p50, p99 = client(server.url + path, seconds, headers)
    used = server.cpu_seconds() - before
    return Load(per_second, p50, p99, 1000 * used / count)


def reader(server: Server, path: str, *, requests: int) -> Load:
    """One reader asks for *path* again and again: what an answer costs when nobody queues."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=_SPARE_SECONDS)
    before = server.cpu_seconds()
    latencies = [_answered(connection, path) for _ in range(requests)]
    used = server.cpu_seconds() - before
    connection.close()
    p50 = median(latencies)
    return Load(1000 / p50, p50, max(latencies), 1000 * used / requests)


def _answered(connection: HTTPConnection, path: str) -> float:
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return (time.perf_counter() - began) * 1000


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def errands(server: Server, requests: Sequence[Request], *, connections: int) -> Load:
    """Each of *requests* is sent once, by a process of its own (``sender.py``)."""
    asked = [[each.method, each.path, dict(each.headers), each.body] for each in requests]
    before = server.cpu_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.sender"],
        input=json.dumps({"url": server.url, "connections": connections, "requests": asked}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    used = server.cpu_seconds() - before
    result = json.loads(done.stdout)
    latencies, count = sorted(result["latencies"]), len(requests)
    slow = latencies[math.ceil(0.99 * count) - 1]
    return Load(count / result["seconds"], median(latencies), slow, 1000 * used / count)


def started(module: str, *arguments: object) -> "subprocess.Popen[str]":
    """A client of ours at work, in a process of its own: *module* of this package."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def told(process: "subprocess.Popen[str]", seconds: float) -> list[Any]:
    """What such a client prints when its *seconds* are over; raises when it broke off."""
    said, _ = process.communicate(timeout=seconds + _SPARE_SECONDS)
    if process.returncode:
        raise RuntimeError("a client of the benchmark broke off")
    answers: list[Any] = json.loads(said)
    return answers


def client() -> str:
    """The name of the client, for the report."""
    return "wrk" if shutil.which("wrk") else f"our own client in {_CLIENTS} processes"


Counted = tuple[int, float, float, float]


def _wrk(url: str, seconds: int, headers: Sequence[str]) -> Counted:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    told = [part for header in headers for part in ("-H", header)]
    said = _output([*command, *told, url], seconds)
    count = int(_found(r"(\d+) requests in", said)[0])
    if not count or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{url} did not answer well:\n{said}")
    per_second = float(_found(r"Requests/sec:\s+([\d.]+)", said)[0])
    p50, p99 = (_milliseconds(*_found(rf"{part}%\s+([\d.]+)(\w+)", said)) for part in (50, 99))
    return count, per_second, p50, p99


def _found(pattern: str, said: str) -> tuple[str, ...]:
    match = re.search(pattern, said)
    if match is None:
        raise RuntimeError(f"no {pattern!r} in what wrk said:\n{said}")
    return match.groups()


def _milliseconds(number: str, unit: str) -> float:
    return float(number) * _UNITS[unit]


def _ourselves(url: str, seconds: int, headers: Sequence[str]) -> Counted:
    each = CONNECTIONS // _CLIENTS
    running = [started("client", url, seconds, each, *headers) for _ in range(_CLIENTS)]
    latencies = [latency for process in running for latency in told(process, seconds)]
    cuts = quantiles(latencies, n=100)
    return len(latencies), len(latencies) / seconds, cuts[49], cuts[98]


def _output(command: list[str], seconds: int) -> str:
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=seconds + _SPARE_SECONDS
    )
    return done.stdout

"""Driving a server from outside: wrk where there is one, else a client of our own.

Both keep their connections open and send the next request as soon as an answer is there. Our
own client is Python: it needs more of the machine than wrk does, so with it the fastest servers
look closer to one another than they are.
"""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from statistics import quantiles

from tests.bench.servers import Server
from tests.services.tools import PROJECT

_CLIENTS = 2
_SPARE_SECONDS = 60
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What one run gave: requests a second, latencies and the server's CPU time per request, in
    milliseconds."""

    per_second: float
    p50: float
    p99: float
    cpu: float


def drive(
    server: Server, path: str, *, seconds: int = 1, connections: int = 16, packed: bool = False
) -> Load:
    """Ask for *path* for some *seconds*; any answer but a 2xx ends the benchmark."""
    encoding = "gzip" if packed else "identity"
    ask = _wrk if shutil.which("wrk") else _ourselves
    before = server.cpu_seconds()
    count, per_second, p50, p99 = ask(server.url + path, seconds, connections, encoding)
    used = server.cpu_seconds() - before
    return Load(per_second, p50, p99, 1000 * used / count)


def client() -> str:
    """The name of the client, for the report."""
    return "wrk" if shutil.which("wrk") else f"our own client in {_CLIENTS} processes"


Counted = tuple[int, float, float, float]


def _wrk(url: str, seconds: int, connections: int, encoding: str) -> Counted:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    said = _output([*command, "-H", f"Accept-Encoding: {encoding}", url], seconds)
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{url} did not answer well:\n{said}")
    count = int(_found(r"(\d+) requests in", said)[0])
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


def _ourselves(url: str, seconds: int, connections: int, encoding: str) -> Counted:
    clients = min(_CLIENTS, connections)
    each = [str(seconds), str(connections // clients), encoding]
    command = [sys.executable, "-m", "tests.bench.client", url, *each]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        for _ in range(clients)
    ]
    latencies: list[float] = []
    for process in running:
        said, _ = process.communicate(timeout=seconds + _SPARE_SECONDS)
        if process.returncode:
            raise RuntimeError(f"{url} did not answer well")
        latencies += json.loads(said)
    cuts = quantiles(latencies, n=100)
    return len(latencies), len(latencies) / seconds, cuts[49], cuts[98]


def _output(command: list[str], seconds: int) -> str:
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=seconds + _SPARE_SECONDS
    )
    return done.stdout

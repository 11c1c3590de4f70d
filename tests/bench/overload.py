"""Ten times more than the service can do: what it answers, what it refuses, and how it comes back.

Every page is worked on, none is ready: first as many as it can, then ten times as many, sent
without waiting for answers. Meanwhile somebody looks at its health and a moderator at the queue.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

from tests.bench import data, databases, load
from tests.bench.ours import API
from tests.bench.report import Goal, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, service

TIMES = 10
#: As many read as write; that is very many writers for a site of comments.
READERS = WRITERS = 5
SIZE = 1_000
_CLIENTS = 2
_SPARE_SECONDS = 60
#: Requests at a time while it is not too much: as many as it works on.
_AT_EASE = 8

MOST_REFUSED_MS, MOST_GROWTH, MOST_BACK_SECONDS, LEAST_ANSWERED = 500, 1.2, 5.0, 0.7

Answered = tuple[str, int, float]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one kind of requests in *seconds*; times in milliseconds."""

    kind: str
    per_second: float
    p50: float
    p99: float


@dataclass(slots=True)
class Watch:
    """What a look at the service told while the flood came."""

    most_megabytes: float = 0
    health: list[float] | None = None
    desk: list[float] | None = None
    refused: int = 0


def measure(run: Run) -> list[Goal]:
    seconds = 4 if run.quick else 15
    uri = databases.of_threads(run.folder, {f"t{SIZE}": data.conversation(SIZE)})
    with service(run.folder, uri, COMMENTS_CACHE_BYTES=0, COMMENTS_HOLD="none") as server:
        capacity = _capacity(server, seconds)
        before, calm = server.megabytes(), _one_read(server)
        with _watching(server) as watch:
            answers = _flood(server, TIMES * capacity, seconds)
        back = _seconds_until_back(server, calm)
        after = server.megabytes()
        # What it can do may have been measured while the machine did something else.
        capacity = max(capacity, _capacity(server, seconds))
    rows = rows_of(answers, seconds)
    _print(rows, capacity, seconds)
    _print_meanwhile(watch, (before, after), calm, back)
    return goals(rows, capacity, answers, (before, watch.most_megabytes), back)


def goals(
    rows: Sequence[Row],
    capacity: float,
    answers: Sequence[Answered],
    memory: tuple[float, float],
    back: float,
) -> list[Goal]:
    """*capacity* is requests a second, *memory* megabytes before and at most, *back* seconds."""
    told = {row.kind: row for row in rows}
    share = sum(row.per_second for row in rows if "refused" not in row.kind) / capacity
    slowest = max((row.p99 for row in rows if "refused" in row.kind), default=0)
    growth = memory[1] / memory[0]
    odd = sum(status not in (200, 201, 503) for _kind, status, _ms in answers)
    kept = {kind: share_answered(answers, kind) for kind in ("read", "write")}
    return [
        Goal(f"{TIMES} × the load: answers ≥ 70 %", f"{share:.0%}", share >= LEAST_ANSWERED),
        Goal("refusals within 500 ms", f"p99 {slowest:.0f} ms", slowest <= MOST_REFUSED_MS),
        Goal("nothing but answers and 503", f"{odd} others", odd == 0 and "read" in told),
        Goal("memory stays within 1.2 ×", f"{growth:.2f} ×", growth <= MOST_GROWTH),
        Goal("reads before writes", _shares(kept), kept["read"] > kept["write"]),
        Goal("back within 5 s", f"{back:.1f} s", back <= MOST_BACK_SECONDS),
    ]


def _shares(kept: dict[str, float]) -> str:
    return ", ".join(f"{share:.0%} of {kind}s" for kind, share in kept.items())


def share_answered(answers: Sequence[Answered], kind: str) -> float:
    """The part of all requests of *kind* that was answered."""
    statuses = Counter(status for each, status, _ms in answers if each == kind)
    return (statuses[200] + statuses[201]) / max(1, statuses.total())


def rows_of(answers: Sequence[Answered], seconds: float) -> list[Row]:
    """Answered and refused requests, each with its rate and times."""
    sorts: dict[str, list[float]] = {}
    for kind, status, ms in answers:
        became = {503: ", refused", 0: ", lost"}.get(status, "")
        sorts.setdefault(f"{kind}{became}", []).append(ms)
    return [
        Row(kind, len(times) / seconds, median(times), percentile(times, 0.99))
        for kind, times in sorted(sorts.items())
    ]


def percentile(times: Sequence[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(part * len(times)))]


# ── the service ──────────────────────────────────────────────────────────────────────────


def _places() -> str:
    """Different pages, and comments into a thread that grows."""
    reads = [
        ("read", "GET", f"{API}/comments?thread=t{SIZE}&limit={20 + number}", "")
        for number in range(READERS)
    ]
    fields = {"thread": "flooded", "name": "Ann", "body": "A comment among very many."}
    writes = [("write", "POST", f"{API}/comments", json.dumps(fields))] * WRITERS
    # In turn, one of each.
    return json.dumps([place for both in zip(reads, writes, strict=True) for place in both])


def _capacity(server: Server, seconds: int) -> float:
    """Requests a second that it answers when it is asked no more than it works on."""
    host, places = urlsplit(server.url).netloc, json.loads(_places())
    counts = [0] * _AT_EASE
    until = time.perf_counter() + seconds

    def ask(number: int) -> None:
        connection = HTTPConnection(host, timeout=_SPARE_SECONDS)
        while time.perf_counter() < until:
            _kind, method, path, body = places[(number + counts[number]) % len(places)]
            connection.request(method, path, body or None, {"Content-Type": "application/json"})
            connection.getresponse().read()
            counts[number] += 1
        connection.close()

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(_AT_EASE)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    return sum(counts) / seconds


def _flood(server: Server, per_second: float, seconds: int) -> list[Answered]:
    each = (server.url, seconds, per_second / _CLIENTS, _places())
    running = [load.started("flood", *each) for _ in range(_CLIENTS)]
    return [tuple(answer) for process in running for answer in load.told(process, seconds)]


# ── looking on ───────────────────────────────────────────────────────────────────────────


@contextmanager
def _watching(server: Server) -> Iterator[Watch]:
    watch, over = Watch(health=[], desk=[]), threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            watch.most_megabytes = max(watch.most_megabytes, server.megabytes())
            for path, times in (("/healthz", watch.health), ("/comments/admin/queue", watch.desk)):
                status, ms = _timed(server, path)
                watch.refused += status == 503
                assert times is not None
                times.append(ms)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield watch
    finally:
        over.set()
        looking.join()


def _timed(server: Server, path: str) -> tuple[int, float]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=_SPARE_SECONDS)
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, (time.perf_counter() - began) * 1000


def _one_read(server: Server) -> float:
    """Milliseconds that a page takes while nobody else asks."""
    path = f"{API}/comments?thread=t{SIZE}"
    return median(_timed(server, path)[1] for _ in range(9))


def _seconds_until_back(server: Server, calm: float) -> float:
    """Seconds after the flood until a page takes no more than twice what it took before."""
    began = time.perf_counter()
    while True:
        status, ms = _timed(server, f"{API}/comments?thread=t{SIZE}")
        if status == 200 and ms <= 2 * calm:
            return time.perf_counter() - began


# ── telling ──────────────────────────────────────────────────────────────────────────────


def _print(rows: Sequence[Row], capacity: float, seconds: int) -> None:
    print_table(
        f"{TIMES} × the {capacity:.0f} requests/s it can work on, for {seconds} s",
        ("", "per second", "p50 ms", "p99 ms"),
        [(row.kind, f"{row.per_second:.0f}", f"{row.p50:.1f}", f"{row.p99:.1f}") for row in rows],
    )


def _print_meanwhile(watch: Watch, memory: tuple[float, float], calm: float, back: float) -> None:
    before, after = memory
    assert watch.health and watch.desk
    megabytes = " / ".join(f"{size:.0f}" for size in (before, watch.most_megabytes, after))
    print_table(
        "Meanwhile and afterwards",
        ("", "measured"),
        [
            ("health check, p50 / slowest ms", _middle_and_most(watch.health)),
            ("a moderator's page, p50 / slowest ms", _middle_and_most(watch.desk)),
            ("of these refused", str(watch.refused)),
            ("memory before / at the most / after, MB", megabytes),
            ("one page, nobody else asking, ms", f"{calm:.1f}"),
            ("seconds until a page takes at most twice that", f"{back:.2f}"),
        ],
    )


def _middle_and_most(times: Sequence[float]) -> str:
    return f"{median(times):.0f} / {max(times):.0f}"

"""This version of ours against an earlier one: ``make bench BASE=<commit>``.

The earlier one is taken out of git into a folder of its own, and runs on the libraries that are
installed for this one. Each is filled through its own HTTP API, so that neither has to know the
other's tables. What is compared is the server's CPU time per call, A B A B.
"""

import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from tests.bench import data, load, ours
from tests.bench.duels import Duel, Outcome, Side, fight
from tests.bench.load import Load, Request
from tests.bench.report import Goal, print_list, print_table
from tests.bench.section import Run
from tests.bench.servers import Server, service
from tests.services.tools import PROJECT

MOST_MORE = 1.10
ROOTS, ANSWERS = 25, 3
LISTED = 20
#: Votes are compared, not the refusal of the sixth one from an address.
_SETTINGS = {
    "COMMENTS_HOLD": "none",
    "COMMENTS_GUEST_VOTES_PER_ADDRESS": 10_000,
    **ours.SIGNS_IN,
}


def measure(run: Run) -> list[Goal]:
    """Print the cost of each call at both commits; the goal is that none has become worse."""
    assert run.base is not None
    commit = _git("rev-parse", "--short", f"{run.base}^{{commit}}")
    print_list(f"Other: {commit}, {_git('log', '-1', '--format=%s', commit)}")
    with ExitStack() as stack:
        code = _taken_out(commit, run.folder)
        now = stack.enter_context(_version(run.folder / "now", PROJECT))
        before = stack.enter_context(_version(run.folder / "before", code))
        outcomes = _compared(now, before, rounds=3 if run.quick else 15)
    return _report(commit, outcomes)


def _report(commit: str, outcomes: Sequence[Outcome]) -> list[Goal]:
    rows = [
        (
            each.name,
            f"{each.ours.cpu:.3f}",
            f"{each.theirs.cpu:.3f}",
            f"{each.cpu:.0%}",
            "worse" if each.cpu > MOST_MORE else "",
        )
        for each in outcomes
    ]
    heads = ("call", "CPU ms", commit, "ratio", "")
    print_table(f"CPU per call against {commit}", heads, rows)
    worst = max(outcomes, key=lambda outcome: outcome.cpu)
    promise = f"no call costs over {MOST_MORE - 1:.0%} more than at {commit}"
    return [Goal(promise, f"{worst.name}: {worst.cpu:.0%}", worst.cpu <= MOST_MORE)]


def _git(*command: str) -> str:
    done = subprocess.run(
        ["git", *command], cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def _taken_out(commit: str, folder: Path) -> Path:
    """The files of *commit*."""
    packed, code = folder / "code.tar", folder / "code"
    _git("archive", "--output", str(packed), commit)
    with tarfile.open(packed) as archive:
        archive.extractall(code, filter="data")
    return code


# ── two versions ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Version:
    """Two servers of one version on one database, the second of which keeps nothing ready."""

    cached: Server
    uncached: Server
    calls: "Calls" = field(default_factory=lambda: Calls())


@contextmanager
def _version(folder: Path, code: Path) -> Iterator[Version]:
    folder.mkdir()
    uri = f"sqlite:///{folder / 'comments.sqlite3'}"
    with (
        service(folder, uri, code=code, **_SETTINGS) as cached,
        service(folder, uri, code=code, COMMENTS_CACHE_BYTES=0) as uncached,
    ):
        version = Version(cached, uncached)
        load.errands(cached, list(version.calls.filling()), connections=1)
        yield version


class Calls:
    """The next requests of each call; ids are given in the order of posting, from 1."""

    def __init__(self) -> None:
        self._texts = [body for body, _ in data.bodies()]
        self._next_id = count(1)
        self._number = count(1)
        self._token = ours.token()

    def filling(self) -> Iterator[Request]:
        """A thread of 100, and small ones."""
        for _ in range(ROOTS):
            root = next(self._next_id)
            yield self._post("t100")
            for _ in range(ANSWERS):
                next(self._next_id)
                yield self._post("t100", parent=root)
        for number in range(LISTED):
            next(self._next_id)
            yield self._post(f"few{number}")

    def in_new_thread(self) -> Iterator[Request]:
        while id := next(self._next_id):
            yield self._post(f"new{id}")

    def answers(self) -> Iterator[Request]:
        while next(self._next_id):
            yield self._post("t100", parent=1)

    def votes(self) -> Iterator[Request]:
        """Each by a guest who has never been here."""
        while number := next(self._number):
            yield ours.vote(1 + number % (ROOTS * (1 + ANSWERS)))

    def decisions(self) -> Iterator[Request]:
        """There and back again, on one comment of a thread that nobody else is in."""
        id = next(self._next_id)
        yield self._post(f"judged{id}")
        while True:
            yield ours.decide(id, "spam", self._token)
            yield ours.decide(id, "published", self._token)

    def _post(self, key: str, **facts: object) -> Request:
        number = next(self._number)
        return ours.post(key, f"{number}. {self._texts[number % len(self._texts)]}", **facts)


# ── what they are asked ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Call:
    """So many of these requests at a time, one after the other."""

    times: int
    requests: Callable[[Version], Iterator[Request]]
    cached: bool = True


def _same(path: str, *, uncached: bool = False) -> Call:
    request = Request("GET", path)

    def again(_: Version) -> Iterator[Request]:
        while True:
            yield request

    return Call(12 if uncached else 500, again, cached=not uncached)


def _calls() -> dict[str, Call]:
    counts = ours.counts([f"few{number}" for number in range(LISTED)])
    return {
        "JSON, from cache": _same(ours.PAGE.format("t100")),
        "HTML, from cache": _same(ours.HTML_PAGE.format("t100")),
        "fragment, from cache": _same(ours.FRAGMENT.format("t100")),
        "JSON, cache missed": _same(ours.PAGE.format("t100"), uncached=True),
        "HTML, cache missed": _same(ours.HTML_PAGE.format("t100"), uncached=True),
        f"counts of {LISTED} threads": _same(counts.path),
        "comment, new thread": Call(40, lambda version: version.calls.in_new_thread()),
        "answer, thread of 100": Call(40, lambda version: version.calls.answers()),
        "vote": Call(40, lambda version: version.calls.votes()),
        "decision": Call(41, lambda version: version.calls.decisions()),
    }


def _compared(now: Version, before: Version, *, rounds: int) -> list[Outcome]:
    calls = _calls()

    def ask(side: Side) -> Load:
        call = calls[side.path]
        version = now if side.server in (now.cached, now.uncached) else before
        requests = list(islice(call.requests(version), call.times))
        return load.errands(side.server, requests, connections=1)

    duels = []
    for name, call in calls.items():
        servers = (each.cached if call.cached else each.uncached for each in (now, before))
        duels.append(Duel(name, *(Side(server, name) for server in servers)))
    return list(fight("versions", duels, ask, rounds=rounds).values())

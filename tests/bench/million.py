"""A site of a million comments in ten thousand threads beside a small one.

``make bench ARGS="--only million"``; with ``--quick`` a tenth of it. What the same calls cost on
both, nothing of it from a cache; how quickly ``flask comments check`` goes through all rows, and
mends them where all are wrong; how soon the service answers after its start; and what memory a
worker takes under a mixed load: each thousand requests show whether it still grows. With
``--hour`` that load is spread over an hour.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from statistics import linear_regression, median

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from comments.models import Comment
from comments.web.guards import SESSION_COOKIE
from tests.bench import databases, ours, site
from tests.bench.load import Request, errands
from tests.bench.report import Goal, Progress, print_list, print_table
from tests.bench.section import Run
from tests.bench.servers import SECRET, Server, get, service
from tests.services.postgres import Postgres
from tests.services.tools import PROJECT

SMALL = (10_000, 100)
#: A thread that both sites have, as large on both.
ALIKE = 1_000
MOST_TIMES, MOST_TIMES_FOR_MODERATORS, LEAST_ROWS = 1.5, 3.0, 50_000
MOST_START, MOST_MEGABYTES = 1.0, 150
#: Requests of the mixed load between two looks at the memory.
LOOK_EVERY = 1_000
CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Site:
    """A built site: its server without a cache, and what its calls need to know."""

    uri: str
    seconds: float
    token: str
    #: A thread of :data:`ALIKE` comments, and one of its comments, with answers.
    thread: str
    comment: int
    threads: int
    database: int | None = None

    def served(self, folder: Path, **settings: object) -> Server:
        server = service(folder, self.uri, **settings)
        server.also = self.database
        return server


def measure(run: Run) -> list[Goal]:
    comments, threads = (100_000, 1_000) if run.quick else (1_000_000, 10_000)
    with ExitStack() as stack:
        large = stack.enter_context(_built(run, "large", comments, threads))
        small = stack.enter_context(_built(run, "small", *SMALL))
        print_list(f"{comments:,} comments in {threads:,} threads: built in {large.seconds:.0f} s")
        return [
            *_calls(run, large, small),
            _check(large, comments + threads),
            _start(run, large),
            _memory(run, large),
            _repair(large, comments + threads),
        ]


# ── the sites ────────────────────────────────────────────────────────────────────────────


@contextmanager
def _built(run: Run, name: str, comments: int, threads: int) -> Iterator[Site]:
    if run.database == "sqlite":
        yield _build(f"sqlite:///{run.folder / name}.sqlite3", comments, threads)
        return
    server = Postgres()
    try:
        yield _build(server.create(), comments, threads, server.pid)
    finally:
        server.stop()


def _build(uri: str, comments: int, threads: int, pid: int | None = None) -> Site:
    began = time.monotonic()
    with databases.opened(uri) as engine, Session(engine) as session:
        site.build(engine, comments, threads)
        seconds = time.monotonic() - began
        token = databases.add_owner(session)
        of_size = site.sizes(comments, threads).index(ALIKE) + 1
        answered = select(Comment.id).where(
            Comment.thread_id == of_size, Comment.parent_id.is_(None), Comment.replies_count > 3
        )
        comment = session.scalars(answered.limit(1)).one()
        session.commit()
    return Site(uri, seconds, token, f"t{of_size}", comment, threads, pid)


# ── what a call costs ────────────────────────────────────────────────────────────────────

READERS = {
    "first page, thread of 1,000": "/comments/api/v1/comments?thread={thread}",
    "the same as HTML": "/comments/thread?key={thread}",
    "its most voted": "/comments/api/v1/comments?thread={thread}&sort=most_voted",
    "a later page": "/comments/api/v1/comments?thread={thread}&after={after}",
    "first page of the largest thread": "/comments/api/v1/comments?thread=t1",
    "replies of one": "/comments/api/v1/comments/{comment}/replies?sort=newest",
    "one comment": "/comments/api/v1/comments/{comment}",
    "counts of 3": "/comments/api/v1/counts?thread=t1&thread={thread}&thread=t90",
    "news of the last 20 revisions": "/comments/fragment/news?key={thread}&since={since}",
    "feed of the site": "/comments/feed.atom",
}
MODERATORS = {
    "the queue": "/comments/admin/queue",
    "all comments": "/comments/admin/queue?show=everything",
    "discussions": "/comments/admin/threads",
    "search for a rare word": "/comments/admin/search?text=number+4711",
    "search for what half of all say": "/comments/admin/search?text=tram",
    "search for an author": "/comments/admin/search?author=tram+0",
    "the log": "/comments/admin/log",
    "figures of 30 days": "/comments/admin/overview?days=30",
    "bans": "/comments/admin/people",
}
#: It counts what was written in that time: at this site, nearly all.
COUNTING = {"figures of a year": "/comments/admin/overview?days=365"}


def _calls(run: Run, large: Site, small: Site) -> list[Goal]:
    rounds, often = (3, 20) if run.quick else (5, 40)
    calls = READERS | MODERATORS | COUNTING
    progress = Progress("calls", rounds * len(calls))
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    numbers = count()
    with ExitStack() as stack:
        servers = [
            (each, stack.enter_context(each.served(run.folder, COMMENTS_CACHE_BYTES=0)))
            for each in (large, small)
        ]
        filled = [_filled(each, server) for each, server in servers]
        for _ in range(rounds):
            for name, path in calls.items():
                progress.step(name)
                both = [
                    _cost(server, each, path.format(**facts), [next(numbers) for _ in range(often)])
                    for (each, server), facts in zip(servers, filled, strict=True)
                ]
                spent[name].append((both[0], both[1]))
    progress.end()
    return _told(spent)


def _filled(each: Site, server: Server) -> dict[str, object]:
    page = json.loads(get(server.url + ours.PAGE.format(each.thread)))
    since = page["thread"]["revision"] - 20
    facts = {"thread": each.thread, "comment": each.comment}
    return {**facts, "after": page["next"], "since": since}


def _cost(server: Server, each: Site, path: str, numbers: Sequence[int]) -> float:
    """CPU milliseconds of one; each request is under an address of its own."""
    sign = "&" if "?" in path else "?"
    cookie = {"Cookie": f"{SESSION_COOKIE}={each.token}"} if "/admin/" in path else {}
    requests = [Request("GET", f"{path}{sign}n={number}", "", cookie) for number in numbers]
    return errands(server, requests, connections=1).cpu


def _told(spent: dict[str, list[tuple[float, float]]]) -> list[Goal]:
    rows, ratios = [], {}
    for name, both in spent.items():
        large, small = (median(one) for one in zip(*both, strict=True))
        ratios[name] = large / small if small else 0
        rows.append((name, f"{large:.1f}", f"{small:.1f}", f"{ratios[name]:.2f} ×"))
    title = f"CPU ms of a call, uncached: this site against one of {SMALL[0]:,} comments"
    print_table(title, ("call", "this", "small", "ratio"), rows)
    return [
        _ratio_goal("a reader's call", READERS, ratios, MOST_TIMES),
        _ratio_goal("a moderator's view", MODERATORS, ratios, MOST_TIMES_FOR_MODERATORS),
    ]


def _ratio_goal(what: str, names: dict[str, str], ratios: dict[str, float], most: float) -> Goal:
    worst = max(names, key=lambda name: ratios[name])
    measured = f"{ratios[worst]:.2f} × ({worst})"
    return Goal(f"{what} ≤ {most:g} × that of a small site", measured, ratios[worst] <= most)


# ── flask comments check ─────────────────────────────────────────────────────────────────


def _check(large: Site, rows: int) -> Goal:
    return _checked(large, rows, "flask comments check")


def _repair(large: Site, rows: int) -> Goal:
    """The worst case, and the last of all: what every comment says of its votes is wrong."""
    lost = update(Comment).values(up=0, down=0, score=0, vote_rank=1)
    with databases.opened(large.uri) as engine, Session(engine) as session:
        session.execute(lost, execution_options={"synchronize_session": False})
        session.commit()
    return _checked(large, rows, "all votes counted again", "--repair")


def _checked(large: Site, rows: int, what: str, *options: str) -> Goal:
    command = ["flask", "--app", "comments.standalone", "comments", "check", *options]
    env = {"COMMENTS_DATABASE_URI": large.uri, "COMMENTS_SECRET_KEY": SECRET}
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", *command],
        check=True,
        capture_output=True,
        cwd=PROJECT,
        env=os.environ | env,
    )
    seconds = time.monotonic() - began
    rate = rows / seconds
    return Goal(
        f"{what}: ≥ {LEAST_ROWS:,} rows/s",
        f"{rate:,.0f} ({rows:,} in {seconds:.0f} s)",
        rate >= LEAST_ROWS,
    )


# ── start and memory ─────────────────────────────────────────────────────────────────────


def _start(run: Run, large: Site) -> Goal:
    walls, spent = [], []
    for _ in range(3 if run.quick else 7):
        began = time.monotonic()
        with service(run.folder, large.uri) as server:
            get(server.url + ours.PAGE.format(large.thread))
            walls.append(time.monotonic() - began)
            spent.append(server.cpu_seconds())
    wall, cpu = median(walls), median(spent)
    measured = f"{wall:.2f} s, of which {cpu:.2f} s CPU"
    return Goal(f"start to first answer ≤ {MOST_START:g} s", measured, wall <= MOST_START)


def _memory(run: Run, large: Site) -> Goal:
    looks = 60 if run.hour else 6 if run.quick else 20
    progress = Progress("mixed load", looks)
    dice, numbers, seen = Random(looks), count(), []
    # Every request comes from this machine.
    settings = {"COMMENTS_GUEST_VOTES_PER_ADDRESS": 10_000, "COMMENTS_ORIGINS": ours.SITE}
    with large.served(run.folder, **settings) as server:
        idle = server.largest()
        began = time.monotonic()
        for number in range(looks):
            progress.step(f"{LOOK_EVERY:,} requests")
            mixed = [_any(dice, large, next(numbers)) for _ in range(LOOK_EVERY)]
            errands(server, mixed, connections=CONNECTIONS)
            seen.append(server.largest())
            if run.hour:
                time.sleep(max(0.0, began + 60 * (number + 1) - time.monotonic()))
    progress.end()
    late = seen[len(seen) // 2 :]
    growth = linear_regression(range(len(late)), late).slope * 10_000 / LOOK_EVERY
    print_list(
        f"Memory of a worker: {idle:.0f} MB idle, {max(seen):.0f} MB at most in "
        f"{looks * LOOK_EVERY:,} requests, {growth:+.1f} MB per 10,000 in their second half"
    )
    measured = f"{max(seen):.0f} MB"
    return Goal(
        f"a worker ≤ {MOST_MEGABYTES} MB under a mixed load", measured, max(seen) <= MOST_MEGABYTES
    )


def _any(dice: Random, large: Site, number: int) -> Request:
    """One of what people ask for: most read, here and there, some vote and write."""
    thread = f"t{1 + int(large.threads * dice.random() ** 3)}"
    kind = dice.random()
    if kind < 0.02:
        return ours.post(f"new-{number % 500}", f"What about number {number}?")
    if kind < 0.06:
        return ours.vote(large.comment)
    if kind < 0.08:
        cookie = {"Cookie": f"{SESSION_COOKIE}={large.token}"}
        return Request("GET", dice.choice(list(MODERATORS.values())), "", cookie)
    if kind < 0.2:
        return ours.counts([thread, "t1", "t2"])
    path = dice.choice((ours.PAGE, ours.HTML_PAGE, ours.FRAGMENT, "/comments/feed.atom?thread={}"))
    return Request("GET", path.format(thread))

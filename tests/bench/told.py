"""A busy thread that a thousand readers follow: what telling them adds to a post.

``make bench ARGS="--only told"``. On SQLite, whose one writer everybody waits for.
"""

import statistics
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from comments import notify
from comments.config import Settings
from tests import factories as make
from tests.bench import databases
from tests.bench.report import Goal, print_table
from tests.bench.section import Run

FOLLOWERS = 1_000
POSTS = 21
MOST_ADDED = 0.1


def measure(run: Run, followers: int = FOLLOWERS, posts: int = POSTS) -> list[Goal]:
    """Print the table; the goal is what a thousand add to one post, its commit included."""
    with databases.opened(f"sqlite:///{run.folder / 'told.sqlite3'}") as engine:
        with Session(engine) as session:
            make.subscribers(session, followers, "followed")
            make.post(session, thread="quiet")
            session.commit()
        rows = {key: _seconds(engine, key, posts) for key in ("quiet", "followed")}
        gathered, seconds = _gathered(engine)
    added = rows["followed"] - rows["quiet"]
    print_table(
        f"A post that {followers:,} are told of",
        ("", "ms"),
        [
            ("nobody follows", f"{rows['quiet'] * 1000:.1f}"),
            (f"{followers:,} follow", f"{rows['followed'] * 1000:.1f}"),
            (f"{gathered:,} letters written", f"{seconds * 1000:.1f}"),
        ],
    )
    promise = f"telling {followers:,} adds < 100 ms to a post"
    return [Goal(promise, f"{added * 1000:.1f} ms", added < MOST_ADDED)]


def _seconds(engine: Engine, key: str, posts: int) -> float:
    """The median of a comment's transaction."""
    took = []
    for number in range(posts):
        with Session(engine) as session:
            began = time.perf_counter()
            make.post(session, make.CAROL, f"Hello {number}", thread=key, now=datetime.now(UTC))
            session.commit()
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def _gathered(engine: Engine) -> tuple[int, float]:
    """How many letters all that makes, and in how many seconds."""
    with Session(engine) as session:
        began = time.perf_counter()
        written = notify.gather(session, Settings(), datetime.now(UTC) + timedelta(hours=1))
        return written, time.perf_counter() - began

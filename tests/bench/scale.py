"""A billion comments on many machines, as arithmetic: what one weighs, how evenly threads spread.

Threads fall on shards, and a few of them have most of the readers. The weight is measured in
PostgreSQL on our own schema. The load is a simulation: popularity of threads by Zipf's law (the
k-th most popular is asked for in proportion to 1/k^s), each thread on the shard that a hash of
its key says. What a cache for everybody in front takes off is exact arithmetic: of a page that is
asked for r times a second and kept for T seconds, r/(1 + rT) requests a second go on (a request,
T seconds of answers without one, and so on).
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from comments import schema
from tests import factories as make
from tests.bench import data
from tests.bench.report import Goal, Progress, print_table
from tests.bench.section import Run
from tests.services.postgres import Postgres

#: Threads that anybody reads, and what they are asked for together each second.
THREADS, READS = 1_000_000, 20_000
#: Zipf exponents: news sites are near 1; the last is a site of few very popular threads.
SKEWS = (0.8, 1.0, 1.2)
SHARDS = (8, 64)
#: Seconds for which a cache keeps a page (``COMMENTS_PUBLIC_MAX_AGE``).
KEPT = 5.0
BILLION = 1_000_000_000


class Spread(NamedTuple):
    """What a load comes to; shares are those of the busiest shard, of all there is."""

    asked: float
    asked_share: float
    behind: float
    behind_share: float
    #: Of all reads, the most popular thread's.
    top: float


def popularity(threads: int, skew: float) -> list[float]:
    """The share of each thread, the most popular first; together 1."""
    weights = [1 / rank**skew for rank in range(1, threads + 1)]
    whole = sum(weights)
    return [weight / whole for weight in weights]


def shard_of(key: str, shards: int) -> int:
    """Where a thread is: the same on every machine, from its key alone."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest()) % shards


def behind_cache(rate: float, kept: float) -> float:
    """Requests a second that go on, of *rate* for one page that is kept *kept* seconds."""
    return rate / (1 + rate * kept)


def spread(shares: Sequence[float], places: Sequence[int], reads: float, kept: float) -> Spread:
    """How *reads* a second fall on shards; *places* are the threads' shards."""
    asked = [0.0] * (max(places) + 1)
    behind = asked.copy()
    for share, place in zip(shares, places, strict=True):
        asked[place] += share * reads
        behind[place] += behind_cache(share * reads, kept)
    return Spread(
        asked=sum(asked),
        asked_share=max(asked) / sum(asked),
        behind=sum(behind),
        behind_share=max(behind) / sum(behind),
        top=shares[0],
    )


# ── the weight of a comment ──────────────────────────────────────────────────────────────────


class Weight(NamedTuple):
    """Bytes of a table for each comment: its rows and its indexes."""

    table: str
    rows: float
    indexes: float


#: A comment has a row in each; in bulk come two votes a comment along.
_IN_BULK = ("comments_comments", "comments_votes")
_WHEN_POSTED = ("comments_decisions", "comments_search")

#: Bytes of a table's rows and of its indexes, by its name.
Sizes = dict[str, tuple[int, int]]


def sizes(engine: Engine) -> Sizes:
    asked = text("SELECT pg_table_size(:name), pg_indexes_size(:name)")
    with engine.connect() as connection:
        return {
            name: (row[0], row[1])
            for name in (*_IN_BULK, *_WHEN_POSTED)
            for row in connection.execute(asked, {"name": name})
        }


def weigh(empty: Sizes, full: Sizes, loaded: int, posted: int) -> list[Weight]:
    """What a comment weighs, the heaviest table first: *loaded* were written in bulk, *posted* as
    people do, which puts rows into the other tables too."""
    found = [
        Weight(
            name,
            *(
                (after - before) / (posted if name in _WHEN_POSTED else loaded)
                for before, after in zip(empty[name], full[name], strict=True)
            ),
        )
        for name in full
    ]
    return sorted(found, key=lambda weight: weight.rows + weight.indexes, reverse=True)


def post(session: Session, number: int) -> None:
    """Post *number* comments of as many sentences as people write, by a few hundred guests."""
    written = data.bodies()
    for n in range(number):
        body, _html = written[n % len(written)]
        name = f"Guest {n % data.GUESTS}"
        make.post(session, make.guest(name), body, thread=f"posted{n % 20}", name=name)
    session.commit()


def weighed(comments: int, posted: int) -> list[Weight]:
    """The weights of a comment in a PostgreSQL with so many."""
    server = Postgres()
    engine = create_engine(server.create())
    try:
        schema.upgrade(engine)
        empty = sizes(engine)
        with Session(engine) as session:
            data.load(session, "weighed", data.conversation(comments))
            post(session, posted)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM FULL"))
        return weigh(empty, sizes(engine), comments + posted, posted)
    finally:
        engine.dispose()
        server.stop()


# ── the section ──────────────────────────────────────────────────────────────────────────────


def measure(run: Run) -> list[Goal]:
    """Print the weight of a comment, and how a load spreads."""
    comments = 20_000 if run.quick else 100_000
    _print_weights(weighed(comments, posted=comments // 50), comments)
    return _spreads(100_000 if run.quick else THREADS)


def _print_weights(weights: Sequence[Weight], comments: int) -> None:
    whole = Weight(
        "together", sum(each.rows for each in weights), sum(each.indexes for each in weights)
    )
    rows = [
        (
            weight.table,
            f"{weight.rows:,.0f}",
            f"{weight.indexes:,.0f}",
            f"{(weight.rows + weight.indexes) * BILLION / 2**40:.2f} TiB",
        )
        for weight in (*weights, whole)
    ]
    heads = ("table", "rows, bytes a comment", "indexes", "a billion comments")
    print_table(f"What {comments:,} comments weigh in PostgreSQL", heads, rows)


def _spreads(threads: int) -> list[Goal]:
    places = {
        shards: [shard_of(f"article-{n}", shards) for n in range(threads)] for shards in SHARDS
    }
    progress = Progress("spreading", len(SKEWS))
    rows, worst = [], 0.0
    for skew in SKEWS:
        progress.step(f"Zipf {skew}")
        shares = popularity(threads, skew)
        for shards in SHARDS:
            found = spread(shares, places[shards], READS, KEPT)
            rows.append(_row(skew, shards, found))
            worst = max(worst, found.behind_share * shards)
    progress.end()
    print_table(
        f"{READS:,} reads a second of {threads:,} threads, pages kept {KEPT:g} s in front",
        (
            "Zipf, shards",
            "most popular thread",
            "busiest shard, no cache",
            "× its part",
            "reads behind the cache",
            "busiest shard",
            "× its part",
        ),
        rows,
    )
    goal = f"behind a cache the busiest shard has ≤ 1.5 × its part, up to {SHARDS[-1]} shards"
    return [Goal(goal, f"{worst:.2f} ×", worst <= 1.5)]


def _row(skew: float, shards: int, found: Spread) -> tuple[str, ...]:
    return (
        f"{skew}, {shards}",
        f"{found.top:.2%}",
        f"{found.asked_share:.1%}",
        f"{found.asked_share * shards:.2f} ×",
        f"{found.behind:,.0f}",
        f"{found.behind_share:.1%}",
        f"{found.behind_share * shards:.2f} ×",
    )

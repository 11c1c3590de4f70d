"""The counters of the rate limits in SQL, on both databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, func, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool, StaticPool

from comments import engines
from comments.database import begin_write
from comments.limits import SWEEP_ROWS, DatabaseStorage, Window, counters

Make = Callable[..., DatabaseStorage]


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(database_uri: str) -> Iterator[Engine]:
    engine = engines.create(database_uri)
    counters.create(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def make(clock: Clock) -> Iterator[Make]:
    """Makes storages and closes them; each stands for one process."""
    made: list[DatabaseStorage] = []

    def make(engine: Engine, **more: Any) -> DatabaseStorage:
        storage = DatabaseStorage(engine=lambda: engine, clock=clock, **more)
        made.append(storage)
        return storage

    yield make
    for storage in made:
        storage.close()


@pytest.fixture
def storage(make: Make, engine: Engine) -> DatabaseStorage:
    storage = make(engine)
    storage.incr("noise", 3600, amount=7)
    return storage


def rows(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(counters)) or 0


def test_every_hit_counts_in_its_window(storage: DatabaseStorage) -> None:
    assert [storage.incr("alice", 60) for _ in range(3)] == [1, 2, 3]
    assert storage.incr("alice", 60, amount=5) == 8
    assert storage.get("alice") == 8


def test_all_windows_are_hit_or_none_where_one_is_full(storage: DatabaseStorage) -> None:
    minute, hour = Window("alice/minute", 5, 60), Window("alice/hour", 2, 3600)
    assert [storage.hit_each([minute, hour]) for _ in range(3)] == [True, True, False]
    assert (storage.get(minute.key), storage.get(hour.key)) == (2, 2)


def test_a_full_window_that_is_over_has_room(storage: DatabaseStorage, clock: Clock) -> None:
    windows = [Window("alice/minute", 1, 60), Window("alice/hour", 5, 3600)]
    assert [storage.hit_each(windows) for _ in range(2)] == [True, False]
    clock.now += 60
    assert storage.hit_each(windows)
    assert [storage.get(window.key) for window in windows] == [1, 2]


def test_of_many_at_once_as_many_are_counted_in_as_there_is_room_for(
    make: Make, engine: Engine
) -> None:
    windows = [Window("alice/minute", 5, 60), Window("alice/hour", 3, 3600)]
    storages = [make(engine) for _ in range(8)]
    start = Barrier(8)

    def hit(storage: DatabaseStorage) -> bool:
        start.wait()
        return storage.hit_each(windows)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(hit, storages)) == 3


def test_a_window_ends_where_its_first_hit_put_the_end(
    storage: DatabaseStorage, clock: Clock
) -> None:
    began = clock.now
    storage.incr("alice", 60)
    clock.now += 59
    assert storage.incr("alice", 60) == 2
    assert storage.get_expiry("alice") == began + 60


def test_after_the_end_the_count_begins_anew(storage: DatabaseStorage, clock: Clock) -> None:
    storage.incr("alice", 60, amount=5)
    clock.now += 60
    assert storage.get("alice") == 0
    assert storage.get_expiry("alice") == clock.now
    assert storage.incr("alice", 60) == 1
    assert storage.get_expiry("alice") == clock.now + 60


def test_a_key_nobody_hit_has_no_hits_and_no_window(storage: DatabaseStorage, clock: Clock) -> None:
    assert storage.get("nobody") == 0
    assert storage.get_expiry("nobody") == clock.now


def test_clear_forgets_one_key_and_reset_all(storage: DatabaseStorage) -> None:
    storage.incr("alice", 60)
    storage.incr("carol", 60)
    storage.clear("alice")
    assert (storage.get("alice"), storage.get("carol")) == (0, 1)
    assert storage.reset() == 2
    assert (storage.get("noise"), storage.get("carol")) == (0, 0)


def test_two_processes_count_together(make: Make, engine: Engine) -> None:
    one, other = make(engine), make(engine)
    one.incr("alice", 60)
    assert other.incr("alice", 60) == 2
    assert one.get("alice") == 2


def test_of_eight_threads_exactly_the_limit_passes(make: Make, engine: Engine) -> None:
    limit, together = parse("50 per hour"), Barrier(8)
    limiters = [FixedWindowRateLimiter(make(engine, sweep_every=3)) for _ in range(2)]

    def hit(thread: int) -> int:
        together.wait()
        return sum(limiters[thread % 2].hit(limit, "alice") for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(hit, range(8))) == 50


def test_expired_rows_are_swept_with_the_first_hit_and_every_so_many(
    make: Make, engine: Engine, clock: Clock
) -> None:
    make(engine).incr("old", 60)
    clock.now += 60
    storage = make(engine, sweep_every=3)
    storage.incr("a", 60)
    assert rows(engine) == 1

    clock.now += 60
    storage.incr("b", 60)
    storage.incr("c", 60)
    assert rows(engine) == 3
    storage.incr("d", 60)
    assert rows(engine) == 3  # b, c and d; a is gone


def test_one_sweep_is_bounded_and_spares_what_still_counts(
    storage: DatabaseStorage, engine: Engine, clock: Clock
) -> None:
    expired = [
        {"key": f"old {n}", "hits": 1, "expires_at": clock.now - n} for n in range(SWEEP_ROWS + 5)
    ]
    with engine.begin() as connection:
        connection.execute(insert(counters), expired)
    assert [storage.sweep() for _ in range(3)] == [SWEEP_ROWS, 5, 0]
    assert storage.get("noise") == 7


def test_a_sweep_leaves_rows_that_somebody_else_is_at(
    make: Make, postgres_uri: str, clock: Clock
) -> None:
    options = {"options": "-c lock_timeout=2000"}
    engine = create_engine(postgres_uri, connect_args=options)
    counters.create(engine)
    storage = make(engine)
    storage.incr("one", 60)
    storage.incr("other", 60)
    clock.now += 60
    with engine.connect() as connection:
        connection.execute(select(counters).where(counters.c.key == "one").with_for_update())
        assert storage.sweep() == 1
    assert storage.sweep() == 1
    engine.dispose()


def test_a_session_that_has_read_does_not_hold_a_hit_up(
    storage: DatabaseStorage, engine: Engine
) -> None:
    with Session(engine) as session:
        assert session.scalars(select(counters.c.key)).all() == ["noise"]
        assert storage.incr("alice", 60) == 1


def test_a_hit_needs_no_second_place_in_the_pool_of_the_site(make: Make, database_uri: str) -> None:
    narrow = create_engine(
        database_uri, poolclass=QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.1
    )
    counters.create(narrow)
    with narrow.connect():
        assert make(narrow).incr("alice", 60) == 1
    narrow.dispose()


def test_a_hit_under_the_write_lock_of_sqlite_fails_and_is_not_counted(
    make: Make, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/busy.sqlite3", connect_args={"timeout": 0.05})
    counters.create(engine)
    storage = make(engine, patience=0.05)
    with Session(engine) as session:
        begin_write(session)
        with pytest.raises(OperationalError, match="locked"):
            storage.incr("alice", 60)
    assert storage.get("alice") == 0
    engine.dispose()


def test_a_hit_does_not_commit_for_a_host_with_one_connection(make: Make) -> None:
    host = create_engine("sqlite://", poolclass=StaticPool)
    articles = Table("articles", MetaData(), Column("id", Integer, primary_key=True))
    articles.create(host)
    storage = make(host)
    with host.connect() as connection:
        connection.execute(insert(articles).values(id=1))
        assert [storage.incr("alice", 60), storage.incr("alice", 60)] == [1, 2]
        connection.rollback()
        assert connection.execute(select(articles)).all() == []
    host.dispose()


def test_only_the_counters_do_without_waiting_for_the_disk(make: Make, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/comments.sqlite3"
    engine = engines.create(uri)
    dbapi = engine.dialect.loaded_dbapi
    normal, full = 1, 2
    in_wal = dbapi.sqlite_version_info >= engines.WAL_SINCE

    assert synchronous(make(engine)._connect) == (normal if in_wal else full)
    assert synchronous(engine.connect) == full
    engine.dispose()


def synchronous(connect: Callable[[], object]) -> object:
    with connect() as connection:  # type: ignore[attr-defined]
        return connection.exec_driver_sql("PRAGMA synchronous").scalar()


def test_it_says_when_it_cannot_count_and_when_it_can_again(
    storage: DatabaseStorage, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    assert storage.check()
    counters.drop(engine)
    assert not storage.check()
    assert "counted in memory" in caplog.text
    counters.create(engine)
    assert storage.check()


def test_closing_gives_connections_back_and_the_next_hit_opens_new_ones(
    storage: DatabaseStorage,
) -> None:
    storage.incr("alice", 60)
    storage.close()
    assert storage.incr("alice", 60) == 2


def test_flask_limiter_finds_it_by_its_scheme(engine: Engine) -> None:
    options: dict[str, object] = {"engine": lambda: engine}
    storage = storage_from_string("comments-database://", **options)  # type: ignore[arg-type]
    assert isinstance(storage, DatabaseStorage)

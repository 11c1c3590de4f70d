"""All that write to one SQLite file do so in turn, and nobody waits in vain."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from comments import turns
from comments.database import begin_write
from comments.models import Base, Thread
from tests.factories import NOON
from tests.services.neighbour import count_one, neighbour, turns_of

#: Nobody who has a turn coming waits so long, in seconds.
LONG = 30


@pytest.fixture
def engine(sqlite_uri: str) -> Iterator[Engine]:
    """An engine that gives up at once when SQLite says that another one is writing."""
    engine = create_engine(sqlite_uri, connect_args={"timeout": 0})
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def file_of(engine: Engine) -> str:
    assert engine.url.database
    return engine.url.database


def is_free(engine: Engine) -> bool:
    return not turns.line_of(file_of(engine)).is_taken()


def test_eight_who_write_at_once_are_never_told_to_come_back(engine: Engine) -> None:
    def write(_number: int) -> None:
        for _ in range(10):
            with Session(engine) as session:
                begin_write(session)
                session.execute(text("UPDATE comments_threads SET revision = 1 WHERE id = 1"))
                session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))


@pytest.mark.parametrize("end", ["commit", "rollback", "close"])
def test_a_turn_ends_with_its_transaction(engine: Engine, end: str) -> None:
    with Session(engine) as session:
        begin_write(session)
        begin_write(session)
        assert not is_free(engine)
        getattr(session, end)()
        assert is_free(engine)


def test_a_turn_outlives_what_is_taken_back_within_the_transaction(engine: Engine) -> None:
    with ThreadPoolExecutor(1) as pool, Session(engine) as session:
        begin_write(session)
        session.begin_nested().rollback()
        waiting, let_in = pool.submit(_wait_for_a_turn, engine), Event()
        waiting.add_done_callback(lambda _: let_in.set())
        assert not let_in.wait(0.05)
        session.commit()
        assert waiting.result(LONG)


def _wait_for_a_turn(engine: Engine) -> bool:
    with turns.waited(file_of(engine), LONG):
        return True


def test_a_session_that_is_lost_leaves_the_line(engine: Engine) -> None:
    session = Session(engine)
    turns.wait(session, file_of(engine), LONG)
    assert not is_free(engine)
    del session
    assert is_free(engine)


def test_who_has_waited_too_long_asks_sqlite(engine: Engine) -> None:
    with turns.waited(file_of(engine), LONG), Session(engine) as session:
        turns.wait(session, file_of(engine), 0.01)
        session.execute(text("BEGIN IMMEDIATE"))


def test_a_database_in_memory_has_no_line() -> None:
    engine = create_engine("sqlite://")
    with Session(engine) as session:
        begin_write(session)
        assert session.connection().connection.dbapi_connection.in_transaction
    engine.dispose()


# ── other processes ──────────────────────────────────────────────────────────────────────────


def test_processes_that_write_at_once_are_never_told_to_come_back(engine: Engine) -> None:
    _start_counting(engine)
    with neighbour(file_of(engine)) as one, neighbour(file_of(engine)) as other:
        for each in (one, other):
            each.tell("write 20")
        for _ in range(20):
            count_one(engine)
        assert [one.wait(), other.wait()] == ["done", "done"]
    assert _counted(engine) == 60


def test_a_process_that_dies_gives_up_its_turn(engine: Engine) -> None:
    file = file_of(engine)
    with neighbour(file) as one, neighbour(file) as other, neighbour(file) as third:
        one.tell("hold")
        assert one.wait() == "held"
        # Who keeps it for too long is not waited for.
        other.tell("hold")
        assert other.wait() == "in vain"
        one.kill()
        third.tell("hold")
        assert third.wait() == "held"


class _Interrupted(Exception):
    pass


def test_who_is_interrupted_in_the_line_leaves_it(engine: Engine) -> None:
    def interrupt(*_: object) -> None:
        raise _Interrupted

    file = file_of(engine)
    with neighbour(file) as one, neighbour(file) as other:
        one.tell("hold")
        assert one.wait() == "held"
        before = signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(_Interrupted), turns.waited(file, LONG):
            pass
        signal.signal(signal.SIGALRM, before)
        assert is_free(engine)
        one.kill()
        other.tell("hold")
        assert other.wait() == "held"


def test_a_child_waits_for_no_thread_of_its_parent(engine: Engine) -> None:
    with turns.waited(file_of(engine), LONG):
        child = os.fork()
        if child == 0:
            os._exit(0 if is_free(engine) else 1)
        assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(
    ("database", "beside"), [(0o600, 0o600), (0o664, 0o660), (0o644, 0o600), (0o666, 0o666)]
)
def test_who_may_write_may_stand_in_line_and_nobody_else(
    engine: Engine, database: int, beside: int
) -> None:
    Path(file_of(engine)).chmod(database)
    before = os.umask(0o077)
    with turns.waited(file_of(engine), LONG):
        os.umask(before)
    assert Path(f"{file_of(engine)}-turn").stat().st_mode & 0o777 == beside


def test_where_there_can_be_no_file_sqlite_has_processes_wait(engine: Engine) -> None:
    Path(f"{file_of(engine)}-turn").mkdir()
    with turns.waited(file_of(engine), LONG), Session(engine) as session:
        session.execute(text("BEGIN IMMEDIATE"))
        assert turns.line_of(file_of(engine)).is_aside()


def test_a_process_with_much_to_write_lets_others_in(engine: Engine) -> None:
    overtaken, file = [], file_of(engine)
    with neighbour(file) as busy:
        busy.tell("go on")
        assert busy.wait() == "begun"
        for _ in range(5):
            before = _turns(file)
            with turns.waited(file, LONG):
                after = _turns(file)
                overtaken.append(after - before)
            while _turns(file) == after:
                time.sleep(0.001)
        busy.tell("stop")
        assert busy.wait() == "done"
    # Now and then it has one more before we stand in line.
    assert sorted(overtaken)[len(overtaken) // 2] <= 1


def _turns(file: str) -> int:
    return int.from_bytes(turns_of(file).read_bytes())


def _start_counting(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Thread(key="counted", revision=0, created_at=NOON))
        session.commit()


def _counted(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalars(text("SELECT revision FROM comments_threads WHERE id = 1")).one()

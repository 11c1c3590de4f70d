"""Whether anything was written to SQLite: seen at once, from any process, and at nobody's cost."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from comments import engines
from comments.web import log_index
from comments.web.revisions import Revisions
from tests import factories as make
from tests.web import cast
from tests.web.cast import API


@pytest.fixture
def engine(migrated_sqlite_uri: str) -> Iterator[Engine]:
    engine = engines.create(migrated_sqlite_uri)
    yield engine
    engine.dispose()


@pytest.fixture
def revisions(engine: Engine) -> Revisions:
    """Asked once: what can be seen is seen over the connection that it keeps."""
    revisions = Revisions(lambda: engine)
    revisions.of(make.ARTICLE)
    return revisions


def elsewhere(engine: Engine, *statements: str) -> str:
    """What another process is told that sends *statements*: nothing, or why it was refused."""
    code = (
        "import importlib, sys\n"
        "module, file, *statements = sys.argv[1:]\n"
        "to = importlib.import_module(module).connect(file, timeout=0, isolation_level=None)\n"
        "try:\n    [to.execute(each) for each in statements]\n"
        "except Exception as refused: print(refused)"
    )
    about = [engines.sqlite_module().__name__, str(engine.url.database)]
    command = [sys.executable, "-c", code, *about, *statements]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def test_the_head_stays_while_nobody_writes(engine, revisions):
    before = revisions.head()
    with engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM comments_threads"))
    assert before is not None
    assert revisions.head() == before


def test_every_commit_moves_it_in_whichever_process(engine, revisions):
    heads = [revisions.head()]
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE anything (id INTEGER)"))
    heads.append(revisions.head())
    assert elsewhere(engine, "INSERT INTO anything VALUES (1)") == ""
    heads.append(revisions.head())
    assert elsewhere(engine, "PRAGMA wal_checkpoint(TRUNCATE)", "DELETE FROM anything") == ""
    heads.append(revisions.head())
    assert len(set(heads)) == 4


def test_who_looks_takes_no_lock_away(engine, revisions):
    """A process that closes a file loses its locks on it, those of its writers too."""
    with engine.connect() as writer:
        writer.exec_driver_sql("BEGIN IMMEDIATE")
        writer.exec_driver_sql("CREATE TABLE anything (id INTEGER)")
        watched = log_index.watched(writer.connection.dbapi_connection)
        assert watched is not None
        del watched
        revisions._close_all()
        gc.collect()
        assert elsewhere(engine, "BEGIN IMMEDIATE") == "database is locked"


def test_without_a_connection_nothing_is_seen(engine, revisions):
    """The file may be made anew then."""
    engine.dispose()
    assert revisions.head() is None
    revisions.of(make.ARTICLE)
    assert revisions.head() is not None


def test_with_another_opening_nothing_is_the_same_again(engine, revisions):
    """An index that is made anew over an empty log has the bytes of the one before."""
    before = revisions.head()
    engine.dispose()
    revisions.of(make.ARTICLE)
    assert revisions.head() not in (None, before)


def test_a_file_that_is_opened_in_another_way_is_not_watched(engine):
    """It may have no index, and one that somebody left there says the same for ever."""
    odd = engines.create(f"sqlite:///file:{engine.url.database}?vfs=unix-excl&uri=true")
    revisions = Revisions(lambda: odd)
    assert revisions.of(make.ARTICLE) == 0
    assert revisions.head() is None
    odd.dispose()


def test_a_connection_over_which_nothing_can_be_read_is_not_kept(migrated_sqlite_uri, caplog):
    engine = create_engine(migrated_sqlite_uri)
    made: list[Any] = []
    event.listen(engine, "connect", lambda connection, _: made.append(connection))
    path = Path(engine.url.database or "")
    whole = path.read_bytes()
    path.write_bytes(b"no database at all " * 100)
    revisions = Revisions(lambda: engine)

    assert revisions.of(make.ARTICLE) is None
    with pytest.raises(engine.dialect.loaded_dbapi.Error, match="closed"):
        made[0].cursor()
    path.write_bytes(whole)
    assert revisions.of(make.ARTICLE) == 0
    engine.dispose()


def test_what_is_over_is_let_go_of(tmp_path):
    places = []
    for name in ("one", "other"):
        uri = f"sqlite:///{tmp_path / name}"
        engine = engines.create(uri)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE anything (id INTEGER)")
            assert log_index.watched(connection.connection.dbapi_connection)
        places.append(list(log_index._opened)[-1])
        engine.dispose()
    assert places[0] not in log_index._opened


@pytest.mark.parametrize(
    "modes", [["journal_mode=DELETE"], ["locking_mode=EXCLUSIVE", "journal_mode=WAL"]]
)
def test_another_kind_of_keeping_is_asked_as_before(migrated_sqlite_uri, modes):
    to = create_engine(migrated_sqlite_uri, **engines.options(migrated_sqlite_uri))
    Path(f"{to.url.database}-shm").write_bytes(bytes(32_768))  # left by one that died
    with to.connect() as connection:
        for mode in modes:
            connection.exec_driver_sql(f"PRAGMA {mode}").all()
        assert log_index.watched(connection.connection.dbapi_connection) is None
    to.dispose()


def test_an_index_that_is_just_being_made_says_nothing(tmp_path):
    index = tmp_path / "comments.sqlite3-shm"
    index.write_bytes(b"\0" * 3)
    assert log_index._of(index) is None


# ── and the pages that rest on it ────────────────────────────────────────────────────────────


def test_a_ready_page_asks_nothing_until_somebody_writes(sqlite_app, monkeypatch):
    asked = []
    of = Revisions.of
    monkeypatch.setattr(Revisions, "of", lambda self, about: asked.append(about) or of(self, about))
    alice, carol = cast.visitor(sqlite_app, "alice"), cast.visitor(sqlite_app, "carol")
    alice.says()
    pages = [f"{API}/comments?thread=story", f"{API}/counts?thread=story&thread=other"]

    for page in pages * 3:
        carol.client.get(page)
    before = len(asked)
    for page in pages * 3:
        carol.client.get(page)
    assert len(asked) == before

    alice.says(thread="other")
    answers = [carol.client.get(page).json for page in pages]
    assert len(asked) > before
    assert answers[1]["counts"] == {"story": 1, "other": 1}

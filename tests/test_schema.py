"""Migrations: our tables in anybody's database."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, func, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from comments import engines, index, resources, schema
from comments.errors import ConfigError
from comments.models import TABLE_PREFIX, Thread, metadata
from comments.moderation import search
from tests import factories as make
from tests.factories import NOON

SCRIPTS = ScriptDirectory(str(resources.migrations_folder()))
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()][::-1]


@pytest.fixture
def empty(database_uri) -> Iterator[Engine]:
    """A database with nothing in it."""
    yield from opened(database_uri)


@pytest.fixture
def engine(migrated_uri) -> Iterator[Engine]:
    """A database with our tables, which nobody else uses: the tables themselves are changed."""
    yield from opened(migrated_uri)


def opened(uri: str) -> Iterator[Engine]:
    engine = engines.create(uri)
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names())


def of_the_models(engine: Engine) -> set[str]:
    """Without the index of the search, and what FTS5 keeps beside it."""
    return {name for name in tables(engine) if not name.startswith(index.NAME)}


def some_of_everything(engine: Engine) -> None:
    with Session(engine) as session:
        make.noise(session)
        session.commit()


def row_counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


# ── from nothing ─────────────────────────────────────────────────────────────────────────────


def test_from_zero_the_tables_are_what_the_models_say(empty):
    assert (schema.is_there(empty), schema.current(empty)) == (False, None)
    schema.upgrade(empty)
    assert schema.differences(empty) == []
    assert schema.current(empty) == schema.head() == REVISIONS[-1]
    assert of_the_models(empty) == {*metadata.tables, schema.VERSION_TABLE}
    assert index.NAME in tables(empty)


def test_all_our_tables_carry_our_prefix():
    assert {name for name in metadata.tables if not name.startswith(TABLE_PREFIX)} == set()
    assert schema.VERSION_TABLE.startswith(TABLE_PREFIX)


def test_upgrading_again_changes_nothing(engine):
    some_of_everything(engine)
    before = row_counts(engine)
    schema.upgrade(engine)
    assert row_counts(engine) == before


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX ix_comments_votes_by_voter",
        "ALTER TABLE comments_threads ADD COLUMN mood TEXT",
        "DROP TABLE comments_edits",
    ],
)
def test_a_difference_is_seen(engine, change):
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert len(schema.differences(engine)) == 1


# ── back and forth ───────────────────────────────────────────────────────────────────────────


def test_each_revision_goes_up_down_and_up_again(empty):
    for number, revision in enumerate(REVISIONS):
        before = REVISIONS[number - 1] if number else None
        schema.upgrade(empty, revision)
        there = tables(empty)
        schema.downgrade(empty, before or "base")
        assert schema.current(empty) == before
        schema.upgrade(empty, revision)
        assert (schema.current(empty), tables(empty)) == (revision, there)
    assert schema.differences(empty) == []


def test_with_comments_in_it_each_revision_goes_down_and_up(engine):
    some_of_everything(engine)
    for number in range(len(REVISIONS) - 1, 0, -1):
        schema.downgrade(engine, REVISIONS[number - 1])
    schema.upgrade(engine)
    assert schema.differences(engine) == []
    assert row_counts(engine)["comments_comments"] == 5


def test_comments_that_were_there_are_found_after_upgrading(engine):
    with Session(engine) as session:
        ids = [make.post(session, body=f"an apple {number}").id for number in range(5)]
        session.commit()
    schema.downgrade(engine, "0003")
    assert index.NAME not in tables(engine)
    schema.upgrade(engine)
    with Session(engine) as session:
        found = search.find(session, search.Query(text="apple"), sites=None).rows
        assert [comment.id for comment in found] == ids[::-1]


def test_whoever_wrote_before_an_upgrade_can_be_named_after_it(engine):
    with Session(engine) as session:
        for name in ("Zoë", "Ann Smith", "Ed"):
            make.post(session, make.stranger(), name=name)
        session.commit()
    schema.downgrade(engine, "0005")
    schema.upgrade(engine)

    with Session(engine) as session:
        comment = make.post(session, body="@zoe @ed @ann smith", name="Alice")
        assert comment.html.count("#comment-") == 3


def test_a_sqlite_without_full_text_search_is_told_in_a_sentence(sqlite_uri):
    """Of a library that has none, the answer to the question for it stands in here."""
    host = create_engine(sqlite_uri)

    @event.listens_for(host, "connect")
    def _old(connection, _record):
        connection.create_function("sqlite_compileoption_used", 1, lambda _name: 0)

    with pytest.raises(ConfigError, match="has no FTS5, which the search needs"):
        schema.upgrade(host)
    host.dispose()


def test_down_to_base_takes_all_of_ours_away(engine):
    some_of_everything(engine)
    schema.downgrade(engine, "base")
    assert tables(engine) == {schema.VERSION_TABLE}
    assert schema.current(engine) is None


def test_a_migration_that_fails_leaves_the_tables_as_they_were(engine):
    some_of_everything(engine)
    before = (tables(engine), row_counts(engine))

    def fail(config, _revision):
        connection = config.attributes["connection"]
        connection.exec_driver_sql("CREATE TABLE comments_half_done (id INTEGER)")
        connection.exec_driver_sql("DELETE FROM comments_decisions")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        schema._run(engine, fail, "head")
    assert (tables(engine), row_counts(engine)) == before


# ── foreign keys ─────────────────────────────────────────────────────────────────────────────


def test_every_foreign_key_of_the_models_is_in_the_database(engine):
    inspector = inspect(engine)
    for table in metadata.sorted_tables:
        found = {
            (key["name"], key["referred_table"], *key["constrained_columns"])
            for key in inspector.get_foreign_keys(table.name)
        }
        assert found == {
            (key.constraint.name, key.column.table.name, key.parent.name)
            for key in table.foreign_keys
        }


def test_the_service_enforces_them(engine):
    with Session(engine) as session:
        comment = make.post(session)
        session.flush()
        with pytest.raises(IntegrityError):
            session.execute(text("DELETE FROM comments_threads"))
        session.rollback()
        assert comment


def test_rebuilding_a_table_keeps_the_rows_that_point_at_it(engine):
    """What Alembic's batch mode does on SQLite for many changes of a column."""
    some_of_everything(engine)
    before = row_counts(engine)

    def rebuild(config, _revision):
        context = MigrationContext.configure(config.attributes["connection"])
        for name in ("comments_threads", "comments_comments"):
            with Operations(context).batch_alter_table(name, recreate="always"):
                pass

    if engine.dialect.name == "sqlite":
        schema._run(engine, rebuild, "head")
    assert row_counts(engine) == before
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


@pytest.mark.parametrize("enforced", [0, 1])
def test_a_hosts_connection_comes_back_as_it_was(sqlite_uri, enforced):
    host = create_engine(sqlite_uri, pool_size=1, max_overflow=0)

    @event.listens_for(host, "connect")
    def _settings(connection, _record):
        connection.execute(f"PRAGMA foreign_keys={enforced}")

    schema.upgrade(host)
    with host.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == enforced
    host.dispose()


# ── beside a host ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def hosted(empty) -> Engine:
    """A host's database with tables and a migration of its own."""
    with empty.begin() as connection:
        for statement in (
            "CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT)",
            "INSERT INTO articles VALUES (1, 'The night tram')",
            "CREATE TABLE comments (id INTEGER PRIMARY KEY)",
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
            "INSERT INTO alembic_version VALUES ('of the host')",
        ):
            connection.exec_driver_sql(statement)
    return empty


def of_the_host(engine: Engine) -> tuple:
    with engine.connect() as connection:
        return (
            of_the_models(engine) - {*metadata.tables, schema.VERSION_TABLE},
            connection.exec_driver_sql("SELECT * FROM articles").all(),
            connection.exec_driver_sql("SELECT * FROM alembic_version").all(),
        )


def test_the_hosts_tables_and_its_version_are_left_alone(hosted):
    before = of_the_host(hosted)
    schema.upgrade(hosted)
    assert of_the_host(hosted) == before
    schema.downgrade(hosted, "base")
    assert of_the_host(hosted) == before


def test_the_hosts_tables_are_no_difference(hosted):
    schema.upgrade(hosted)
    assert schema.differences(hosted) == []


# ── several at once ──────────────────────────────────────────────────────────────────────────

UPGRADE = """
import sys
from comments import engines, schema
engine = engines.create(sys.argv[1])
sys.stdin.readline()
schema.upgrade(engine)
"""


def test_processes_that_start_at_once_make_the_tables_once(database_uri, empty):
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, database_uri],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in starting:
        process.stdin.write("now\n")
        process.stdin.flush()
    for process in starting:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert schema.differences(empty) == []


def test_an_upgraded_database_takes_comments(empty):
    schema.upgrade(empty)
    with Session(empty) as session:
        make.noise(session)
        session.add(Thread(key="another", created_at=NOON))
        session.commit()
    assert row_counts(empty)["comments_threads"] == 2

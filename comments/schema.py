"""Our tables in a database: Alembic with our own scripts and our own version table.

The host's migrations are never touched, and ours never look at the host's tables. Alembic itself
is loaded where there is something to do: most starts find the tables as they should be.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnClause, Connection, Engine, column, inspect, select, table

from comments import index, limits, resources
from comments.models import TABLE_PREFIX, metadata

VERSION_TABLE = "comments_alembic_version"

#: Any number will do, as long as nobody else in the database locks the same one.
_UPGRADE_LOCK = 0x636F6D6D

# The storage of the rate limits brings a table of its own into the metadata.
assert limits.counters.metadata is metadata


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring our tables to *revision*; from nothing, or from any earlier one."""
    if revision != "head" or current(engine) != head():
        _run(engine, _alembic().upgrade, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take our tables back to *revision*, ``base`` for none."""
    _run(engine, _alembic().downgrade, revision)


def _alembic() -> Any:
    # why: a tenth of all that a start would load, and seldom needed
    from alembic import command

    return command


def _run(engine: Engine, act: Any, revision: str) -> None:
    # why: as above
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.migrations_folder()))
    with engine.connect() as connection, _unenforced(connection), connection.begin():
        _one_at_a_time(connection)
        config.attributes["connection"] = connection
        act(config, revision)


@contextmanager
def _unenforced(connection: Connection) -> Iterator[None]:
    """Foreign keys rest meanwhile, on SQLite.

    A table that is rebuilt there takes its children with it while they are enforced, and the
    switch does nothing inside a transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    enforced = connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one()
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.commit()
    try:
        yield
    finally:
        # The connection goes back into the host's pool as it was.
        connection.exec_driver_sql(f"PRAGMA foreign_keys={enforced}")
        connection.commit()


def _one_at_a_time(connection: Connection) -> None:
    """Several processes may start at once; the later ones then find the work done."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")


def current(engine: Engine) -> str | None:
    """The revision our tables are at, ``None`` where there are none."""
    if not is_there(engine):
        return None
    version: ColumnClause[str] = column("version_num")
    with engine.connect() as connection:
        return connection.scalar(select(version).select_from(table(VERSION_TABLE, version)))


def head() -> str:
    """The newest revision this package brings. Its scripts are numbered in one row."""
    scripts = (resources.migrations_folder() / "versions").glob("[0-9]*_*.py")
    return max(script.name.partition("_")[0] for script in scripts)


def differences(engine: Engine) -> list[Any]:
    """Where the tables differ from the models; empty when they agree."""
    # why: as above
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE,
                "compare_type": True,
                "include_name": ours,
            },
        )
        return list(compare_metadata(context, metadata))


def ours(name: str | None, type_: str, _parents: Any) -> bool:
    """Whether a table is one of the models'; the index of the search is derived from them."""
    named = name or ""
    return type_ != "table" or (named.startswith(TABLE_PREFIX) and not named.startswith(index.NAME))


def is_there(engine: Engine) -> bool:
    return inspect(engine).has_table(VERSION_TABLE)

"""Our tables in a database: Alembic with our own scripts and our own version table.

The host's migrations are never touched, and ours never look at the host's tables.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from comments import index, limits, resources
from comments.models import TABLE_PREFIX, metadata

VERSION_TABLE = "comments_alembic_version"

#: Any number will do, as long as nobody else in the database locks the same one.
_UPGRADE_LOCK = 0x636F6D6D

# The storage of the rate limits brings a table of its own into the metadata.
assert limits.counters.metadata is metadata


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.migrations_folder()))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring our tables to *revision*; from nothing, or from any earlier one."""
    _run(engine, command.upgrade, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take our tables back to *revision*, ``base`` for none."""
    _run(engine, command.downgrade, revision)


def _run(engine: Engine, act: Any, revision: str) -> None:
    with engine.connect() as connection, _unenforced(connection), connection.begin():
        _one_at_a_time(connection)
        act(_config(connection), revision)


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
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return context.get_current_revision()


def head() -> str | None:
    """The newest revision this package brings."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def differences(engine: Engine) -> list[Any]:
    """Where the tables differ from the models; empty when they agree."""
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

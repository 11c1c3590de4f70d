"""Alembic's entry: the connection comes from ``comments.schema``, the tables from the models."""

from alembic import context

from comments.models import TABLE_PREFIX, metadata
from comments.schema import VERSION_TABLE


def ours(name: str | None, type_: str, _parents: object) -> bool:
    return type_ != "table" or (name or "").startswith(TABLE_PREFIX)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_name=ours,
    # SQLite changes a column by building the table anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

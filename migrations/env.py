"""Alembic's entry: the connection comes from ``comments.schema``, the tables from the models."""

from alembic import context

from comments.models import metadata
from comments.schema import VERSION_TABLE, ours

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

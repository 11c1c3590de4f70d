"""What all tables stand on: their base, the types of their columns, the words of their states."""

from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    Enum,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    event,
    text,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column

from comments.database import UtcDateTime
from comments.text import fold_name

TABLE_PREFIX = "comments_"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is exactly INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")

BigId = Annotated[int, mapped_column(RowId, primary_key=True, autoincrement=True)]
Counter = Annotated[int, mapped_column(default=0, server_default="0")]
Moment = Annotated[datetime, mapped_column(UtcDateTime())]
AUTHOR_LENGTH = 200
AuthorId = Annotated[str, mapped_column(String(AUTHOR_LENGTH))]

KEY_LENGTH = 255
NAME_LENGTH = 60
URL_LENGTH = 2000
EMAIL_LENGTH = 254
REASON_LENGTH = 300


class Base(DeclarativeBase):
    metadata = metadata


def table_of(model: type[Base]) -> Table:
    """The table itself, for statements that are built once and need no objects."""
    return cast(Table, model.__table__)


def partial_index(name: str, *columns: str, only: str) -> Index:
    """An index of the rows that are *only* so, in SQL; a query has to say the same to use it."""
    return Index(name, *columns, sqlite_where=text(only))


@event.listens_for(metadata, "before_create")
def _on_postgresql_too(metadata: MetaData, connection: Connection, **_: Any) -> None:
    """The same for PostgreSQL, when tables are made there. To name a dialect loads all of it:
    on SQLite a twentieth of the start."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.tables.values():
        for index in table.indexes:
            where = index.dialect_options["sqlite"]["where"]
            index.dialect_options["postgresql"]["where"] = where


def words_of(kind: type[StrEnum]) -> Enum:
    """The column of an enumeration, kept by value."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


# One comment asks three times for the same.
@lru_cache(maxsize=1024)
def folded_name(name: str) -> str:
    """A name as it is compared; one sign may stand for eighteen letters, a column ends at 255."""
    return fold_name(name)[:KEY_LENGTH]


class Status(StrEnum):
    """Where a comment stands. Only ``moderation.set_status`` changes it."""

    PUBLISHED = "published"
    PENDING = "pending"
    SPAM = "spam"
    REJECTED = "rejected"
    DELETED = "deleted"


class AuthorKind(StrEnum):
    GUEST = "guest"
    USER = "user"
    MODERATOR = "moderator"


class Role(StrEnum):
    OWNER = "owner"
    MODERATOR = "moderator"


class Scope(StrEnum):
    """What of a thread a subscription is about, in the words of the HTTP contract."""

    ALL = "all"
    REPLIES = "replies"
    COMMENT = "comment"


class Pace(StrEnum):
    """How soon somebody is mailed; several comments make one mail."""

    NEVER = "never"
    IMMEDIATE = "immediate"
    HOURLY = "hourly"
    DAILY = "daily"

"""The full-text index over comments: FTS5 on SQLite, a ``tsvector`` with GIN on PostgreSQL.

A row holds the lexemes of a comment (:mod:`comments.text.lexemes`): those of its text behind a
``t``, those of its author's name behind an ``n``. Both engines only compare bytes, so they find
the same. The table is made by migration 0004 and is none of the models': it is derived, and
``flask comments index`` makes it anew. It changes in the transaction that changes the text.
"""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Select,
    TextClause,
    and_,
    bindparam,
    column,
    func,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from comments import spelled
from comments.database import is_sqlite
from comments.models import Comment
from comments.text import lexemes

#: The table, and how the names of those that FTS5 keeps beside it begin.
NAME = "comments_search"

TEXT, AUTHOR = "t", "n"

_PUT_SQLITE = text(f"INSERT OR REPLACE INTO {NAME} (rowid, terms) VALUES (:id, :terms)")  # noqa: S608
_PUT_POSTGRES = text(
    f"INSERT INTO {NAME} (comment_id, terms) "  # noqa: S608
    "VALUES (:id, array_to_tsvector(CAST(:terms AS text[]))) "
    "ON CONFLICT (comment_id) DO UPDATE SET terms = excluded.terms"
)

_FTS = table(NAME, column("rowid"), column("terms"), column(NAME))
_VECTORS = table(NAME, column("comment_id"), column("terms"))


class Entry(NamedTuple):
    """What is indexed of a comment."""

    id: int
    body: str
    author_name: str


class Term(NamedTuple):
    """What is looked for: a lexeme of a *field*; with *open_end* longer ones count as well."""

    field: str
    lexeme: str
    open_end: bool


def put(session: Session, comment: Comment) -> None:
    """Index a comment, new or changed, when it has been flushed; one statement."""
    connection = session.connection()
    put_one, rows = _rows(connection, [Entry(comment.id, comment.body, comment.author_name)])
    for row in rows:
        spelled.run(connection, put_one, row)


def put_many(connection: Connection, entries: Iterable[Entry]) -> None:
    put_one, rows = _rows(connection, entries)
    if rows:
        connection.execute(put_one, rows)


def _rows(connection: Connection, entries: Iterable[Entry]) -> tuple[TextClause, list[Any]]:
    """The statement that puts one row, and the rows of the *entries* in which there is a word."""
    on_sqlite = connection.dialect.name == "sqlite"
    rows = [
        {"id": entry.id, "terms": " ".join(terms) if on_sqlite else terms}
        for entry in entries
        if (terms := _terms(entry))
    ]
    return _PUT_SQLITE if on_sqlite else _PUT_POSTGRES, rows


def drop(session: Session, comment_ids: Collection[int]) -> None:
    """Take comments out of the index."""
    key = "rowid" if is_sqlite(session) else "comment_id"
    gone = text(f"DELETE FROM {NAME} WHERE {key} IN :ids")  # noqa: S608
    gone = gone.bindparams(bindparam("ids", expanding=True))
    if comment_ids:
        session.connection().execute(gone, {"ids": list(comment_ids)})


def replace(session: Session, after: int, last: int, entries: Iterable[Entry]) -> None:
    """Index the comments with ids behind *after* up to *last* anew, and no others of these ids."""
    key = "rowid" if is_sqlite(session) else "comment_id"
    old = text(f"DELETE FROM {NAME} WHERE {key} > :after AND {key} <= :last")  # noqa: S608
    session.connection().execute(old, {"after": after, "last": last})
    put_many(session.connection(), entries)


def scour(session: Session) -> None:
    """Rid the index of the words of what was dropped from it.

    FTS5 keeps them in its segments until those are merged; PostgreSQL's vacuum sees to its own.
    """
    if is_sqlite(session):
        session.connection().execute(text(f"INSERT INTO {NAME} ({NAME}) VALUES ('optimize')"))  # noqa: S608


def found_in(
    session: Session, statement: Select[Any], comment_id: Any, terms: Iterable[Term]
) -> tuple[Select[Any], Any]:
    """*statement* narrowed to comments with all *terms*, and the id to order it by.

    Ordered by that id, newest first, SQLite reads no more of the index than is shown, unless the
    last word may go on: then it reads every match, as PostgreSQL always does.
    """
    if is_sqlite(session):
        match = " AND ".join(f'"{it.field}{it.lexeme}"{"*" * it.open_end}' for it in terms)
        rows = statement.join(_FTS, _FTS.c.rowid == comment_id)
        return rows.where(_FTS.c[NAME].op("MATCH")(match)), _FTS.c.rowid
    # Looked up first and sorted then, whatever the planner believes: it cannot tell how rare a
    # beginning is, and would rather walk through all comments from the newest on.
    matches = select(_VECTORS.c.comment_id).where(_has_all_postgres(terms))
    found = matches.cte("found").prefix_with("MATERIALIZED")
    return statement.join(found, found.c.comment_id == comment_id), found.c.comment_id + 0


def found_among(
    session: Session, statement: Select[Any], comment_id: Any, terms: Iterable[Term], ids: range
) -> tuple[Select[Any], Any]:
    """As :func:`found_in`, of the comments with these *ids* alone: their rows are read one by one,
    from the newest on, and no word is looked up. Reading stops at the last row that is shown.
    """
    if is_sqlite(session):
        kept, key, has_all = _FTS, _FTS.c.rowid, _has_all_sqlite(terms)
    else:
        kept, key, has_all = _VECTORS, _VECTORS.c.comment_id, _has_all_postgres(terms)
    # Behind a sum SQLite does not see that the comments have a range as well, and begins here.
    rows = statement.join(kept, comment_id == key + 0)
    return rows.where(key >= ids.start, key < ids.stop, has_all), key


def _has_all_sqlite(terms: Iterable[Term]) -> Any:
    """Whether a row of SQLite's, read as the line that it is, has all *terms*."""
    line = literal(" ").concat(_FTS.c.terms).concat(" ")
    sought = (f" {it.field}{it.lexeme}{'' if it.open_end else ' '}" for it in terms)
    return and_(*(func.instr(line, each) > 0 for each in sought))


def _has_all_postgres(terms: Iterable[Term]) -> Any:
    """Whether a row of PostgreSQL's has all *terms*."""
    query = " & ".join(f"'{it.field}{it.lexeme}'{':*' * it.open_end}" for it in terms)
    asked = text("CAST(:asked AS tsquery)").bindparams(asked=query)
    return _VECTORS.c.terms.op("@@")(asked)


def _terms(entry: Entry) -> list[str]:
    if not entry.body:
        return []
    found = [TEXT + lexeme for lexeme in lexemes.of(entry.body)]
    return found + [AUTHOR + lexeme for lexeme in lexemes.of(entry.author_name)]

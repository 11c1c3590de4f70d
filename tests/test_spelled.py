"""Statements given to the driver: the same rows, the same errors, and heard by who listens."""

import pytest
from sqlalchemy import bindparam, event, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from comments import spelled
from comments.models import Comment, Status, table_of
from tests import factories as make

_comments = table_of(Comment)
_OF_EVERY_TYPE = select(
    _comments.c.id, _comments.c.status, _comments.c.shadowed, _comments.c.created_at
).where(_comments.c.id == bindparam("its_id"), _comments.c.status != Status.SPAM)
_MOVE = update(_comments).where(_comments.c.id == bindparam("its_id"))
_MOVE = _MOVE.values(created_at=bindparam("then"))
_MOVED = _MOVE.returning(_comments.c.created_at)


@pytest.mark.parametrize("is_heard", [False, True])
def test_rows_are_those_that_sqlalchemy_gives(session: Session, is_heard: bool) -> None:
    comment = make.post(session)
    heard: list[str] = []
    connection = session.connection()
    if is_heard:
        event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[2]))
    values = {"its_id": comment.id, "of_no_use": 1, "then": make.NOON}
    [row] = spelled.run(connection, _OF_EVERY_TYPE, values)
    assert row == (comment.id, Status.PUBLISHED, False, comment.created_at)
    assert spelled.run(connection, _MOVED, values) == [(make.NOON,)]
    assert len(heard) == 2 * is_heard


def test_a_statement_that_only_writes_gives_no_rows(session: Session) -> None:
    comment = make.post(session)
    statement = update(_comments).values(up=bindparam("votes"))
    assert spelled.run(session.connection(), statement, {"votes": 7}) == []
    assert make.fresh(session, comment).up == 7


@pytest.mark.parametrize("is_heard", [False, True])
def test_many_rows_are_written_by_one_statement(session: Session, is_heard: bool) -> None:
    made = [make.post(session) for _ in range(3)]
    heard: list[str] = []
    connection = session.connection()
    if is_heard:
        event.listen(connection, "before_cursor_execute", lambda *told: heard.append(told[2]))
    rows = [{"its_id": it.id, "of_no_use": 1, "then": make.minutes(it.id)} for it in made]
    spelled.run_many(connection, _MOVE, rows)
    assert [make.fresh(session, it).created_at for it in made] == [row["then"] for row in rows]
    assert sum("UPDATE" in one for one in heard) == is_heard


def test_an_error_is_sqlalchemys_and_keeps_to_itself_what_somebody_wrote(session: Session) -> None:
    comment = make.post(session)
    statement = update(_comments).values(id=bindparam("theirs"), author_name=bindparam("secret"))
    make.post(session)
    session.commit()
    values = {"theirs": comment.id, "secret": "Ann"}
    for run, sent in ((spelled.run, values), (spelled.run_many, [values, values])):
        with pytest.raises(DBAPIError) as failed:
            run(session.connection(), statement, sent)
        assert "Ann" not in str(failed.value)
        assert failed.value.orig is not None
        session.rollback()


def test_a_connection_that_is_lost_is_not_used_again(postgres_engine) -> None:
    with postgres_engine.connect() as connection, postgres_engine.connect() as other:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(DBAPIError) as failed:
            spelled.run(connection, _OF_EVERY_TYPE, {"its_id": 1})
        assert failed.value.connection_invalidated
        assert connection.invalidated

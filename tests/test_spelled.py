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
_MOVED = update(_comments).where(_comments.c.id == bindparam("its_id"))
_MOVED = _MOVED.values(created_at=bindparam("then")).returning(_comments.c.created_at)


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


def test_an_error_is_sqlalchemys_and_keeps_to_itself_what_somebody_wrote(session: Session) -> None:
    comment = make.post(session)
    statement = update(_comments).values(id=bindparam("theirs"), author_name=bindparam("secret"))
    make.post(session)
    with pytest.raises(DBAPIError) as failed:
        spelled.run(session.connection(), statement, {"theirs": comment.id, "secret": "Ann"})
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

"""The databases that are measured: with our tables in them, and what several sections put there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from comments import accounts, engines, schema, threads
from comments.models import Account, Appointment, Comment, Role
from tests.bench import data


@contextmanager
def opened(uri: str) -> Iterator[Engine]:
    """The database at *uri* as the service opens it, with its tables made."""
    engine = engines.create(uri)
    schema.upgrade(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def of_threads(folder: Path, plans: Mapping[str, list[data.Planned]]) -> str:
    """The address of a SQLite database in *folder* with *plans* as threads, by their keys."""
    uri = f"sqlite:///{folder / 'comments.sqlite3'}"
    with opened(uri) as engine, Session(engine) as session:
        for key, plan in plans.items():
            data.load(session, key, plan)
    return uri


def add_owner(session: Session) -> str:
    """Somebody who moderates it all; gives the secret of their browser."""
    now = datetime.now(UTC)
    account = Account(email="owner@example.org", name="Owner", created_at=now)
    session.add(account)
    session.flush()
    session.add(Appointment(account_id=account.id, site="", role=Role.OWNER, created_at=now))
    return accounts.sign_in(session, account.id, now=now)


def a_comment(session: Session, key: str) -> int:
    """The id of the first comment of a thread that everybody sees."""
    thread = threads.find(session, key)
    published = select(Comment.id).where(Comment.thread_id == thread.id, Comment.listed)
    return session.scalars(published.order_by(Comment.id).limit(1)).one()

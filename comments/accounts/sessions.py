"""Signed-in browsers. Each holds a random secret; we keep its SHA-256 and nothing else of it."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from comments.accounts import people
from comments.errors import CommentsError
from comments.identity import Author
from comments.models import Account, SignIn

#: Counted from when it was last seen.
LIFETIME = timedelta(days=30)
#: A write for every page that is read would be too much.
SEEN_EVERY = timedelta(hours=1)
#: With it our secrets are told from guests' tokens, which have no such character.
TOKEN_START = "m~"  # noqa: S105 - what every secret begins with


def fingerprint(secret: str) -> str:
    """What is kept of a secret. It is random, so that a plain hash cannot be turned around."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def sign_in(
    session: Session,
    account_id: int,
    *,
    origin: str = "",
    now: datetime,
    instead_of: str | None = None,
) -> str:
    """Sign an account in and give the secret for its browser, which is told nowhere else.

    *origin* is the exact site whose page holds it as a bearer token, empty for our own cookie.
    *instead_of* is the secret the browser had before, which ends. Raises 403 for an account that
    was closed.
    """
    account = session.get(Account, account_id)
    if account is None or account.closed_at is not None:
        raise CommentsError("banned")
    if instead_of:
        sign_out(session, instead_of)
    secret = TOKEN_START + secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=fingerprint(secret),
            account_id=account_id,
            origin=origin,
            created_at=now,
            seen_at=now,
            expires_at=now + LIFETIME,
        )
    )
    session.flush()
    return secret


def who(session: Session, secret: str, *, origin: str = "", now: datetime) -> Author | None:
    """Whose browser it is that holds *secret* at *origin*; ``None`` when it is nobody's any more.

    What the account may do is read here, with each request.
    """
    if not secret.startswith(TOKEN_START):
        return None
    found = session.execute(
        select(SignIn, Account)
        .join(Account, Account.id == SignIn.account_id)
        .where(SignIn.token_hash == fingerprint(secret))
    ).first()
    if found is None:
        return None
    row, account = found
    if row.origin != origin or row.expires_at <= now or account.closed_at is not None:
        return None
    return people.author(session, account)


def is_stale(session: Session, secret: str, now: datetime) -> bool:
    """Whether it is time to write down that a signed-in browser was here (:func:`saw`)."""
    row = session.get(SignIn, fingerprint(secret))
    return row is not None and now - row.seen_at >= SEEN_EVERY


def saw(session: Session, secret: str, now: datetime) -> None:
    """A signed-in browser was here: it stays signed in for another month."""
    row = session.get(SignIn, fingerprint(secret))
    if row is not None:
        row.seen_at, row.expires_at = now, now + LIFETIME
        session.flush()


def sign_out(session: Session, secret: str) -> None:
    """End one sign-in; a secret that is not known ends nothing."""
    _end(session, SignIn.token_hash == fingerprint(secret))


def sign_out_everywhere(session: Session, account_id: int, *, but: str | None = None) -> None:
    """End every sign-in of an account, *but* the one of this secret."""
    kept = fingerprint(but) if but else ""
    _end(session, SignIn.account_id == account_id, SignIn.token_hash != kept)


def end_sign_in(session: Session, account_id: int, token_hash: str) -> None:
    """End the sign-in that :func:`sign_ins` showed under *token_hash*; only one's own."""
    _end(session, SignIn.account_id == account_id, SignIn.token_hash == token_hash)


def sign_ins(session: Session, account_id: int, now: datetime) -> Sequence[SignIn]:
    """The browsers in which an account is signed in, the last seen first."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.account_id == account_id, SignIn.expires_at > now)
        .order_by(SignIn.seen_at.desc(), SignIn.token_hash)
    ).all()


def _end(session: Session, *which: object) -> None:
    session.execute(
        delete(SignIn).where(*which),  # type: ignore[arg-type]
        execution_options={"synchronize_session": "fetch"},
    )

"""A guest's e-mail address: shown to be theirs, it makes their tag the same in every browser."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from comments import threads
from comments.accounts import links, people
from comments.config import Settings
from comments.database import begin_write, insert_or_ignore
from comments.errors import CommentsError, say
from comments.identity import Author
from comments.keys import Keys
from comments.models import Comment, Person, Thread

ELSEWHERE = say("Please open this link in the browser in which you wrote the comment.")


def with_email(session: Session, keys: Keys, author: Author, email: str | None) -> Author:
    """A guest with what is known of their address, or with the one they give with a comment."""
    if not author.is_guest or author.new_token is not None:
        known = None
    else:
        known = session.get(Person, author.id)
    given = keys.digest("email", email) if email and author.is_guest else None
    if known is not None and known.verified_at is not None and given in (None, known.email_hash):
        return replace(author, email_hash=known.email_hash, verified=True)
    return replace(author, email_hash=given) if given else author


def with_account_hash(session: Session, keys: Keys, author: Author) -> Author:
    """A member with the address that they sign in with, so that a ban of it meets them."""
    account = people.account_of(session, author)
    if account is None or account.email is None:
        return author
    return replace(author, account_hash=keys.digest("email", account.email))


def ask_to_verify(
    session: Session,
    author: Author,
    email: str | None,
    *,
    back: str,
    language: str,
    origin: str = "",
    settings: Settings,
    base_url: str | None,
    now: datetime,
) -> None:
    """Mail a guest who gave an address with a comment the question whether it is theirs.

    *back* is the page on which they wrote, on the site *origin* when that is not ours. *base_url*
    is our public address, ``None`` where it is not known for sure. At most one such mail a day goes
    to an address.
    """
    if email is None or base_url is None or not author.is_guest or author.verified:
        return
    links.ask(
        session,
        "verify",
        email,
        author_id=author.id,
        origin=origin,
        back=back,
        language=language,
        settings=settings,
        base_url=base_url,
        now=now,
    )


def verify(
    session: Session, keys: Keys, token: str, guest: Author | None, *, now: datetime
) -> links.Redeemed:
    """Redeem such a link: the guest who asked, and their comments, carry the address's tag.

    *guest* is who holds the browser: 403, and the link stays good, unless it is the one that
    asked. Whoever types the address of somebody else must not become that person because they
    pressed a button in their own browser.
    """
    asked = links.peek(session, token, "verify", now)
    if asked.author_id is None:
        raise CommentsError("link_not_good")
    if guest is None or guest.id != asked.author_id:
        raise CommentsError("not_yours", ELSEWHERE)
    links.redeem(session, token, "verify", now)
    digest = keys.digest("email", asked.email)
    insert_or_ignore(session, Person, author_id=asked.author_id, created_at=now)
    person = session.get_one(Person, asked.author_id, populate_existing=True)
    person.email_hash, person.verified_at = digest, now
    _mark(session, asked.author_id, digest)
    return asked


def _mark(session: Session, author_id: str, digest: str) -> None:
    begin_write(session)
    theirs = (
        Comment.author_id == author_id,
        or_(Comment.email_hash.is_(None), Comment.email_hash == digest),
    )
    concerned = set(session.scalars(select(Comment.thread_id).where(*theirs).distinct()))
    threads.lock_many(session, concerned)
    shown = select(Comment.thread_id).where(*theirs, Comment.listed)
    session.execute(
        update(Thread).where(Thread.id.in_(shown)).values(revision=Thread.revision + 1),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Comment).where(*theirs).values(email_hash=digest, verified=True),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()

"""The service's own people: accounts, how they sign in, and who of them moderates."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from comments.database import UtcDateTime
from comments.models.columns import (
    EMAIL_LENGTH,
    KEY_LENGTH,
    NAME_LENGTH,
    URL_LENGTH,
    Base,
    BigId,
    Moment,
    Pace,
    Role,
    RowId,
    partial_index,
    words_of,
)


class Account(Base):
    """Somebody who signs in at the service itself. Their author id is ``member:ID``."""

    __tablename__ = "comments_accounts"
    __table_args__ = (
        # Looked at every few seconds, and hardly anybody is in it.
        partial_index(
            "ix_comments_accounts_queue_mail", "queue_mail", only="queue_mail != 'never'"
        ),
    )

    id: Mapped[BigId]
    #: In lower case; ``None`` when the provider told none that is verified.
    email: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="", server_default="")
    avatar: Mapped[str | None] = mapped_column(String(URL_LENGTH))
    password_hash: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[Moment]
    #: How soon a moderator is mailed what waits in the queue.
    queue_mail: Mapped[Pace] = mapped_column(
        words_of(Pace), default=Pace.NEVER, server_default=Pace.NEVER
    )
    queue_mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: In which language and under which public address of ours they asked for it: a worker has no
    #: request that tells it.
    queue_language: Mapped[str] = mapped_column(String(16), default="en", server_default="en")
    queue_base_url: Mapped[str] = mapped_column(String(URL_LENGTH), default="", server_default="")
    #: Signs in no more.
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Login(Base):
    """How a provider (GitHub, Google, any OpenID issuer) knows an account."""

    __tablename__ = "comments_logins"
    __table_args__ = (Index("ix_comments_logins_account_id", "account_id"),)

    provider: Mapped[str] = mapped_column(String(100), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(RowId, ForeignKey("comments_accounts.id"))
    created_at: Mapped[Moment]


class Appointment(Base):
    """An account that moderates: everywhere (``site`` is empty) or on one site alone."""

    __tablename__ = "comments_appointments"

    account_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("comments_accounts.id"), primary_key=True
    )
    #: An origin such as ``https://blog.example``, or empty.
    site: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True, default="")
    role: Mapped[Role] = mapped_column(words_of(Role))
    created_at: Mapped[Moment]


class SignIn(Base):
    """A browser in which an account is signed in; ending it is deleting the row."""

    __tablename__ = "comments_sign_ins"
    __table_args__ = (
        Index("ix_comments_sign_ins_account_id", "account_id"),
        Index("ix_comments_sign_ins_expires_at", "expires_at"),
    )

    #: SHA-256 of the secret that the browser holds.
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(RowId, ForeignKey("comments_accounts.id"))
    #: The site whose page holds it as a bearer token; empty for our own cookie.
    origin: Mapped[str] = mapped_column(String(KEY_LENGTH), default="", server_default="")
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]


class MailedLink(Base):
    """A link in a mail: good once, for one purpose, for a while."""

    __tablename__ = "comments_links"
    __table_args__ = (
        Index("ix_comments_links_email", "email", "created_at"),
        Index("ix_comments_links_expires_at", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: ``sign_in``, ``password``, ``verify`` or ``data``.
    purpose: Mapped[str] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    #: The guest who asked, in whose browser the comments were written.
    author_id: Mapped[str | None] = mapped_column(String(200))
    #: The exact origin that gets the token, for a sign-in from an embed.
    origin: Mapped[str] = mapped_column(String(KEY_LENGTH), default="", server_default="")
    #: Where to go afterwards.
    back: Mapped[str] = mapped_column(String(URL_LENGTH), default="", server_default="")
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]

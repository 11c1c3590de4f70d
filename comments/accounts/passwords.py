"""Passwords of those who set one. Kept as scrypt hashes, which cost 32 MB and a moment each."""

import unicodedata
from functools import cache

from sqlalchemy.orm import Session

# The one thing of Werkzeug's below the web: its format of hashes, which Flask apps share.
from werkzeug import security

from comments.accounts import people
from comments.errors import CommentsError, Message, say
from comments.models import Account

SHORTEST = 10
#: Beyond it nothing is gained, and the hash of a megabyte is work for us.
LONGEST = 200

# What is tried first, of those long enough to be taken. The rest of the usual lists is shorter.
_TRIED_FIRST = """
    1234567890 0123456789 0987654321 12345678910 1234567891 123123123123 1q2w3e4r5t 1qaz2wsx3edc
    qwertyuiop qwerty1234 qwerty12345 qwerty123456 1234qwerty asdfghjkl; asdfghjkl1 zxcvbnm123
    password12 password123 password1234 password12345 passwordpassword password1! passw0rd123
    mypassword iloveyou12 iloveyou123 letmein123 welcome123 welcome1234 administrator admin12345
    admin123456 moderator1 moderator123 changeme123 secret1234 football123 baseball123 superman123
    sunshine123 princess123 michael123 trustno1trustno1 abcdefghij abcd123456 abc123456789
    abcdefgh12 a123456789 aa12345678 q1w2e3r4t5 11223344556 1111222233334444 comments123
"""
_COMMON = frozenset(_TRIED_FIRST.split())


def check_new_password(password: object, email: str | None) -> str:
    """*password* when it may be one; 422 with the reason otherwise."""
    wrong = _fault(password, email)
    if wrong is not None:
        raise CommentsError("invalid", errors={"password": wrong})
    return str(password)


def set_password(session: Session, account: Account, password: object) -> None:
    """Give an account a (new) password; 422 for one that is too easily guessed."""
    checked = check_new_password(password, account.email)
    account.password_hash = security.generate_password_hash(_normal(checked), method="scrypt")
    session.flush()


def check_password(session: Session, email: str, password: object) -> Account | None:
    """The account of *email* when *password* is its own.

    The work is the same for an address that nobody has, or one without a password: how long an
    answer takes must not tell which addresses are known.
    """
    account = people.by_email(session, email)
    kept = account.password_hash if account is not None else None
    given = _normal(password)[: LONGEST + 1] if isinstance(password, str) else ""
    fits = security.check_password_hash(kept or _nobodys(), given)
    return account if kept and fits else None


@cache
def _nobodys() -> str:
    """A hash like the others, of something that nobody types."""
    return security.generate_password_hash("\0", method="scrypt")


def _normal(password: str) -> str:
    """Two keyboards may write one letter in two ways."""
    return unicodedata.normalize("NFKC", password)


def _fault(password: object, email: str | None) -> Message | None:
    if not isinstance(password, str) or len(password) < SHORTEST:
        return say("At least %(least)s characters.", least=SHORTEST)
    if len(_normal(password)) > LONGEST:
        return say("At most %(most)s characters.", most=LONGEST)
    plain = _normal(password).casefold()
    local, _, host = (email or "").partition("@")
    if plain in (email, f"{local}{host}") or (local and plain.strip("0123456789!.") == local):
        return say("Your address is the first thing that is tried. Take something else.")
    if plain in _COMMON or len(set(plain)) < 4:
        return say("That is among the first things that are tried. Take something else.")
    return None

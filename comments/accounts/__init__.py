"""The service's own people: who they are, how they sign in, and who of them moderates.

An account is one person; its author id is ``member:ID``. People come in by a link mailed to them,
by a password, or by a provider that vouches for them (:func:`by_login`); each browser they are
signed in with holds a random secret of which we keep the hash (:func:`sign_in`). What they may do
is read with every request, so an appointment that ends is over at once.
"""

from comments.accounts import duty, links
from comments.accounts.claiming import claim
from comments.accounts.moderators import (
    Appointed,
    appoint,
    appointed,
    appointments_of,
    dismiss,
    has_way_in,
    is_moderated,
)
from comments.accounts.passwords import SHORTEST, check_new_password, check_password, set_password
from comments.accounts.people import account_of, author, by_email, by_login, find_or_make, rename
from comments.accounts.sessions import (
    LIFETIME,
    TOKEN_START,
    end_sign_in,
    fingerprint,
    is_stale,
    saw,
    sign_in,
    sign_ins,
    sign_out,
    sign_out_everywhere,
    who,
)
from comments.accounts.verifying import (
    ask_to_verify,
    verify,
    with_account_hash,
    with_email,
)
from comments.accounts.waiting import QUEUE

__all__ = [
    "LIFETIME",
    "QUEUE",
    "SHORTEST",
    "TOKEN_START",
    "Appointed",
    "account_of",
    "appoint",
    "appointed",
    "appointments_of",
    "ask_to_verify",
    "author",
    "by_email",
    "by_login",
    "check_new_password",
    "check_password",
    "claim",
    "dismiss",
    "duty",
    "end_sign_in",
    "find_or_make",
    "fingerprint",
    "has_way_in",
    "is_moderated",
    "is_stale",
    "links",
    "rename",
    "saw",
    "set_password",
    "sign_in",
    "sign_ins",
    "sign_out",
    "sign_out_everywhere",
    "verify",
    "who",
    "with_account_hash",
    "with_email",
]

"""Who is calling, and from where.

- **Who**: a bearer token (on any origin: a guest's, a sign-in that was made for that very origin,
  or the word of a site for its reader), the host's own sign-in, ours, or the guest's cookie that
  the forms without JavaScript use (all three on the same origin only).
- **From where**: our own origin and the exact origins of ``COMMENTS_ORIGINS``.
"""

from typing import Any, TypeVar

from flask import Response, current_app, g, request
from werkzeug.wrappers import Response as AnyResponse

from comments import accounts, identity, tokens
from comments.errors import CommentsError
from comments.identity import Author, Identity
from comments.kinds import parse_origin
from comments.web import address, hints, sso
from comments.web.front import cors_headers
from comments.web.state import State, now

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: The endpoint of addresses below the API at which there is nothing.
LOST = "comments.lost"
GUEST_COOKIE = "comments_guest"
SESSION_COOKIE = "comments_session"
#: Where a request keeps the hash of the network that it came from.
_NETWORK = "comments.network"

Answer = TypeVar("Answer", bound=AnyResponse)

_SAFE = ("GET", "HEAD", "OPTIONS")
# What a page may post across origins without asking first; "" is a post of nothing.
_FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")


# ── from where ───────────────────────────────────────────────────────────────────────────


def own_origin() -> str:
    try:
        return parse_origin(f"{request.scheme}://{request.host}")
    except ValueError:
        # A host that names no ``TRUSTED_HOSTS`` lets any ``Host`` header through to us.
        raise CommentsError("unknown_host") from None


def own_origin_is_known(state: State) -> bool:
    """Whether somebody besides the caller's ``Host`` header says under which name we answer."""
    if state.settings.url or current_app.config.get("TRUSTED_HOSTS"):
        return True
    # Flask answers for other names as well, and makes addresses of this one alone.
    name: str = current_app.config.get("SERVER_NAME") or ""
    return name != "" and name.lower() == request.host.lower()


def public_base(state: State) -> str | None:
    """Our public address for links in mails; ``None`` where only the caller's word says it."""
    if state.settings.url:
        return state.settings.url
    if not own_origin_is_known(state):
        return None
    return own_origin() + request.script_root + state.prefix


def sends_mail(state: State) -> bool:
    """Whether mail can be sent from here, with links in it that lead back here."""
    return state.settings.smtp_uri is not None and own_origin_is_known(state)


def site(state: State) -> str | None:
    """The site a request was sent from: a page that may embed, or our own origin.

    ``None`` where the own origin is no more than the caller's word.
    """
    origin = request.headers.get("Origin")
    if origin in state.settings.origins:
        return origin
    return own_origin() if own_origin_is_known(state) else None


def is_same_origin() -> bool:
    """Whether the page that made the browser send this is one of our own.

    A browser that tells nothing can only have been sent here by one of our pages or be no
    browser at all, unless it posts a plain form: those cross origins without asking.
    """
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin == own_origin()
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin" or (site == "none" and request.method in _SAFE)
    return request.method != "POST" or request.mimetype not in _FORM_TYPES


def check_origin(state: State) -> None:
    """Refuse a write that a page of a site we do not know made a browser send."""
    origin = request.headers.get("Origin")
    known = origin is None or origin in state.settings.origins or origin == own_origin()
    if not known:
        raise CommentsError("origin_not_allowed")


def check_same_origin() -> None:
    """Refuse a form that did not come from one of our pages."""
    if not is_same_origin():
        raise CommentsError("cross_site")


def check_own_forms(*, but: str = "") -> None:
    """Refuse what would change something and was not sent from one of our pages, except at the
    endpoint *but*, which programs send to for people who press a button in theirs."""
    if request.method not in _SAFE and request.endpoint != but:
        check_same_origin()


def methods_here() -> list[str]:
    """What may be done at the address asked for, not counting what answers the lost ones."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return []
    return [m for m in METHODS if adapter.test(method=m) and adapter.match(method=m)[0] != LOST]


def allow_origin(state: State, response: Response) -> Response:
    """CORS for the sites that may embed; no credentials, so never a cookie."""
    origin = request.headers.get("Origin")
    if state.settings.origins:
        response.vary.add("Origin")
    if origin in state.settings.origins:
        response.headers.update(cors_headers(origin))
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            response.headers["Access-Control-Allow-Headers"] = (
                "Authorization, Content-Type, Idempotency-Key, If-None-Match"
            )
            response.headers["Access-Control-Max-Age"] = "7200"
    elif origin is not None and origin.partition("://")[2] != request.host:
        hints.unknown_origin(state.told, origin)
    return response


# ── who ──────────────────────────────────────────────────────────────────────────────────


def caller(state: State) -> Author | None:
    """Who is asking, or ``None`` for a guest who has no token yet; 401 for a false token."""
    bearer = _bearer(state)
    if not is_same_origin():
        return bearer
    signed_in = state.identity_loader()
    if signed_in is not None:
        return identity.from_identity(signed_in)
    if bearer is not None and not bearer.is_guest:
        return bearer
    return _cookie_member(state) or bearer or cookie_guest(state)


def writer(state: State) -> Author:
    """Who is writing; a guest without a token gets one with this write."""
    known = caller(state)
    if known is not None:
        return known
    return identity.new_guest(state.keys, address=network_hash(state), now=now())


def bearer_token() -> str | None:
    """The token that was sent along; Basic authentication, of a host behind it, is not for us."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _bearer(state: State) -> Author | None:
    token = bearer_token()
    if token is None:
        return None
    if token.startswith(accounts.TOKEN_START):
        return _signed_in(state, token, _bound_to())
    if tokens.looks_like_one(token):
        return sso.reader(state, token)
    return identity.known_guest(state.keys, token, address=network_hash(state), now=now())


def _bound_to() -> str:
    """The origin for which a bearer's sign-in must have been made; empty for our own."""
    origin = request.headers.get("Origin")
    return "" if origin is None or origin == own_origin() else origin


def _signed_in(state: State, secret: str, origin: str) -> Author:
    session = state.session()
    found = accounts.who(session, secret, origin=origin, now=now())
    if found is None:
        raise CommentsError("token_invalid")
    if accounts.is_stale(session, secret, now()):
        g.comments_seen = secret
    return accounts.with_account_hash(session, state.keys, found)


def _cookie_member(state: State) -> Author | None:
    secret = session_secret()
    try:
        return _signed_in(state, secret, "") if secret else None
    except CommentsError:
        # Ended elsewhere, or too old: this browser is nobody's in particular again.
        return None


def session_secret() -> str | None:
    """The secret of our own cookie, whatever it is worth."""
    return request.cookies.get(SESSION_COOKIE)


def remember_member(state: State, response: Answer, secret: str) -> Answer:
    """Keep a sign-in in our cookie; how long it is good is decided here, not by the browser."""
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(identity.TOKEN_LIFETIME.total_seconds()),
        **own_cookie(state),
    )
    return response


def forget(state: State, response: Answer, *cookies: str) -> Answer:
    for name in cookies:
        response.delete_cookie(name, **own_cookie(state))
    return response


def own_cookie(state: State) -> Any:
    """Where a cookie of ours is sent: to our own addresses, from our own site, to no script."""
    return {
        "path": request.script_root + state.prefix or "/",
        "secure": request.is_secure,
        "httponly": True,
        "samesite": "Lax",
    }


def cookie_guest(state: State) -> Author | None:
    token = request.cookies.get(GUEST_COOKIE)
    if not token:
        return None
    try:
        return identity.known_guest(state.keys, token, address=network_hash(state), now=now())
    except CommentsError:
        # An old cookie is not a forgery to complain about: the reader gets a new one.
        return None


def remember_guest(state: State, response: Answer, author: Author) -> Answer:
    """Keep a new guest's token in a cookie, for the forms that work without JavaScript."""
    if author.new_token:
        response.set_cookie(
            GUEST_COOKIE,
            author.new_token,
            max_age=int(identity.TOKEN_LIFETIME.total_seconds()),
            **own_cookie(state),
        )
    return response


def network_hash(state: State) -> str:
    """The caller's network as a keyed hash; the network itself is never kept."""
    known: str | None = request.environ.get(_NETWORK)
    if known is None:
        hops = state.settings.trusted_proxies
        network = address.network(address.client_address(request.environ, hops))
        known = request.environ[_NETWORK] = state.keys.digest("address", network)
    return known


def flask_login_identity() -> Identity | None:
    """Flask-Login's ``current_user``, when the host uses Flask-Login; needs no code there.

    Never a moderator: what a host means by ``is_admin`` or ``role`` cannot be guessed, and an
    attribute that happens to have our name would give rights away. A loader says it.
    """
    if not hasattr(current_app, "login_manager"):
        return None
    # why: an optional neighbour; a host without it must not need it installed
    from flask_login import current_user

    if not current_user or not current_user.is_authenticated:
        return None
    name = next(
        (
            str(getattr(current_user, field))
            for field in ("display_name", "name", "username")
            if getattr(current_user, field, None)
        ),
        str(current_user.get_id()),
    )
    return Identity(id=str(current_user.get_id()), name=name)

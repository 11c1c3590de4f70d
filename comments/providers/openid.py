"""OpenID Connect: Google, and every issuer that the owner names.

The issuer's host is the owner's word and may stand in a network of their own; what its document
leads to is not, and has to be on the same host or on the public internet.
"""

import hashlib
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlsplit

from comments import outbound
from comments.outbound import Unreachable
from comments.providers import exchange
from comments.providers.person import KEY_LENGTH, SUBJECT_LENGTH, Person, text_of

#: Signatures that only the issuer can make; with HS256 the client's secret could make them too.
SIGNATURES = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "ES384", "ES512")
LEEWAY = 60
#: A document is asked for again after so many seconds.
_KEPT_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenId:
    """An issuer, known to the addresses of our pages as *slug* and to readers as *label*."""

    issuer: str
    client_id: str
    secret: str
    label: str
    slug: str

    has_nonce: ClassVar[bool] = True

    @property
    def key(self) -> str:
        """How accounts remember it: the issuer stays when the owner renames or reorders."""
        if len(self.issuer) <= KEY_LENGTH:
            return self.issuer
        return "sha256:" + hashlib.sha256(self.issuer.encode()).hexdigest()

    @property
    def host(self) -> str | None:
        return urlsplit(self.issuer).hostname

    def address(self, **asked: str) -> str:
        """Where the browser is sent."""
        document = _document(self.issuer)
        url, _ = self._client(document).create_authorization_url(
            _endpoint(document, "authorization_endpoint"), **asked
        )
        return str(url)

    def person(self, *, code: str, callback: str, verifier: str, nonce: str, now: int) -> Person:
        """The person for whom the issuer gave *code*.

        Raises ``Unreachable``, or the errors of Authlib and joserfc for what is not right.
        """
        document = _document(self.issuer)
        token = self._client(document).fetch_token(
            _endpoint(document, "token_endpoint"),
            grant_type="authorization_code",
            code=code,
            redirect_uri=callback,
            code_verifier=verifier,
        )
        claims = self._id_token(document, token, nonce, now)
        return _person(claims | self._more(document, token, claims))

    def _id_token(self, document: Any, token: Any, nonce: str, now: int) -> dict[str, Any]:
        """The claims of the id token, after everything that OpenID Connect Core 3.1.3.7 asks."""
        # why: an extra
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        keys: Any = outbound.fetch(
            "GET", _endpoint(document, "jwks_uri"), trusted=self.host
        ).record()
        told = document.get("id_token_signing_alg_values_supported", ["RS256"])
        known = [name for name in SIGNATURES if name in told]
        # An empty list would mean the library's own.
        registry = JWSRegistry(algorithms=known or ["RS256"], strict_check_header=False)
        read = jwt.decode(token["id_token"], KeySet.import_key_set(keys), registry=registry)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": document["issuer"]},
                "aud": {"essential": True, "value": self.client_id},
            },
            {
                "nonce": nonce,
                "client_id": self.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(now=now, leeway=LEEWAY)
        return dict(claims)

    def _more(self, document: Any, token: Any, claims: dict[str, Any]) -> dict[str, Any]:
        """What the issuer tells at its userinfo endpoint, and not in the token; often the name."""
        if not document.get("userinfo_endpoint") or "access_token" not in token:
            return {}
        answer = outbound.fetch(
            "GET",
            _endpoint(document, "userinfo_endpoint"),
            headers={"Authorization": f"Bearer {token['access_token']}"},
            trusted=self.host,
        )
        told = answer.record()
        if answer.status != 200 or told.get("sub") != claims["sub"]:
            raise Unreachable("userinfo is about somebody else")
        return told

    def _client(self, document: Any) -> Any:
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic" in methods
        return exchange.client(
            self.client_id,
            self.secret,
            trusted=self.host,
            scope="openid profile email",
            method="client_secret_basic" if basic else "client_secret_post",
        )


def _person(claims: dict[str, Any]) -> Person:
    subject = text_of(claims.get("sub"))
    if subject is None or len(subject) > SUBJECT_LENGTH:
        raise Unreachable("the issuer told no subject")
    names = (text_of(claims.get(field)) for field in ("name", "nickname", "preferred_username"))
    # Some issuers write the word; what is neither is not verified.
    verified = claims.get("email_verified") in (True, "true")
    return Person(
        subject=subject,
        name=next(filter(None, names), ""),
        email=text_of(claims.get("email")) if verified else None,
        avatar=text_of(claims.get("picture")),
    )


def _document(issuer: str) -> dict[str, Any]:
    return _kept_document(issuer, int(time.monotonic() // _KEPT_SECONDS))


@lru_cache(maxsize=32)
def _kept_document(issuer: str, _period: int) -> dict[str, Any]:
    address = f"{issuer}/.well-known/openid-configuration"
    document = outbound.fetch("GET", address, trusted=urlsplit(issuer).hostname).record()
    # One issuer must not speak for another (OpenID Connect Discovery 4.3).
    if str(document.get("issuer")).rstrip("/") != issuer:
        raise Unreachable("the document is another issuer's")
    return document


def _endpoint(document: dict[str, Any], name: str) -> str:
    address = text_of(document.get(name))
    if address is None or not address.startswith(("https://", "http://")):
        raise Unreachable(f"the document has no {name}")
    return address

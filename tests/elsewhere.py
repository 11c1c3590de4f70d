"""Small servers that stand for somebody else's: GitHub's addresses, an issuer that may lie."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.wrappers import Response as AnyResponse

_KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}, auto_kid=False)
_OTHER_KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}, auto_kid=False)


@dataclass
class Issuer:
    """An issuer for which *wrong* changes what it says: claims, the key, the whole answer."""

    url: str = ""
    client_id: str = "comments"
    wrong: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""

    def app(self) -> Flask:
        app = Flask("issuer")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._document)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/keys", view_func=self._keys)
        app.add_url_rule("/me", view_func=self._me)
        return app

    def _document(self) -> Response:
        document = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/me",
        }
        return jsonify(document | self.wrong.get("document", {}))

    def _token(self) -> Response:
        if "token" in self.wrong:
            status = self.wrong.get("status", 200)
            return Response(self.wrong["token"], status, mimetype="application/json")
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self.client_id,
            "sub": "dora",
            "iat": now,
            "exp": now + 60,
            "nonce": self.nonce,
        } | self.wrong.get("claims", {})
        said = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": "1"} | self.wrong.get("header", {})
        id_token = jwt.encode(header, said, self.wrong.get("key", _KEY), [header["alg"]])
        return jsonify({"access_token": "x", "token_type": "Bearer", "id_token": id_token})

    def _keys(self) -> Response:
        return jsonify(self.wrong.get("keys", KeySet([_KEY]).as_dict(private=False)))

    def _me(self) -> Response:
        return jsonify({"sub": "dora", "name": "Dora"} | self.wrong.get("me", {}))


def another_key() -> RSAKey:
    """A key that calls itself like the issuer's."""
    return _OTHER_KEY


def unsigned(claims: dict[str, Any]) -> str:
    """An id token with ``alg`` none, which a library would not make."""
    parts = ('{"alg":"none"}', json.dumps(claims), "")
    return ".".join(base64.urlsafe_b64encode(p.encode()).rstrip(b"=").decode() for p in parts)


@dataclass
class GitHubStandIn:
    """GitHub's three addresses and the page one signs in on, as its documentation tells them."""

    secret: str = "the-secret-of-the-app"
    user: dict[str, Any] = field(
        default_factory=lambda: {
            "id": 583231,
            "login": "octocat",
            "name": "Mona",
            "avatar_url": "https://avatars.example/583231",
        }
    )
    emails: Any = field(
        default_factory=lambda: [
            {"email": "old@people.example", "primary": False, "verified": True},
            {"email": "mona@people.example", "primary": True, "verified": True},
        ]
    )
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Flask:
        app = Flask("github")
        app.add_url_rule("/login/oauth/authorize", view_func=self._authorize)
        app.add_url_rule("/login/oauth/access_token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/user", view_func=self._told(lambda: self.user))
        app.add_url_rule("/user/emails", "emails", view_func=self._told(lambda: self.emails))
        return app

    def _authorize(self) -> AnyResponse:
        code = secrets.token_hex(8)
        self.codes[code] = request.args.to_dict()
        query = urlencode({"code": code, "state": request.args["state"]})
        return redirect(f"{request.args['redirect_uri']}?{query}")

    def _token(self) -> Response:
        asked = self.codes.pop(request.form["code"], None)
        hashed = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != request.form["redirect_uri"]
            or request.form["client_secret"] != self.secret
        ):
            # GitHub says so with status 200.
            return jsonify({"error": "bad_verification_code"})
        return jsonify({"access_token": "gho_1", "token_type": "bearer", "scope": "user:email"})

    def _told(self, what: Callable[[], Any]) -> Callable[[], Response]:
        def view() -> Response:
            if request.headers.get("Authorization") != "Bearer gho_1":
                abort(401)
            told = what()
            return jsonify(told) if told is not None else Response("{}", 404)

        return view

"""OAuth 2 itself, done by Authlib over our one way out."""

from typing import Any

from comments import outbound
from comments.outbound import Answer, Unreachable


class Session:
    """What Authlib asks through, in place of a library that would follow redirects."""

    def __init__(self, trusted: str | None) -> None:
        self._trusted = trusted

    def post(self, url: str, *, data: dict[str, str], headers: dict[str, str], auth: Any) -> "Said":
        """Authlib's client authentication *auth* puts id and secret where the provider wants."""
        # why: an extra, like all of Authlib below
        from authlib.common.urls import add_params_to_qs, url_decode

        body = add_params_to_qs("", list(data.items()))
        url, headers, body = auth.prepare("POST", url, dict(headers), body)
        headers.pop("Content-Type", None)
        form = dict(url_decode(body))
        answer = outbound.fetch("POST", url, form=form, headers=headers, trusted=self._trusted)
        return Said(answer)


class Said:
    """An answer as Authlib reads it."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self._answer = answer

    def json(self) -> dict[str, Any]:
        return self._answer.record()

    def raise_for_status(self) -> None:
        raise Unreachable(f"the token endpoint answered {self.status_code}")


def client(client_id: str, secret: str, *, trusted: str | None, scope: str, method: str) -> Any:
    """An OAuth 2 client; *method* is how it shows its secret to the token endpoint."""
    # why: an extra; nobody comes here who has not set up a provider
    from authlib.oauth2.client import OAuth2Client

    return OAuth2Client(
        Session(trusted),
        client_id=client_id,
        client_secret=secret,
        scope=scope,
        code_challenge_method="S256",
        token_endpoint_auth_method=method,
    )

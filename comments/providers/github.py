"""GitHub: OAuth 2 without OpenID, so the person is asked for at its API."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from comments import outbound
from comments.outbound import Unreachable
from comments.providers import exchange
from comments.providers.person import Person, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHub:
    """github.com, or an instance of a company's own under other addresses."""

    client_id: str
    secret: str
    home: str = "https://github.com"
    api: str = "https://api.github.com"

    slug: ClassVar[str] = "github"
    key: ClassVar[str] = "github"
    label: ClassVar[str] = "GitHub"
    #: There is no id token that could carry one.
    has_nonce: ClassVar[bool] = False
    issuer: ClassVar[None] = None

    def address(self, **asked: str) -> str:
        """Where the browser is sent."""
        url, _ = self._client().create_authorization_url(
            f"{self.home}/login/oauth/authorize", **asked
        )
        return str(url)

    def person(self, *, code: str, callback: str, verifier: str, nonce: str, now: int) -> Person:
        """The person for whom GitHub gave *code*. Raises ``Unreachable`` or Authlib's errors."""
        token = self._client().fetch_token(
            f"{self.home}/login/oauth/access_token",
            grant_type="authorization_code",
            code=code,
            redirect_uri=callback,
            code_verifier=verifier,
        )
        user = self._ask("/user", token).record()
        number = user.get("id")
        if type(number) is not int:
            raise Unreachable("GitHub told no id")
        return Person(
            subject=str(number),
            name=text_of(user.get("name")) or text_of(user.get("login")) or "",
            email=self._email(token),
            avatar=text_of(user.get("avatar_url")),
        )

    def _email(self, token: Any) -> str | None:
        """The primary address, when GitHub has verified it. Without the right to ask, none."""
        answer = self._ask("/user/emails", token)
        if answer.status != 200:
            return None
        for entry in answer.records():
            if entry.get("primary") is True and entry.get("verified") is True:
                return text_of(entry.get("email"))
        return None

    def _ask(self, path: str, token: Any) -> outbound.Answer:
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        return outbound.fetch("GET", self.api + path, headers=headers, trusted=_host(self.api))

    def _client(self) -> Any:
        return exchange.client(
            self.client_id,
            self.secret,
            trusted=_host(self.home),
            scope="read:user user:email",
            method="client_secret_post",
        )


def _host(address: str) -> str | None:
    return urlsplit(address).hostname

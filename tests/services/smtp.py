"""A real mail server for the tests, which keeps what it is handed."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.services.ports import free_port

_PATIENCE_SECONDS = 20
_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came over the wire."""

    sender: str
    recipients: list[str]
    raw: bytes
    over_tls: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        return BytesParser(EmailMessage, policy=default).parsebytes(self.raw)

    @property
    def text(self) -> str:
        return str(self.message.get_content())


class MailServer:
    """Listens on a port of its own. ``answers["ann@example.org"] = "550 5.1.1 who?"`` refuses."""

    def __init__(
        self, *, starttls: bool = False, smtps: bool = False, user: tuple[str, str] | None = None
    ) -> None:
        self.letters: list[Received] = []
        self.answers: dict[str, str] = {}
        self.port = free_port()
        self._user = user
        options: dict[str, Any] = {"ssl_context": _tls()} if smtps else {}
        if starttls:
            options["tls_context"] = _tls()
        if user:
            options |= {"authenticator": self._authenticate, "auth_require_tls": not smtps}
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, server_hostname="mail.test", **options
        )
        self._controller.start()
        name = f"{user[0]}:{user[1]}@" if user else ""
        self.uri = f"{'smtps' if smtps else 'smtp'}://{name}127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._controller.stop()

    def wait_for(self, count: int) -> list[Received]:
        """The mails, when there are so many."""
        self.wait_until(lambda: len(self.letters) >= count)
        return self.letters

    def wait_until(self, true: Callable[[], bool]) -> None:
        # Counted, not timed: a test may have stopped the clock.
        for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
            if true():
                return
            time.sleep(_POLL_SECONDS)
        raise AssertionError(f"waited in vain; {len(self.letters)} mails came")

    # ── what aiosmtpd calls ──────────────────────────────────────────────────────────────

    async def handle_RCPT(  # noqa: N802 - its name there
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.get(address)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - its name there
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.get("DATA")
        if answer:
            return answer
        raw = envelope.content
        assert isinstance(raw, bytes)
        secured = server.transport.get_extra_info("ssl_object") is not None
        data: Any = session.auth_data
        user = data.login.decode() if isinstance(data, LoginPassword) else None
        self.letters.append(
            Received(str(envelope.mail_from), list(envelope.rcpt_tos), raw, secured, user)
        )
        return "250 OK"

    def _authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _way: str, given: LoginPassword
    ) -> AuthResult:
        assert self._user is not None
        fits = (given.login.decode(), given.password.decode()) == self._user
        return AuthResult(success=fits, handled=False, auth_data=given)


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context

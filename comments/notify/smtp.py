"""Handing one mail to the owner's mail server, and what its answers mean for it."""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from comments.config import Settings
from comments.notify.mail import INTERNATIONAL, PLAIN, Mail, compose, envelope
from comments.notify.troubles import ASCII_ALONE, BROKE, NO_ANSWER, UNREACHED

#: Seconds for each step of the conversation.
TIMEOUT = 60.0
#: Seconds for the answer to a whole mail (RFC 5321, 4.5.3.2.6): who gives up earlier sends twice.
PATIENCE = 600.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587

_OK, _GO_ON, _LEAVING = 250, 354, 421
_WITH_UTF8 = ("SMTPUTF8", "BODY=8BITMIME")

# RFC 3463: the part of an answer that means something without its words, which may name people.
_ENHANCED = re.compile(rb"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")


class NotSent(Exception):
    """A mail that was not taken. *reason* names no address.

    *final*: it never will be. *down*: the trouble is the server's, and the next one would fare
    no better. *unknown*: it may have been taken after all, and nobody can tell.
    """

    def __init__(
        self, reason: str, *, final: bool = False, down: bool = False, unknown: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.down = down
        self.unknown = unknown


class Server:
    """The server of ``COMMENTS_SMTP_URI``, connected to with the first mail and kept for all."""

    def __init__(
        self, settings: Settings, *, timeout: float = TIMEOUT, patience: float = PATIENCE
    ) -> None:
        assert settings.smtp_uri is not None
        self._settings = settings
        self._uri = urlsplit(settings.smtp_uri)
        self._sender = envelope(parseaddr(settings.mail_from or "")[1])
        self._timeout, self._patience = timeout, patience
        self._connection: smtplib.SMTP | None = None

    def send(self, mail: Mail, about_to_end: Callable[[], None]) -> None:
        """Raises :class:`NotSent`; a connection that broke is opened anew with the next mail.

        *about_to_end* is called when all is said but the last dot, without which no server takes
        a mail. It may raise, and then the dot is not said.
        """
        message = compose(mail, self._settings)
        recipient = envelope(mail.recipient)
        server = self._connected()
        # Whoever leaves in the middle leaves no connection on which somebody could go on.
        self._connection = None
        try:
            self._transact(server, message, recipient, about_to_end)
        except _Refused as refused:
            if refused.code == _LEAVING:
                server.close()
                raise NotSent(refused.said) from None
            self._connection = server
            self._begin_again()
            raise refused.meaning from None
        except smtplib.SMTPNotSupportedError:
            self._connection = server
            raise NotSent(ASCII_ALONE, final=True) from None
        except (smtplib.SMTPException, OSError) as broken:
            server.close()
            raise NotSent(f"{BROKE}: {type(broken).__name__}") from None
        except BaseException:
            server.close()
            raise
        self._connection = server

    def close(self) -> None:
        server, self._connection = self._connection, None
        if server is not None:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _begin_again(self) -> None:
        """Make the server forget a mail that it refused half-way."""
        assert self._connection is not None
        try:
            self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self._connection.close()
            self._connection = None

    # ── the conversation about one mail ──────────────────────────────────────────────────

    def _transact(
        self,
        server: smtplib.SMTP,
        message: EmailMessage,
        recipient: str,
        about_to_end: Callable[[], None],
    ) -> None:
        plain = (self._sender + recipient).isascii()
        if not plain and not server.has_extn("smtputf8"):
            raise smtplib.SMTPNotSupportedError
        # Our own address is the owner's to mend: no mail is given up for it.
        _expect(server.mail(self._sender, () if plain else _WITH_UTF8), _OK, ours=True)
        _expect(server.rcpt(recipient), _OK)
        _expect(server.docmd("DATA"), _GO_ON)
        server.send(_stuffed(message.as_bytes(policy=PLAIN if plain else INTERNATIONAL)))
        about_to_end()
        _expect(self._end(server), _OK)

    def _end(self, server: smtplib.SMTP) -> tuple[int, bytes]:
        """Say the dot, after which the mail is the server's, and wait for what becomes of it."""
        sock = server.sock
        assert sock is not None
        # When this fails, it has not left us.
        server.send(b".\r\n")
        try:
            sock.settimeout(self._patience)
            code, words = server.getreply()
            sock.settimeout(self._timeout)
        except (smtplib.SMTPException, OSError):
            code, words = -1, b""
        if code < 0:  # nothing, or nothing that can be read
            raise NotSent(NO_ANSWER, unknown=True)
        return code, words

    # ── connecting ───────────────────────────────────────────────────────────────────────

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except smtplib.SMTPResponseException as refused:
                raise NotSent(_said(refused.smtp_code, refused.smtp_error), down=True) from None
            except (smtplib.SMTPException, OSError, ValueError) as dead:
                raise NotSent(f"{UNREACHED}: {type(dead).__name__}", down=True) from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        uri = self._uri
        host = uri.hostname or ""
        tls = _tls(host)
        if uri.scheme == "smtps":
            port = uri.port or _PORTS["smtps"]
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=tls)
        else:
            port = uri.port or (_SUBMISSION if uri.username else _PORTS["smtp"])
            server = smtplib.SMTP(host, port, timeout=self._timeout)
        try:
            server.ehlo_or_helo_if_needed()
            if uri.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=tls)
            if uri.username:
                server.login(unquote(uri.username), unquote(uri.password or ""))
        except BaseException:
            server.close()
            raise
        return server


class _Refused(Exception):
    def __init__(self, code: int, words: bytes, *, ours: bool) -> None:
        super().__init__(code)
        self.code = code
        self.said = _said(code, words)
        final = 500 <= code < 600 and not ours
        self.meaning = NotSent(self.said, final=final, down=ours)


def _expect(answer: tuple[int, bytes], wanted: int, *, ours: bool = False) -> None:
    """Of the last digit only ``354`` says more than "go on"."""
    code, words = answer
    if code // 10 != wanted // 10:
        raise _Refused(code, words, ours=ours)


def _stuffed(message: bytes) -> bytes:
    """What is said after ``DATA``, up to the last dot (RFC 5321, 4.5.2)."""
    stuffed = _DOT.sub(b"..", _LINE_END.sub(b"\r\n", message))
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _tls(host: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if host in _LOOPBACK:
        # No network is crossed, and a machine's own mail server signs its own certificate.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _said(code: int, words: bytes | str) -> str:
    said = words if isinstance(words, bytes) else words.encode("ascii", "replace")
    enhanced = _ENHANCED.match(said)
    return f"{code} {enhanced[1].decode()}" if enhanced else str(code)

"""Handing one mail to the owner's mail server, and what its answers mean for it."""

import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from comments.config import Settings

#: Seconds for each step of the conversation.
TIMEOUT = 20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587

# RFC 3463: the part of an answer that means something without its words, which may name people.
_ENHANCED = re.compile(rb"^\s*([245]\.\d{1,3}\.\d{1,3})\b")


class NotSent(Exception):
    """A mail that was not taken. *reason* names no address.

    *final*: it never will be. *down*: the trouble is the server's, and the next one would fare
    no better.
    """

    def __init__(self, reason: str, *, final: bool = False, down: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        self.down = down


class Server:
    """The server of ``COMMENTS_SMTP_URI``, connected to with the first mail."""

    def __init__(self, settings: Settings) -> None:
        assert settings.smtp_uri is not None
        self._uri = urlsplit(settings.smtp_uri)
        self._sender = parseaddr(settings.mail_from or "")[1]
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, recipient: str) -> None:
        """Raises :class:`NotSent`; a connection that broke is opened anew with the next mail."""
        server = self._connected()
        try:
            server.send_message(message, self._sender, [recipient])
        except smtplib.SMTPRecipientsRefused as refused:
            raise _refusal(*next(iter(refused.recipients.values()))) from None
        except smtplib.SMTPSenderRefused as refused:
            # Our own address, which the owner can mend: no mail is given up for it.
            raise NotSent(_said(refused.smtp_code, refused.smtp_error), down=True) from None
        except smtplib.SMTPResponseException as refused:
            raise _refusal(refused.smtp_code, refused.smtp_error) from None
        except smtplib.SMTPNotSupportedError:
            raise NotSent("the server takes no address outside ASCII", final=True) from None
        except (smtplib.SMTPException, OSError) as broken:
            self.close()
            raise NotSent(f"the connection broke: {type(broken).__name__}") from None

    def close(self) -> None:
        server, self._connection = self._connection, None
        if server is not None:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except smtplib.SMTPResponseException as refused:
                raise NotSent(_said(refused.smtp_code, refused.smtp_error), down=True) from None
            except (smtplib.SMTPException, OSError, ValueError) as dead:
                reason = f"the server cannot be reached: {type(dead).__name__}"
                raise NotSent(reason, down=True) from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        uri = self._uri
        host = uri.hostname or ""
        tls = _tls(host)
        if uri.scheme == "smtps":
            port = uri.port or _PORTS["smtps"]
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=tls)
        else:
            port = uri.port or (_SUBMISSION if uri.username else _PORTS["smtp"])
            server = smtplib.SMTP(host, port, timeout=TIMEOUT)
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


def _tls(host: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if host in _LOOPBACK:
        # No network is crossed, and a machine's own mail server signs its own certificate.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(code: int, words: bytes | str) -> NotSent:
    return NotSent(_said(code, words), final=500 <= code < 600)


def _said(code: int, words: bytes | str) -> str:
    said = words if isinstance(words, bytes) else words.encode("ascii", "replace")
    enhanced = _ENHANCED.match(said)
    return f"{code} {enhanced[1].decode()}" if enhanced else str(code)

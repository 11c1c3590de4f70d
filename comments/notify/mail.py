"""A mail: what a letter says, and how that is written for the wire."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from comments import text
from comments.config import Settings

SUBJECT_LENGTH = 200
HEADER_LENGTH = 2_000

#: What a letter may put into the head of its mail besides what stands in all of them.
MORE_HEADERS = (
    "In-Reply-To",
    "References",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Precedence",
)

_ENCODED_WORD = re.compile(r"=\?|\?=")


@dataclass(frozen=True, slots=True)
class Mail:
    """What a letter says and to whom. *number* makes its ``Message-ID``, the same in every try."""

    recipient: str
    subject: str
    text: str
    written_at: datetime
    number: str
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class _Verbatim(UnstructuredHeader, BaseHeader):
    """Ids and addresses, which no program reads once they are written as encoded words.

    Python does so with whatever is too long for a line; these are parted between words alone.
    """

    def fold(self, *, policy: Any) -> str:
        words = f"{policy.linesep} ".join(str(self).split(" "))
        return f"{self.name}: {words}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    headers = HeaderRegistry()
    for name in ("Message-ID", *MORE_HEADERS):
        headers.map_to_type(name.lower(), _Verbatim)
    # Not every server takes eight bits.
    return SMTP.clone(header_factory=headers, cte_type="7bit")


#: How a mail is written; the second for servers that take addresses outside ASCII (RFC 6532).
PLAIN = _policy()
INTERNATIONAL = PLAIN.clone(utf8=True)


def clean_header(value: str, most: int = SUBJECT_LENGTH) -> str:
    """*value* fit for the header of a mail; the one door through which any text gets there.

    One line of visible characters, and nothing that reads like an encoded word: some versions of
    Python decode ``=?utf-8?q?=0D=0ABcc:…?=`` and write what was in it as a header of its own.
    """
    cleaned = text.clean_name(value, most)
    while _ENCODED_WORD.search(cleaned):
        # Taking one out may bring two halves of another together.
        cleaned = _ENCODED_WORD.sub("", cleaned)
    return cleaned.strip()


def compose(mail: Mail, settings: Settings) -> EmailMessage:
    """*mail* for the wire. The same letter has the same id, should it ever be sent twice."""
    name, sender = parseaddr(settings.mail_from or "")
    message = EmailMessage(policy=PLAIN)
    message["From"] = _mailbox(sender, name)
    message["To"] = _mailbox(mail.recipient)
    message["Subject"] = clean_header(mail.subject)
    message["Date"] = mail.written_at
    message["Message-ID"] = message_id(mail.number, settings)
    # RFC 3834: no "out of office" comes back for it.
    message["Auto-Submitted"] = "auto-generated"
    for header in MORE_HEADERS:
        value = clean_header(mail.headers.get(header, ""), HEADER_LENGTH)
        if value:
            message[header] = value.encode("ascii", "ignore").decode()
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def list_headers(name: str, base_url: str, stop: str = "") -> dict[str, str]:
    """Of which list a mail is, and where one click ends that (RFC 8058)."""
    home = domain(f"@{urlsplit(base_url).hostname}").replace(":", "-")
    headers = {"List-Id": f"<{name}.{home}>", "Precedence": "list"}
    if stop:
        headers["List-Unsubscribe"] = f"<{stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def message_id(number: str, settings: Settings) -> str:
    return f"<{number}@{domain(parseaddr(settings.mail_from or '')[1])}>"


def envelope(address: str) -> str:
    """*address* as the mail servers of the world write it; its local part may need SMTPUTF8."""
    return f"{clean_header(address, HEADER_LENGTH).rpartition('@')[0]}@{domain(address)}"


def domain(address: str) -> str:
    """The domain of an address as the mail servers of the world write it."""
    name = clean_header(address, HEADER_LENGTH).rpartition("@")[2]
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _mailbox(address: str, name: str = "") -> Address:
    local, _, _ = clean_header(address, HEADER_LENGTH).rpartition("@")
    return Address(clean_header(name), local, domain(address))

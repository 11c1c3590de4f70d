"""The one function that asks somebody else's server for something.

It asks https and public addresses alone, unless the owner named the host: what a server tells
us to ask next must not lead into the network that we stand in. It follows no redirect, waits
for so long and reads so much.
"""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Event, Timer
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from comments.version import __version__

#: A person waits for the answer, and so does one of our few threads.
SECONDS = 5.0
MOST_BYTES = 1_000_000
_CHUNK = 65_536


class Unreachable(Exception):
    """No answer that could be used; the text is for the log, and names no address of a reader."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the whole body, and when to come again if it says so."""

    status: int
    body: bytes
    retry_after: str = ""

    def record(self) -> dict[str, Any]:
        """The body as a JSON object; :class:`Unreachable` when it is none."""
        value = self._json()
        if not isinstance(value, dict):
            raise Unreachable(f"an answer with status {self.status} is no JSON object")
        return value

    def records(self) -> list[dict[str, Any]]:
        """The objects of a JSON array; :class:`Unreachable` when it is none."""
        value = self._json()
        if not isinstance(value, list):
            raise Unreachable(f"an answer with status {self.status} is no JSON array")
        return [entry for entry in value if isinstance(entry, dict)]

    def _json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def fetch(
    method: str,
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    trusted: str | None = None,
    seconds: float = SECONDS,
    reads: bool = True,
) -> Answer:
    """Send one request; *form* or *content* is posted. *trusted* is a host that the owner named.

    The body of the answer is left where it is unless *reads*. Raises :class:`Unreachable` when the
    address may not be asked, nobody answers in *seconds* (three times that for one that keeps
    coming), or the answer is larger than 1 MB.
    """
    parts = _checked(url, trusted)
    body = urlencode(form) if form is not None else content
    sent = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"Flask-Comments/{__version__}",
        **(headers or {}),
    }
    if form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    try:
        with closing(_Connection(parts, seconds, anywhere=parts.hostname == trusted)) as connection:
            with _at_most(3 * seconds, connection):
                connection.request(method, target, body, sent)
                response = connection.getresponse()
            read = _body(response, 3 * seconds) if reads else b""
            return Answer(response.status, read, response.getheader("Retry-After", ""))
    except (OSError, http.client.HTTPException, ValueError) as failed:
        raise Unreachable(f"{parts.hostname}: {type(failed).__name__}") from failed


def host_of(url: str) -> str | None:
    """The host that *url* names, as :func:`fetch` compares it with one that is trusted."""
    return urlsplit(url).hostname


def _checked(url: str, trusted: str | None) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise Unreachable("an address that is none") from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == trusted)
    if not secure or not parts.hostname or parts.username is not None:
        raise Unreachable("an address that may not be asked")
    return parts


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked at: between a look and a call, names change."""

    def __init__(self, parts: SplitResult, seconds: float, *, anywhere: bool) -> None:
        self._secure = parts.scheme == "https"
        port = parts.port or (443 if self._secure else 80)
        super().__init__(parts.hostname or "", port, timeout=seconds)
        self._seconds = seconds
        self._anywhere = anywhere

    def connect(self) -> None:
        self.sock = _reach(self.host, self.port, self._seconds, anywhere=self._anywhere)
        if self._secure:
            context = ssl.create_default_context()
            # In two steps, so that one who greets us byte by byte is left as well.
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()


@contextmanager
def _at_most(seconds: float, connection: http.client.HTTPConnection) -> Iterator[None]:
    """Each piece of an answer has its own time; this ends one that comes in ever more pieces."""

    left = Event()

    def leave() -> None:
        left.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, leave)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
    if left.is_set():
        # What was cut off may look like an answer.
        raise OSError("too slow")


def _reach(host: str, port: int, seconds: float, *, anywhere: bool) -> socket.socket:
    failed: OSError = OSError("no address that may be asked")
    for _, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not anywhere and not is_public(str(address[0])):
            continue
        try:
            return socket.create_connection((str(address[0]), port), timeout=seconds)
        except OSError as error:
            failed = error
    raise failed


def is_public(address: str) -> bool:
    """Whether *address* is one host of the public internet."""
    ip = ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return ip.is_global and not ip.is_multicast and (mapped is None or is_public(str(mapped)))


def _body(response: http.client.HTTPResponse, seconds: float) -> bytes:
    ends, found = time.monotonic() + seconds, b""
    while chunk := response.read1(_CHUNK):
        found += chunk
        if len(found) > MOST_BYTES or time.monotonic() > ends:
            raise OSError("too much, or too slow")
    return found

"""The log of requests: one JSON line for each, without bodies, addresses and tokens.

Who writes to a file lets go of the interpreter, and among busy threads that costs more than a ready
page. So whoever answers a request only lays its line down, and a thread writes what lies there, in
order, twenty times a second. It begins with a line and ends when no other waits, or the process
ends. Only a process that is killed takes lines along, those of its last moment.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any, TextIO

from comments.web.kept import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Seconds for which lines are gathered before they are written.
GATHER_SECONDS = 0.05
#: Where nobody takes the log off (a pipe that is full), older lines than these are lost.
MOST_WAITING = 20_000
#: What a server gives to write with; the annotation of an inner function is made at each call.
_Write = Callable[[bytes], Any]
#: The name of the thread that writes.
WRITER = "comments-log"


class RequestLog:
    """The WSGI middleware around *app*; it writes to *out*."""

    def __init__(self, app: "WSGIApplication", out: TextIO) -> None:
        self._app = app
        self._lines = Lines(out)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        began = time.perf_counter()

        def start(status: str, headers: Headers, exc_info: Any = None) -> _Write:
            milliseconds = (time.perf_counter() - began) * 1000
            # Escaped, as a control character of a path would act on the terminal that shows it.
            path = encode_basestring_ascii(environ.get("PATH_INFO", ""))
            self._lines.add(
                f'{{"method": {encode_basestring_ascii(environ["REQUEST_METHOD"])}, '
                f'"path": {path}, "status": {status[:3]}, "ms": {milliseconds:.1f}}}\n'
            )
            return start_response(status, headers, exc_info)

        return self._app(environ, start)


class Lines:
    """Lines on their way to *out*."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self._writer: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, line: str) -> None:
        self._waiting.append(line)
        if self._writer is None:
            self._begin()

    def _begin(self) -> None:
        with self._lock:
            if self._writer is not None:
                return
            # Not a daemon: Python lets it write the last lines before the process ends.
            writer = threading.Thread(target=self._write, name=WRITER, daemon=False)
            # Where no thread is to be had, the next line asks for one again.
            with suppress(RuntimeError):
                writer.start()
                self._writer = writer

    def _write(self) -> None:
        main = threading.main_thread()
        while self._waiting:
            # The end of the process cuts this short.
            main.join(GATHER_SECONDS)
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            # A full disk or a closed pipe behind the log must not cost anybody an answer.
            with suppress(OSError, ValueError):
                self._out.write("".join(lines))
        with self._lock:
            self._writer = None
        if self._waiting:  # since the last look
            self._begin()

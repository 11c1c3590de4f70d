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
from tests.services.service import clean_environment
from tests.services.tools import PROJECT

SECRET = "a secret of the benchmark, long enough to be one"


class Server:
    """A running server, reached at ``url``; it ends with the ``with`` block."""

    def __init__(
        self,
        command: list[str],
        port: int,
        folder: Path,
        env: Mapping[str, str],
        python: str | Path = sys.executable,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        #: A server whose children work for this one: its database's.
        self.also: int | None = None
        self._process = Process(
            [str(python), *command],
            log=folder / f"server-{port}.log",
            ready=lambda: answers(port),
            env={**clean_environment(), "PYTHONPATH": str(PROJECT), **env},
        )

    def cpu_seconds(self) -> float:
        """Processor time of all its processes so far; 0 where the kernel does not tell."""
        ticks = sum(int(fields[11]) + int(fields[12]) for _, fields in self._processes())
        return ticks / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """Memory of all its processes now, what they share counted once; 0 as above."""
        kilobytes = 0
        for folder, _ in self._processes():
            with suppress(OSError):
                rollup = (folder / "smaps_rollup").read_text()
                kilobytes += int(rollup.partition("\nPss:")[2].split(maxsplit=1)[0])
        return kilobytes / 1024

    def largest(self) -> float:
        """Resident megabytes of the largest of its own processes: of a worker."""
        pages = [
            int((folder / "statm").read_text().split()[1])
            for folder, fields in self._processes()
            if int(fields[2]) == self._process.pid
        ]
        return max(pages, default=0) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _processes(self) -> Iterator[tuple[Path, list[str]]]:
        """The folders below ``/proc`` of its process group and of what *also* has started, each
        of which is a group of its own, with what ``stat`` says after the name."""
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # a process that has just ended
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[2]) == self._process.pid or int(fields[1]) == self.also:
                    yield stat.parent, fields

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()


def service(folder: Path, database_uri: str, *, code: Path = PROJECT, **settings: object) -> Server:
    """Our own service as ``wsgi.py`` of *code* runs it, limits off; *settings* are its
    environment."""
    port = free_port()
    env = {
        "COMMENTS_DATABASE_URI": database_uri,
        "COMMENTS_SECRET_KEY": SECRET,
        "COMMENTS_RATE_LIMITS": "off",
        "PORT": str(port),
        "PYTHONPATH": str(code),
        **{key: str(value) for key, value in settings.items()},
    }
    return Server([str(code / "wsgi.py")], port, folder, env)


def ceiling(folder: Path, pages: Path) -> Server:
    """The same server around an empty WSGI app that gives out the files in *pages*."""
    port = free_port()
    return Server(["-m", "tests.bench.ceiling", str(pages), str(port)], port, folder, {})


def get(url: str, *, packed: bool = False) -> bytes:
    """The bytes of one answer as they come over the wire."""
    # why the default: urllib itself says "identity"
    headers = {"Accept-Encoding": "gzip" if packed else "identity"}
    with urlopen(Request(url, headers=headers), timeout=60) as answer:  # noqa: S310 - ours
        body: bytes = answer.read()
    return body


def etag(url: str) -> str:
    """The version of what is there."""
    with urlopen(url, timeout=60) as answer:  # noqa: S310 - ours
        version: str = answer.headers["ETag"]
    return version
